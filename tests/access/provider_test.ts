/** The keys of an identity provider: fetched, kept, and changed; and what comes of a provider that fails. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ChatError } from "../../messages.ts";
import { PUBLIC } from "../../routes/identity/algorithms.ts";
import { fetchKeys } from "../../routes/identity/fetch_keys.ts";
import { ProviderKeys } from "../../routes/identity/provider.ts";
import { Tokens } from "../../routes/identity/tokens.ts";
import { network, until } from "../support.ts";
import { TestTime } from "../time.ts";
import { Provider, Signer } from "./issuer.ts";

/** Takes the tokens of a provider, in time that a test moves on. */
function consumer(provider: Provider) {
  const log: string[] = [];
  const words: string[] = [];
  const { random } = Math;
  Math.random = () => 0;
  const time = new TestTime();
  const keys = new ProviderKeys(provider.url, (level, event, fields) => {
    log.push(`${level} ${event} ${JSON.stringify(fields)}`);
  });
  const tokens = new Tokens(keys, { algorithms: PUBLIC });
  return {
    log,
    /** Why tokens were refused, the newest last. */
    words,
    time,
    /** Whose a token is, or why it is refused. */
    async ask(token: Promise<string> | string): Promise<string> {
      try {
        return (await tokens.identify(typeof token === "string" ? token : await token)).username;
      } catch (error) {
        assert(error instanceof ChatError);
        const { code, message, about: { retryAfter } } = error;
        words.push(message);
        return retryAfter === undefined ? code : `${code} ${retryAfter}`;
      }
    },
    close: () => tokens.close(),
    [Symbol.dispose]() {
      tokens.close();
      time.restore();
      Math.random = random;
    },
  };
}

Deno.test(
  "keys are fetched once, and anew for one that nobody knows: seldom, and once for all who wait",
  network,
  async () => {
    const [one, two, three] = await Promise.all(
      ["1", "2", "3"].map((kid) => Signer.make("ES256", kid)),
    );
    await using provider = new Provider(one!);
    using taker = consumer(provider);
    const { ask, time, log, words } = taker;
    const first = one!.sign({ sub: "ann" });
    assertEquals(await Promise.all([ask(first), ask(first), ask(first)]), ["ann", "ann", "ann"]);
    assertEquals(provider.asked, 1);
    // Nobody asks again so soon.
    provider.answer = () => Provider.keys(one!.public, two!.public);
    assertEquals(await ask(two!.sign({ sub: "bob" })), "unavailable 30000");
    assertMatch(words.at(-1)!, /its key is not known yet/);
    await time.tickAsync(29_000);
    assertEquals(await ask(two!.sign({ sub: "bob" })), "unavailable 1000");
    await time.tickAsync(1_000);
    const strangers = await Promise.all([
      two!.sign({ sub: "bob" }),
      two!.sign({ sub: "cid" }),
      three!.sign({ sub: "eve" }),
    ]);
    const both = strangers.map(ask);
    assertEquals(await Promise.all(both), ["bob", "cid", "unauthorized"]);
    assertEquals(provider.asked, 2);
    // A key that the provider has removed is good no more, nor is what was known by it.
    provider.answer = () => Provider.keys(two!.public);
    assertEquals(await ask(first), "ann");
    await time.tickAsync(30_000);
    assertEquals(await ask(three!.sign({ sub: "eve" })), "unauthorized");
    assertEquals([await ask(first), await ask(two!.sign({ sub: "bob" }))], [
      "unavailable 30000",
      "bob",
    ]);
    assertEquals(provider.asked, 3);
    // In the background, after five to ten minutes; nothing is told where nothing has changed.
    await time.tickAsync(299_000);
    assertEquals(provider.asked, 3);
    Math.random = () => 0.5;
    await time.tickAsync(1_000);
    await until(() => provider.asked === 4);
    // Its answer has come once this is told, and the next time is counted from then on.
    await ask(three!.sign({ sub: "eve" }));
    await time.tickAsync(449_000);
    assertEquals(provider.asked, 4);
    await time.tickAsync(1_000);
    await until(() => provider.asked === 5);
    await ask(three!.sign({ sub: "eve" }));
    assertEquals(log, [
      'info keys read {"keys":1}',
      'info keys read {"keys":2}',
      'info keys read {"keys":1}',
    ]);
  },
);

Deno.test(
  "while a provider fails its known keys hold, and others cannot be told",
  network,
  async () => {
    const [one, two] = await Promise.all(["1", "2"].map((kid) => Signer.make("ES256", kid)));
    await using provider = new Provider();
    const down = () => new Response(null, { status: 503 });
    provider.answer = down;
    using taker = consumer(provider);
    const { ask, time, log, words } = taker;
    assertEquals(await ask(one!.sign({ sub: "ann" })), "unavailable 5000");
    assertMatch(words.at(-1)!, /the keys of its provider cannot be read/);
    assertEquals(await ask(one!.sign({ sub: "ann" })), "unavailable 5000");
    assertEquals(provider.asked, 1);
    await time.tickAsync(5_000);
    await until(() => provider.asked === 2);
    provider.answer = () => Provider.keys(one!.public);
    await time.tickAsync(5_000);
    await until(() => log.length === 2);
    assertEquals(await ask(one!.sign({ sub: "ann" })), "ann");
    provider.answer = down;
    await time.tickAsync(300_000);
    await until(() => log.length === 3);
    assertEquals(await ask(one!.sign({ sub: "bob" })), "bob");
    assertEquals(await ask(two!.sign({ sub: "cid" })), "unavailable 5000");
    provider.answer = () => Provider.keys(one!.public);
    await time.tickAsync(5_000);
    await until(() => log.length === 4);
    assertEquals(await ask(two!.sign({ sub: "cid" })), "unavailable 30000");
    const trouble =
      'warn keys not read {"error":"Cannot read the keys of the provider: the answer is 503"}';
    const read = 'info keys read {"keys":1}';
    assertEquals(log, [trouble, read, trouble, read]);
  },
);

Deno.test(
  "what a provider should not answer changes nothing, and is told in words",
  network,
  async () => {
    const [one, other] = [await Signer.make(), await Signer.make("ES256", "other")];
    const { public: key } = one;
    await using provider = new Provider(one);
    using taker = consumer(provider);
    const { ask, time, log } = taker;
    let held: PromiseWithResolvers<Response> | undefined;
    assertEquals(await ask(one.sign({ sub: "first" })), "first");
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024).fill(32)),
        }),
      );
    for (
      const [answer, wanted] of [
        [
          () => Response.redirect("http://127.0.0.1:1/other?tenant=7"),
          /the answer is 302, they are at http:\/\/127\.0\.0\.1:1\/other"/,
        ],
        [() => new Response("no", { status: 404 }), /the answer is 404"/],
        [endless, /they are over 1048576 bytes"/],
        [() => new Response("<html>"), /they are not written as/],
        [() => Response.json(null), /they are not written as/],
        [() => Response.json({ keys: { key } }), /they are not written as/],
        [
          () => Provider.keys(),
          /there are 0 public ones to check signatures with, and should be 1 to/,
        ],
        [() => Provider.keys({ ...key, use: "enc" }), /there are 0 public ones/],
        // A private one by mistake, and one that is for something else.
        [() => Provider.keys({ ...key, d: "AAAA" }), /there are 0 public ones/],
        [() => Provider.keys({ ...key, key_ops: ["sign"] }), /there are 0 public ones/],
        [
          () => Provider.keys({ kty: "oct", k: "c2VjcmV0", kid: "one" }, null as never),
          /there are 0/,
        ],
        [() => Provider.keys(...Array(101).fill(key)), /there are 101 public ones/],
        [() => (held = Promise.withResolvers<Response>()).promise, /it takes over 5 s"/],
      ] as [() => Response, RegExp][]
    ) {
      provider.answer = answer;
      const { asked } = provider;
      await time.tickAsync(asked === 1 ? 300_000 : 5_000);
      const waiting = ask(other.sign({ sub: "eve" }));
      await until(() => provider.asked > asked);
      if (held) await time.tickAsync(5_000);
      assertEquals(await waiting, "unavailable 5000");
      assertMatch(log.at(-1)!, /^warn keys not read/);
      assertMatch(log.at(-1)!, wanted);
      assert(!log.at(-1)!.includes("tenant"), "the address may have a secret in it");
      assertEquals(await ask(one.sign({ sub: "ann" })), "ann");
    }
    held!.resolve(new Response());
  },
);

Deno.test(
  "that nobody is there is told with the reason, and without what is in the address",
  network,
  async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    await Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => resolve(port) },
      () => new Response(),
    ).shutdown();
    const url = new URL(`http://127.0.0.1:${await promise}/keys?tenant=(7)#part`);
    const { message } = await assertRejects(
      () => fetchKeys(url, new AbortController().signal),
      Error,
    );
    assertMatch(message, /^Cannot read the keys of the provider: .*refused/i);
    assert(!message.includes("keys?"), message);
  },
);

Deno.test("which key it is is said by its id, its kind and its use", network, async () => {
  const [es, rs, weak] = await Promise.all([
    Signer.make("ES256", "same"),
    Signer.make("RS256", "same"),
    Signer.make("ES256", "weak"),
  ]);
  await using provider = new Provider();
  // As many as there may be.
  const others = Array.from(
    { length: 95 },
    (_, i) => ({ ...rs!.public, kid: `${i}`, alg: "PS256" }),
  );
  provider.answer = () =>
    Provider.keys(
      ...others,
      ...[es!.public, rs!.public, { ...weak!.public, x: "AAAA" }],
      ...[{ ...es!.public, kid: "enc", use: "enc" }, {
        ...es!.public,
        kid: "ops",
        key_ops: ["sign"],
      }],
    );
  using taker = consumer(provider);
  const { ask, close, time, log } = taker;
  assertEquals(await ask(es!.sign({ sub: "ann" })), "ann");
  assertEquals(await ask(rs!.sign({ sub: "bob" })), "bob");
  // Only one of its kind: it need not be named.
  assertEquals(await ask(rs!.sign({ sub: "cid" }, { kid: undefined })), "cid");
  for (const kid of [undefined, "weak"]) {
    assertEquals(await ask(es!.sign({ sub: "ann" }, { kid })), "unauthorized", kid);
  }
  for (const kid of ["enc", "ops", 7 as never]) {
    assertEquals(await ask(es!.sign({ sub: "ann" }, { kid })), "unavailable 30000", kid);
  }
  assertEquals(log, ['info keys read {"keys":98}']);
  close();
  await time.tickAsync(600_000);
  assertEquals(provider.asked, 1, "nobody needs them any more");
});

Deno.test(
  "who waits for a provider that does not answer keeps nobody else waiting",
  network,
  async () => {
    const one = await Signer.make();
    const other = await Signer.make("ES256", "other");
    await using provider = new Provider(one);
    using taker = consumer(provider);
    const { ask, time } = taker;
    assertEquals(await ask(one.sign({ sub: "first" })), "first");
    const held = Promise.withResolvers<Response>();
    provider.answer = () => held.promise;
    await time.tickAsync(30_000);
    const waiting = Array.from({ length: 50 }, (_, i) => ask(other.sign({ sub: `w${i}` })));
    await until(() => provider.asked === 2);
    const known = Array.from({ length: 50 }, (_, i) => ask(one.sign({ sub: `k${i}` })));
    assertEquals((await Promise.all(known)).at(-1), "k49");
    await time.tickAsync(5_000);
    assertEquals(new Set(await Promise.all(waiting)), new Set(["unavailable 5000"]));
    held.resolve(new Response());
  },
);
