/** The operator's service that is asked about each message: what it may say, and what becomes of messages where it does not. */
import { assert, assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import { Filter, type FilterOptions, type Question } from "../../hub/access/filter.ts";
import { clock } from "../../hub/base/clock.ts";
import { ChatError } from "../../messages.ts";
import { network, plain, serve, until, v1, within } from "../support.ts";
import { known, Register } from "./people.ts";

/** A service that answers as it is told, until it is disposed of. */
function service(answer: (question: Question) => Response | Promise<Response>) {
  const asked: Question[] = [];
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      assertEquals(request.method, "POST");
      assertEquals(request.headers.get("content-type"), "application/json");
      const question: Question = await request.json();
      asked.push(question);
      return await answer(question);
    },
  );
  return {
    asked,
    url: `http://127.0.0.1:${server.addr.port}/check`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const allow = { allow: true };
const about = (content: string) => ({ username: "ann", room: "lobby", content });

Deno.test(
  "what the service says becomes of a message, in a room, in private and by HTTP",
  network,
  async () => {
    const verdicts: Record<string, object> = {
      fine: { allow: true, why: "no matter" },
      rude: { allow: false, why: "  be kind " },
      odd: { allow: false },
      long: { allow: false, why: "x".repeat(300) },
      secret: { allow: true, content: " ***** " },
    };
    await using them = service(({ content }) => Response.json(verdicts[content] ?? allow));
    const filter = new Filter({ url: them.url });
    const identifier = new Register({ ann: known("ann", { name: "Ann of Kent" }) });
    await using server = serve({ filter, identifier, rate: 0 });
    await using ann = await v1(server.host, { username: "ann" });
    await using bob = await plain(server.host, { username: "bob" });
    for (const content of ["fine", "rude", "odd", "long", "secret"]) {
      ann.say(content, {
        ref: content,
      });
    }
    const errors = [];
    for (let i = 0; i < 3; i++) errors.push(await ann.find("error"));
    assertEquals(errors.map(({ code, ref, room, content }) => [code, ref, room, content]), [
      ["forbidden", "rude", undefined, "Cannot say this: be kind"],
      ["forbidden", "odd", undefined, "Cannot say this"],
      ["forbidden", "long", undefined, `Cannot say this: ${"x".repeat(200)}`],
    ]);
    const heard = (await bob.take(2)).map(({ content, ref }) => [content, ref]);
    assertEquals(heard, [["fine", "fine"], ["*****", "secret"]]);
    ann.say("rude", { to: "bob" });
    assertEquals((await ann.find("error")).room, undefined);
    ann.say("secret", { to: "bob" });
    assertEquals((await bob.find("chat")).content, "*****");
    const post = async (content: string) => {
      const answer = await fetch(`http://${server.host}/api/rooms/den/messages`, {
        method: "POST",
        headers: { authorization: "Bearer ann" },
        body: JSON.stringify({ content }),
      });
      return [answer.status, (await answer.json()).content];
    };
    assertEquals([await post("rude"), await post("secret")], [[403, undefined], [201, "*****"]]);
    assertEquals(them.asked.slice(-3), [
      { username: "ann", to: "bob", content: "secret" },
      { username: "ann", name: "Ann of Kent", room: "den", content: "rude" },
      { username: "ann", name: "Ann of Kent", room: "den", content: "secret" },
    ]);
    assertEquals(Object.fromEntries(filter.outcomes), {
      ...{ allowed: 1, changed: 3, refused: 5, failed: 0 },
    });
    assertEquals(filter.seconds.buckets.reduce((sum, count) => sum + count), 9);
  },
);

Deno.test("who says something and goes at once has said it", network, async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  await using them = service(() => promise);
  await using server = serve({ filter: new Filter({ url: them.url }) });
  await using bob = await plain(server.host, { username: "bob" });
  {
    await using ann = await plain(server.host, { username: "ann" });
    await bob.take(2, "join");
    ann.say("bye");
  }
  await until(() => them.asked.length === 1);
  resolve(Response.json(allow));
  const heard = [await bob.next(), await bob.next()];
  assertEquals(heard.map(({ type }) => type), ["chat", "leave"]);
});

Deno.test(
  "what is no answer is none, whatever it is, and is told without an address",
  network,
  async () => {
    /** Is never at its end. */
    const endless = () =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(16_384).fill(32)),
      }, { highWaterMark: 0 });
    const answers: Record<string, () => Response | Promise<Response>> = {
      "it answers 500": () => new Response("oh", { status: 500 }),
      "it answers 302": () => Response.redirect("http://127.0.0.1:9/elsewhere"),
      "it answers 201": () => Response.json(allow, { status: 201 }),
      "its answer is over 65536 bytes": () => new Response(endless()),
      "it took too long": () =>
        new Promise((resolve) => setTimeout(resolve, 500, Response.json(allow))),
      "not JSON": () => new Response("yes"),
      "no verdict": () => Response.json({ allow: "yes" }),
      "nothing": () => Response.json(null),
      "no content": () => Response.json({ allow: true, content: "\u200b" }),
      "odd content": () => Response.json({ allow: true, content: 5 }),
    };
    const bad = Object.keys(answers);
    answers["in two pieces"] = () => {
      const bytes = new TextEncoder().encode('{"allow":true,"content":"für"}');
      // In the middle of a character.
      const cut = bytes.indexOf(0xc3) + 1;
      return new Response(ReadableStream.from([bytes.slice(0, cut), bytes.slice(cut)]));
    };
    await using them = service(({ content }) => answers[content]?.() ?? Response.json(allow));
    const lines: [string, string, { why?: string }][] = [];
    const make = (options: Partial<FilterOptions>) =>
      new Filter({
        ...{ url: them.url, timeout: 8_000, log: (...line) => lines.push(line as typeof lines[0]) },
        ...options,
      });
    for (const name of bad) {
      const timeout = name === "it took too long" ? 50 : 8_000;
      const filter = make({ timeout });
      const refused = await assertRejects(() => filter.ask(about(name)), ChatError);
      assertEquals([refused.code, refused.about], ["unavailable", {
        room: "lobby",
        retryAfter: 2_000,
      }]);
      assertEquals(filter.outcomes.get("failed"), 1);
      const [level, event, { why }] = lines.at(-1)!;
      assertEquals([level, event], ["warn", "filter fails"]);
      const told = name.startsWith("it")
        ? name
        : 'its answer is not {"allow":true} or {"allow":false}';
      assertEquals(why, told);
      assertEquals(await make({ timeout, fail: "open" }).ask(about(name)), name);
    }
    // It is told once, and once more when it is over.
    assertEquals(await make({}).ask(about("in two pieces")), "für");
    const dead = make({ url: "http://127.0.0.1:9/?key=secret" });
    const before = lines.length;
    for (let i = 0; i < 3; i++) await assertRejects(() => dead.ask(about("hi")), ChatError);
    assertEquals(lines.slice(before).map(([, , { why }]) => why), ["it cannot be reached"]);
    const sick = make({});
    await assertRejects(() => sick.ask(about("nothing")), ChatError);
    // It may fail now and then: that is told once.
    for (const name of ["hi", "nothing", "hi"]) await sick.ask(about(name)).catch(() => {});
    assertEquals(lines.at(-1)!.slice(0, 2), ["warn", "filter fails"]);
    const { now } = clock;
    using _ = { [Symbol.dispose]: () => void (clock.now = now) };
    clock.now = () => now() + 10_000;
    for (let i = 0; i < 2; i++) await sick.ask(about("hi"));
    assertEquals(lines.filter(([, event]) => event === "filter answers").length, 1);
    assertEquals(lines.at(-1)!.slice(0, 2), ["info", "filter answers"]);
    assert(!JSON.stringify(lines).includes("secret"));
  },
);

Deno.test(
  "so many questions are under way, the others wait for their turn, and no longer than for an answer",
  network,
  async () => {
    let most = 0;
    let now = 0;
    let isOpen = false;
    const gates: (() => void)[] = [];
    await using them = service(async () => {
      most = Math.max(most, ++now);
      if (!isOpen) await new Promise<void>((resolve) => gates.push(resolve));
      now--;
      return Response.json(allow);
    });
    const filter = new Filter({ url: them.url, parallel: 2, timeout: 5_000 });
    const asked = [1, 2, 3, 4, 5].map((i) => filter.ask(about(`${i}`)));
    for (let i = 0; i < 5; i++) {
      await until(() => gates.length > 0);
      gates.shift()!();
    }
    assertEquals(await Promise.all(asked), ["1", "2", "3", "4", "5"]);
    assertEquals(most, 2);
    // Of those that do not get their turn the service is not even asked; the next may get it for the last moment.
    const hasty = new Filter({ url: them.url, parallel: 1, timeout: 400 });
    const before = them.asked.length;
    const many = Array.from({ length: 50 }, (_, i) => hasty.ask(about(`${i}`)));
    const late = await Promise.allSettled(many);
    assertEquals(new Set(late.map(({ status }) => status)), new Set(["rejected"]));
    assertLess(them.asked.length - before, 25);
    isOpen = true;
    gates.forEach((open) => open());
    await until(() => now === 0);
  },
);

Deno.test(
  "a connection's messages are said in order, others are not held up, and what is done meanwhile counts",
  network,
  async () => {
    const gates = new Map<string, () => void>();
    await using them = service(async ({ content }) => {
      if (/^\d/.test(content)) await new Promise<void>((resolve) => gates.set(content, resolve));
      return Response.json(content === "2" ? { allow: false } : allow);
    });
    const identifier = new Register({ boss: known("boss", { admin: true }) });
    await using server = serve({
      ...{ filter: new Filter({ url: them.url, timeout: 8_000 }), identifier, rate: 0 },
    });
    const { host, hub } = server;
    await using ann = await v1(host, { username: "ann" });
    await using bob = await v1(host, { username: "bob" });
    for (const content of ["1", "2", "3"]) ann.say(content, { ref: content });
    ann.send({ type: "join", room: "den" });
    ann.say("4", { room: "den" });
    await until(() => gates.size === 3);
    bob.say("I need not wait");
    assertEquals((await bob.find("chat")).content, "I need not wait");
    // The last is answered first: it is told last.
    for (const content of ["3", "2", "1"]) gates.get(content)!();
    assertEquals((await bob.take(2)).map(({ content }) => content), ["1", "3"]);
    // What follows has waited for what was said before.
    await until(() => gates.has("4"));
    gates.get("4")!();
    const told = [];
    do told.push(await ann.next()); while (told.at(-1)!.content !== "4");
    const own = told.filter(({ type, username }) => type === "error" || username === "ann");
    assertEquals(own.filter(({ type }) => type !== "join").map(({ ref }) => ref).sort(), [
      ...["1", "2", "3", undefined],
    ]);
    // Who is muted while it is asked does not speak after all.
    bob.say("5", { ref: "five" });
    await until(() => gates.has("5"));
    await hub.moderator.act(known("boss", { admin: true }), { type: "mute", username: "bob" });
    gates.get("5")!();
    const error = await bob.find("error");
    assertEquals([error.code, error.ref], ["muted", "five"]);
    // Nobody is asked about who may not speak at all.
    const before = them.asked.length;
    bob.say("5");
    await bob.find("error");
    assertEquals(them.asked.length, before);
  },
);

Deno.test(
  "of a client that says more than the service answers no more is taken, and none is lost",
  network,
  async () => {
    let most = 0;
    let now = 0;
    await using them = service(async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 1));
      now--;
      return Response.json(allow);
    });
    await using server = serve({ filter: new Filter({ url: them.url, timeout: 8_000 }), rate: 0 });
    await using ann = await v1(server.host, { username: "ann" });
    const contents = Array.from({ length: 60 }, (_, i) => `${i}`);
    for (const content of contents) ann.say(content);
    assertEquals((await ann.take(60)).map(({ content }) => content), contents);
    assertLess(most, 17);
    assertStringIncludes(
      await within((await fetch(`http://${server.host}/metrics`)).text(), "metrics"),
      'parley_filter_total{outcome="allowed"} 60',
    );
  },
);

Deno.test("in a slow room what may not be said takes nobody's turn", network, async () => {
  const verdicts: Record<string, Response> = { fails: new Response(null, { status: 500 }) };
  await using them = service(({ content }) =>
    verdicts[content] ?? Response.json({ allow: content !== "rude" })
  );
  const filter = new Filter({ url: them.url });
  await using server = serve({ filter, rate: 0 });
  await using ann = await v1(server.host, { username: "ann" });
  await server.hub.access.rulings.change("lobby", { slow: 60 });
  const told = async (content: string) => {
    ann.say(content, { ref: content });
    return (await ann.find(content === "kind" ? "chat" : "error")).code;
  };
  const codes = [];
  for (const content of ["rude", "fails", "kind", "more"]) codes.push(await told(content));
  assertEquals(codes, ["forbidden", "unavailable", undefined, "rate_limited"]);
  // Nothing is asked about who has to wait.
  assertEquals(them.asked.map(({ content }) => content), ["rude", "fails", "kind"]);
});
