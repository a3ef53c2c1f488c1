/** What moderators decide is in the file, and what they take back is not. */
import { assertEquals } from "@std/assert";
import { SqliteEngine } from "../../hub/engine/sqlite.ts";
import { ask, moderated } from "../access/moderated.ts";
import { granted, makeHub, say, timeout, type Told } from "../support.ts";
import { Folder } from "./folder.ts";

const files = { ignore: !granted("net", "read", "write"), timeout };

Deno.test("bans, mutes, settings and deletions outlive a restart", files, async () => {
  using folder = new Folder();
  const start = () => {
    const engine = SqliteEngine.open(folder.data);
    return makeHub({ engine, policy: { tokens: true } });
  };
  {
    await using hub = start();
    await using server = moderated({ hub });
    const [, rude] = await say(hub, ["a fox", "a rude fox", "another fox"]);
    const { host } = server;
    await ask(host, "PUT /bans/bob", { for: 600 });
    await ask(host, "PUT /rooms/lobby/mutes/ann", { why: "spam" });
    await ask(host, "PATCH /rooms/lobby", { topic: "Foxes" });
    const { status } = await ask(host, `DELETE /rooms/lobby/messages/${rude}`, { why: "rude" });
    assertEquals(status, 200);
  }
  await using hub = start();
  await using server = moderated({ hub });
  const get = async (path: string) => (await ask(server.host, `GET ${path}`)).answer;
  assertEquals((await get("/bans")).bans[0].username, "bob");
  assertEquals((await get("/rooms/lobby/mutes")).mutes[0].why, "spam");
  assertEquals((await get("/rooms/lobby")).topic, "Foxes");
  const { messages } = await get("/rooms/lobby/messages");
  assertEquals(messages.map(({ content }: Told) => content), ["a fox", "another fox"]);
  const { hits } = await get("/rooms/lobby/search?q=fox");
  assertEquals(hits.length, 2);
});
