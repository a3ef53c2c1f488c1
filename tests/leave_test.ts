/** Leaving a room while others talk: all that was said before is told, once, and nothing after. */
import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers/promises";
import { whenThere } from "../hub/base/soon.ts";
import { type Client, network, plain, serve, type Told, v1 } from "./support.ts";

/**
 * Three who talk in a room over sockets of their own, in bursts that fill buffers, until they are
 * disposed of; `said` has the ids of what they said, in order.
 */
async function talk({ hub, host }: ReturnType<typeof serve>, room: string) {
  const said: string[] = [];
  const say = hub.say.bind(hub);
  hub.say = (...args) =>
    whenThere(say(...args), (accepted) => {
      if (args[1] === room) said.push(accepted.entry.id);
      return accepted;
    });
  const talkers: Client[] = [];
  for (const username of ["bot-1", "bot-2", "bot-3"]) {
    talkers.push(await v1(host, { username, room }));
  }
  let on = true;
  const talking = Promise.all(talkers.map(async (client, t) => {
    for (let i = 0; on && i < 100_000; i++) {
      client.say(`${i} ${"x".repeat((i + t) % 5 * 800)}`);
      if ((i + t) % 12 === 0) await client.settled();
    }
  }));
  return {
    said,
    async [Symbol.asyncDispose]() {
      on = false;
      await talking;
      for (const client of talkers) await client[Symbol.asyncDispose]();
    },
  };
}

/** What a client is told from here to its own `leave`, which comes last. */
async function untilLeave(client: Client): Promise<{ chats: string[]; leave: Told }> {
  const chats: string[] = [];
  while (true) {
    const message = await client.next();
    assert(message.type !== "error", message.content);
    if (message.type === "chat" && message.room === "den") {
      chats.push(message.id);
    }
    if (message.type === "leave" && message.username === "ann") return { chats, leave: message };
  }
}

for (const connect of [v1, plain]) {
  Deno.test(
    `a leave of a busy room is answered after all that was said before it (${connect.name})`,
    network,
    async () => {
      // So little may be unsent that the server often waits in the middle of what it tells.
      await using server = serve({ rate: 0, socket: { unsent: 2_000 } });
      await using busy = await talk(server, "den");
      await using ann = await connect(server.host, { username: "ann" });
      // The join is told to whoever enters: it says from where on everything must come.
      await ann.find("join");
      for (let round = 0; round < 150; round++) {
        ann.send({ type: "join", room: "den" });
        const join = await ann.find("join");
        assertEquals(join.room, "den");
        const wait = Math.random() * 4;
        for (const start = performance.now(); performance.now() - start < wait;) {
          await setImmediate();
        }
        // Behind another frame, half of the time.
        if (round % 2 === 0) ann.say("by the way", { room: "den" });
        ann.send({ type: "leave", room: "den" });
        const { chats, leave } = await untilLeave(ann);
        assertEquals(chats, busy.said.filter((id) => id > join.id && id < leave.id));
      }
    },
  );
}

Deno.test("a rejoin with since behind a leave repeats and loses nothing", network, async () => {
  await using server = serve({ rate: 0 });
  await using busy = await talk(server, "den");
  await using ann = await v1(server.host, { username: "ann" });
  await ann.find("join");
  ann.send({ type: "join", room: "den" });
  const { at: start } = await ann.find("room");
  let at = start!;
  const heard: string[] = [];
  for (let round = 0; round < 150; round++) {
    ann.send({ type: "leave", room: "den" });
    ann.send({ type: "join", room: "den", since: at });
    const { chats } = await untilLeave(ann);
    // The join was sent without knowing these: they come again, as asked for.
    for (const id of chats) assert(id > at || heard.includes(id));
    const room = await ann.find("room");
    assertEquals([room.resumed, room.at], [true, at]);
    const until = busy.said.at(-1)!;
    while (at < until) {
      const message = await ann.next();
      if (message.type !== "chat" || message.room !== "den") continue;
      assert(message.id > at, "came twice, or out of order");
      heard.push(message.id);
      at = message.id;
    }
  }
  assertEquals(heard, busy.said.filter((id) => id > start! && id <= at));
});

Deno.test("a join with since behind a join with since repeats nothing", network, async () => {
  await using server = serve({ rate: 0 });
  await using busy = await talk(server, "den");
  await using ann = await v1(server.host, { username: "ann" });
  await ann.find("join");
  for (let round = 0; round < 100; round++) {
    const since = busy.said.at(-20) ?? ann.room.at!;
    ann.send({ type: "join", room: "den", since });
    ann.send({ type: "join", room: "den", since });
    ann.send({ type: "leave", room: "den" });
    // After the last `room` message each comes once, in order, without a hole.
    let heard: string[] = [];
    let rooms = 0;
    while (true) {
      const { type, room, id } = await ann.next();
      if (type === "room" && room === "den" && ++rooms) heard = [];
      if (type === "chat" && room === "den") heard.push(id);
      if (type !== "leave" || room !== "den") continue;
      assertEquals(rooms, 2);
      assertEquals(heard, busy.said.filter((said) => said > since && said < id));
      break;
    }
  }
});
