/** Odd texts of all kinds, by chance: nothing may read them slowly, or fail in another way than it says. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { eTag, ifNoneMatch } from "@std/http/etag";
import { looksOf } from "../hub/base/looks.ts";
import { keyOf, toUsername } from "../static/names.js";
import { parse, refOf } from "../messages.ts";
import { overgrown } from "./fuzz/growth.ts";
import { Random } from "./fuzz/random.ts";
import { readers, refusable, requests } from "./fuzz/targets.ts";
import { ATOMS, COLLIDING, families, type Family, numbers, runs } from "./fuzz/texts.ts";

/** Tells a seed with every failure: `new Random(seed)` repeats it. */
async function seeded(test: (random: Random) => unknown) {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
  try {
    await test(new Random(seed));
  } catch (error) {
    throw new Error(`With the seed ${seed}`, { cause: error });
  }
}

Deno.test("the fuzzer finds what takes more time than its input grows", async () => {
  const tag = await eTag("text");
  const it = (read: (text: string) => unknown) => [
    { name: "it", reading: (text: string) => () => read(text) },
  ];
  const list = (text: string) => JSON.parse(`[${text}]`);
  const slow: [read: (text: string) => unknown, families: Family[]][] = [
    [(text) => text.normalize("NFKC"), [runs("", "a", "\u0301\u0323", "")]],
    [(text) => ifNoneMatch(text, tag), [runs("", "a", " ", "b")]],
    [list, COLLIDING.map(numbers)],
  ];
  for (const [read, families] of slow) {
    assertMatch(await overgrown(it(read), families) ?? "", /^it takes /, families[0]!.name);
  }
  assertEquals(await overgrown(it(list), [runs("", "", "0,", "0")]), undefined);
});

Deno.test("no frame and no name takes more time than it grows", () =>
  seeded(async (random) =>
    assertEquals(await overgrown(readers(), families(random, 60)), undefined)
  ));

Deno.test("no request takes more time than it grows", () =>
  seeded(async (random) => {
    using server = requests();
    assertEquals(await overgrown(server.targets, families(random, 20)), undefined);
  }));

/** A text of a few atoms, or of what chance makes of a frame. */
function text(random: Random): string {
  return random.some(ATOMS, 8).join("");
}

/** A frame that is often right, sometimes odd, and now and then cut or changed in the middle. */
function frame(random: Random): string {
  const fields = ["type", "content", "ref", "room", "to", "since", "last", "\\u0072ef", "x"];
  const value = (depth: number): string => {
    const inner = Array.from({ length: random.below(4) }, () => depth > 2 ? "0" : value(depth + 1));
    return random.pick([
      () => JSON.stringify(text(random)),
      () => JSON.stringify(random.pick(["chat", "join", "leave", "typing", "r1", "lobby", "ann"])),
      () => random.pick(["7", "-0", "null", "true", "1e400", '"\\""', '"\\\\"', '"\\u00e9"']),
      () => `[${inner.join()}]`,
      () => object(inner),
    ])();
  };
  const space = () => random.pick(["", "", " ", "\n\t"]);
  const object = (values: string[]) => {
    const members = values.map((value) =>
      `${space()}"${random.pick(fields)}"${space()}:${space()}${value}${space()}`
    );
    return `{${members.join()}}`;
  };
  const whole = object(Array.from({ length: random.below(7) }, () => value(0)));
  const at = random.below(whole.length);
  return random.below(4) > 0 ? whole : whole.slice(0, at) + text(random) + whole.slice(at + 1);
}

Deno.test("whatever a frame holds, it is a command or a ChatError", () =>
  seeded((random) => {
    for (let i = 0; i < 20_000; i++) {
      const given = frame(random);
      const command = refusable(() => parse(given));
      const ref = refOf(given);
      if (command?.type === "chat") assertEquals(ref, command.ref, given);
    }
  }));

Deno.test("whatever a name is, it has one form and one person on both sides", () =>
  seeded((random) => {
    for (let i = 0; i < 20_000; i++) {
      const given = text(random);
      const name = toUsername(given);
      if (name === undefined) continue;
      const why = JSON.stringify(given);
      assertEquals(toUsername(name), name, why);
      const key = keyOf(name);
      assertEquals(keyOf(key), key, why);
      for (const other of [name.toUpperCase(), name.toLowerCase()]) {
        const same = toUsername(other);
        if (same !== undefined) assertEquals(keyOf(same), key, why);
      }
      assert(looksOf(name).size > 0 && ![...looksOf(name)].includes(""), why);
    }
  }));
