/** What moderators decide holds on all nodes of a chat, and on those that come later. */
import { assertEquals } from "@std/assert";
import { RedisEngine } from "../../hub/engine/redis.ts";
import { ask, holdsEverywhere, moderated, withToken } from "../access/moderated.ts";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";
import { makeHub, timeout } from "../support.ts";
import { RedisServer } from "./server.ts";

const { ignore, path } = await need(redis);
const server = ignore ? undefined : await RedisServer.start(path());
addEventListener("unload", () => server?.remove());

/** Starts one more node of a chat. */
async function node(prefix: string) {
  const engine = new RedisEngine(server!.url, { prefix, lease: 500 });
  await engine.ready();
  return makeHub({ engine, policy: { tokens: true } });
}

Deno.test("what is decided on one node holds on all, and on one that starts later", {
  ignore,
  timeout,
}, async () => {
  const prefix = `${crypto.randomUUID()}:`;
  await holdsEverywhere(() => node(prefix));
});

Deno.test(
  "in a slow room nobody is the faster for another node; what is decided outlives all of them",
  { ignore, timeout },
  async () => {
    const prefix = `${crypto.randomUUID()}:`;
    {
      await using hub = await node(prefix);
      await using another = await node(prefix);
      await using one = moderated({ hub });
      await using other = moderated({ hub: another });
      await ask(one.host, "PATCH /rooms/lobby", { slow: 600 });
      await using here = await withToken(one.host, { username: "ann" });
      await using there = await withToken(other.host, { username: "ann" });
      here.say("one");
      await there.take(1);
      there.say("two");
      const error = await there.find("error");
      assertEquals([error.code, error.room, error.retryAfter! > 500_000], [
        ...["rate_limited", "lobby", true],
      ]);
      // Who was refused waits no longer for that; and what was said is, whichever node is asked.
      await ask(one.host, "PATCH /rooms/lobby", { slow: 1 });
      const post = () =>
        ask(other.host, "POST /rooms/lobby/messages", { content: "again", ref: "r" }, {
          token: "ann",
        });
      const end = Date.now() + 10_000;
      while ((await post()).status !== 201 && Date.now() < end) {
        await new Promise((r) => setTimeout(r, 20));
      }
      await ask(one.host, "PATCH /rooms/lobby", { slow: 600 });
      const again = await there.find("chat");
      await here.take(2);
      here.say("again", { ref: "r" });
      assertEquals([again.content, (await here.find("chat")).id], ["again", again.id]);
      await ask(one.host, "PUT /bans/ann");
      assertEquals([await here.closed, await there.closed], [4403, 4403]);
    }
    await using hub = await node(prefix);
    await using later = moderated({ hub });
    const { answer } = await ask(later.host, "GET /bans");
    assertEquals([answer.count, answer.bans[0].username], [1, "ann"]);
    assertEquals((await ask(later.host, "GET /rooms/lobby")).answer.slow, 600);
    assertEquals((await ask(later.host, "GET /stats", undefined, { token: "ann" })).status, 403);
  },
);
