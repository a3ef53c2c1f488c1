/** Odd texts of all kinds, by chance: nothing may read them slowly, or fail in another way than it says. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { eTag, ifNoneMatch } from "@std/http/etag";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { Hub } from "../hub.ts";
import { looksOf } from "../hub/base/looks.ts";
import { FlagError } from "../main/flags.ts";
import { readSettings } from "../main/settings.ts";
import {
  type Chat,
  ChatError,
  encode,
  parse,
  parseChat,
  parsePost,
  parseRoom,
  refOf,
} from "../messages.ts";
import { routes } from "../routes.ts";
import { tokenKey } from "../routes/identity/keys.ts";
import { Tokens } from "../routes/identity/tokens.ts";
import { keyOf, toUsername } from "../static/names.js";
import { invitation, SECRET, sign } from "./access/issuer.ts";
import { addresses, calls, frames, headers, texts } from "./fuzz/arbitraries.ts";
import { overgrown } from "./fuzz/growth.ts";
import { Random } from "./fuzz/random.ts";
import { seedOf } from "./fuzz/seed.ts";
import { readers, refusable, requests } from "./fuzz/targets.ts";
import { COLLIDING, families, type Family, numbers, runs } from "./fuzz/texts.ts";

const seed = seedOf();

/** Tells the seed with every failure: `PARLEY_SEED` repeats it. */
async function seeded(test: (random: Random) => unknown) {
  try {
    await test(new Random(seed));
  } catch (error) {
    throw new Error(`With PARLEY_SEED=${seed}`, { cause: error });
  }
}

/** Has something hold for many values; where it does not, the smallest one and the seed are told. */
const always = <T>(values: fc.Arbitrary<T>, holds: (value: T) => void, numRuns = 10_000) =>
  fc.assert(fc.property(values, holds), { seed: seed | 0, numRuns });

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

Deno.test("whatever a frame holds, it is a command or a ChatError", () =>
  always(frames, (given) => {
    const command = refusable(() => parse(given));
    const ref = refOf(given);
    if (command?.type === "chat") assertEquals(ref, command.ref);
  }));

Deno.test("whatever is posted or imported, it is a message or a ChatError", () =>
  always(frames, (given) => {
    refusable(() => parsePost(given));
    const chat = refusable(() => parseChat(given));
    if (chat) assertEquals(parseChat(encode(chat)), chat);
  }));

Deno.test("a message that was said comes back as it was, whatever is said", () => {
  const at = { id: "01M881X40AEZATCXVVBWYF0000", timestamp: "2026-11-25T00:32:48.138Z" };
  always(fc.record({ content: texts, username: texts, ref: texts, room: texts }), (given) => {
    const post = JSON.stringify({ ...given, ref: given.ref || undefined });
    const said = refusable(() => parsePost(post));
    const room = refusable(() => parseRoom(given.room));
    if (!said || room === undefined) return;
    const { username = "ann", ...rest } = said;
    const chat: Chat = { type: "chat", username, ...rest, ...at, room };
    assertEquals(JSON.parse(encode(parseChat(encode(chat)))), JSON.parse(encode(chat)));
  });
});

Deno.test("whatever a name is, it has one form and one person on both sides", () =>
  always(texts, (given) => {
    const name = toUsername(given);
    if (name === undefined) return;
    assertEquals(toUsername(name), name);
    const key = keyOf(name);
    assertEquals(keyOf(key), key);
    for (const other of [name.toUpperCase(), name.toLowerCase()]) {
      const same = toUsername(other);
      if (same !== undefined) assertEquals(keyOf(same), key);
    }
    assert(looksOf(name).size > 0 && ![...looksOf(name)].includes(""));
  }));

Deno.test("whatever is asked for, and with which headers, it is answered without a fault", async () => {
  const faults: unknown[] = [];
  const { handle, drain } = routes(new Hub(), {
    rate: 0,
    trustProxy: 1,
    origins: ["https://chat.test"],
    log: (level, event, fields) => void (level === "error" && faults.push([event, fields])),
  });
  const methods = fc.constantFrom("GET", "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH");
  try {
    await fc.assert(
      fc.asyncProperty(methods, addresses, headers, async (method, address, headers) => {
        // A WebSocket takes a real connection: a key that is none is refused.
        const all = { ...headers, "sec-websocket-key": "none" };
        const answer = await handle(
          new Request(`http://chat.test${address}`, { method, headers: all }),
        );
        const text = answer.headers.get("content-type") === "text/event-stream"
          ? (await answer.body!.cancel(), "")
          : await answer.text();
        assert(answer.status < 500 || answer.status === 501, `${answer.status}: ${text}`);
        if (answer.status >= 400 && method !== "HEAD") {
          assertEquals(JSON.parse(text).status, answer.status);
        }
      }),
      { seed: seed | 0, numRuns: 2_000 },
    );
  } finally {
    drain();
  }
  assertEquals(faults, []);
});

Deno.test("whatever the program is called with, it is settings, or one line that keeps secrets", () =>
  always(calls, ({ args, env }) => {
    try {
      readSettings(args, env);
    } catch (error) {
      assert(error instanceof FlagError, `Not a FlagError: ${error}`);
      assert(!/[\p{Cc}\u2028\u2029]/u.test(error.message), "it is more than a line of text");
      assert(!error.message.includes("hush-hush"), "it tells a password");
    }
  }, 5_000));

Deno.test("whatever is brought as a token, it is somebody or a ChatError", async () => {
  const key = await tokenKey(SECRET);
  const tokens = new Tokens({ of: () => key }, { algorithms: ["HS256"] });
  const good = await invitation({ sub: "ann" });
  const encoded = fc.json().map((json) => Buffer.from(json).toString("base64url"));
  const parts = fc.array(fc.oneof(encoded, texts), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join("."));
  const changed = fc.tuple(fc.nat(), texts).map(([place, text]) => {
    const at = place % good.length;
    return good.slice(0, at) + text + good.slice(at + 1);
  });
  const signed = fc.dictionary(
    fc.constantFrom("sub", "username", "name", "rooms", "admin", "nbf", "iat", "jti", "exp"),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const refused = async (token: string) => {
    try {
      tokens.inspect(token);
      return await tokens.identify(token);
    } catch (error) {
      assert(error instanceof ChatError, `Not a ChatError: ${error}`);
      assert(token.length < 8 || !error.message.includes(token), "it tells the token");
    }
  };
  const many = { seed: seed | 0, numRuns: 1_000 };
  await fc.assert(
    fc.asyncProperty(fc.oneof(parts, changed), async (token) => {
      const who = await refused(token);
      // The last characters can be written in several ways.
      if (who) assertEquals([who.username, who.admin], ["ann", false]);
    }),
    many,
  );
  await fc.assert(
    fc.asyncProperty(signed, async (claims) => {
      const who = await refused(await sign(key, claims));
      if (!who) return;
      assertEquals(toUsername(who.username), who.username);
      assertEquals(who.admin, claims.admin === true);
    }),
    many,
  );
});
