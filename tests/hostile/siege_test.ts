/** The kit itself: what a server does wrong is found, and the honest pair notices what they lose. */
import { assertEquals, assertMatch } from "@std/assert";
import { network, serve } from "../support.ts";
import type { Attack } from "./attack.ts";
import { Siege } from "./siege.ts";
import { request } from "./wire.ts";

const attack = (run: Attack["run"]): Attack[] => [{ name: "it", run }];

Deno.test(
  "an attack that finds nothing has no problems, and one that finds something has",
  network,
  async () => {
    await using server = serve({ rate: 0 });
    using siege = await Siege.start(server.host, { seed: 1, secrets: ["the-secret"] });
    const asked = async (text: string) => {
      const { problems, tried, heard } = await siege.attack(
        attack(async (target) => {
          target.tried++;
          await target.ask(request(`GET /${text} HTTP/1.1`, ["Host: x"]));
        }),
        5,
      );
      assertEquals([tried, heard.lost], [1, 0]);
      return problems;
    };
    assertEquals(await asked("nowhere"), []);
    assertEquals(await asked("the-secret"), ['it: an answer tells "a secret"']);
    const [failed] =
      (await siege.attack(attack(() => Promise.reject(new Error("oops"))), 5)).problems;
    assertMatch(failed!, /^it: it failed: Error: oops/);
  },
);

Deno.test("that honest people wait, or are cut off, is a problem", network, async () => {
  await using server = serve({ rate: 0 });
  using siege = await Siege.start(server.host, { seed: 1 });
  // The server is in this thread.
  const block = attack(async (target) => {
    for (const end = performance.now() + 1_000; performance.now() < end;);
    await target.pause(100);
  });
  const slow = await siege.attack(block, 5);
  assertMatch(
    slow.problems.join(),
    /^the pair waits for \d{3,4} ms, and for \d+ when nobody attacks$/,
  );
  server.drain();
  const { problems } = await siege.attack(attack(() => Promise.resolve()), 5);
  // What was on its way then is missing besides.
  assertMatch(problems.join(), /was cut off|are lost/);
});

Deno.test("that honest people are not told something is a problem", network, async () => {
  await using server = serve({ rate: 0 });
  const { hub } = server;
  using siege = await Siege.start(server.host, { seed: 1 });
  const say = hub.say.bind(hub);
  let said = 0;
  // To another room, where nobody is.
  hub.say = (who, room, ...rest) => say(who, said++ === 9 ? "nowhere" : room, ...rest);
  const { problems } = await siege.attack(attack(() => Promise.resolve()), 5);
  assertMatch(problems.join(), /^of the \d+ messages of the pair 1 are lost$/);
});

Deno.test("that honest people are told something twice is a problem", network, async () => {
  await using server = serve({ rate: 0 });
  const { hub } = server;
  using siege = await Siege.start(server.host, { seed: 1 });
  const say = hub.say.bind(hub);
  // Once more, as if it were another message.
  hub.say = (who, room, content, ref) => {
    say(who, room, content, ref);
    return say(who, room, content, undefined);
  };
  const { problems } = await siege.attack(attack(() => Promise.resolve()), 5);
  assertMatch(problems.join(), /messages of the pair \d+ are doubled,.* are misordered/);
});
