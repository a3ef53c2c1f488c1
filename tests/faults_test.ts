/** Faults injected everywhere: whatever breaks, the server and the others go on. */
import { setImmediate } from "node:timers/promises";
import { assertEquals } from "@std/assert";
import { Client, network, plain, serve, until } from "./support.ts";
import { RawClient } from "./raw.ts";

/** Makes a method fail for one person, as a bug would that only they run into. */
function sabotage<T extends object>(target: T, method: keyof T & string, victim = "eve") {
  const sound = (target[method] as (...args: unknown[]) => unknown).bind(target);
  const broken = (...args: unknown[]) => {
    if (involves(args, victim)) throw new Error(`sabotage in ${method}`);
    return sound(...args);
  };
  Object.assign(target, { [method]: broken });
}

const involves = (args: unknown[], name: string) =>
  args.some((arg) => {
    const { username, person } = Object(arg) as {
      username?: string;
      person?: { username: string };
    };
    return [arg, username, person?.username].includes(name);
  });

/** Runs a fault beside a conversation, which must not notice. */
async function beside(
  server: ReturnType<typeof serve>,
  fault: () => Promise<void>,
): Promise<void> {
  await using ann = await plain(server.host, { username: "ann" });
  await using bob = await plain(server.host, { username: "bob" });
  await fault();
  ann.say("still there?");
  assertEquals((await bob.find("chat")).content, "still there?");
  const names = () => server.hub.people.users().map(({ username }) => username);
  // Whoever was coming may be gone a moment later.
  await until(() => names().length <= 2);
  assertEquals(names(), ["ann", "bob"]);
}

for (const method of ["connect", "join", "say", "leave"] as const) {
  Deno.test(`a fault in Hub.${method}() ends one conversation with 1011`, network, async () => {
    const events: string[] = [];
    const log = (level: string, event: string) => void events.push(`${level} ${event}`);
    await using server = serve({ log });
    if (method !== "leave") sabotage(server.hub, method);
    else {
      const sound = server.hub.leave.bind(server.hub);
      let faults = 1;
      server.hub.leave = (...args) => {
        if (faults-- > 0) throw new Error("sabotage in leave");
        return sound(...args);
      };
    }
    await beside(server, async () => {
      const eve = new Client(server.host, { username: "eve" });
      if (method === "say" || method === "leave") {
        await eve.find("join");
        eve.send({ type: method === "say" ? "chat" : "leave", content: "boom", room: "lobby" });
      }
      assertEquals(await eve.closed, 1011);
      await until(() => events.includes("error disconnect"));
    });
  });
}

Deno.test("a fault after somebody has gone is logged, and keeps nobody back", network, async () => {
  const events: string[] = [];
  const log = (level: string, event: string) => void events.push(`${level} ${event}`);
  await using server = serve({ log });
  await beside(server, async () => {
    const eve = new Client(server.host, { username: "eve" });
    await eve.find("join");
    const sound = server.hub.leave.bind(server.hub);
    server.hub.leave = () => {
      server.hub.leave = sound;
      throw new Error("sabotage in leave");
    };
    await eve[Symbol.asyncDispose]();
    await until(() => events.includes("error disconnect"));
    assertEquals(server.hub.rooms.get("lobby")!.size, 2);
  });
});

Deno.test(
  "a fault in the loop that delivers ends one conversation with 1011",
  network,
  async () => {
    await using server = serve();
    await beside(server, async () => {
      const eve = new Client(server.host, { username: "eve" });
      await eve.find("join");
      const [person] = server.hub.people.users().filter(({ username }) => username === "eve");
      assertEquals(person?.connections, 1);
      const [member] = server.hub.people.get("eve")!.members;
      const room = server.hub.rooms.get("lobby")!;
      member!.feed.unfollow(room.log);
      member!.feed.follow({
        ...room.log,
        isRead: () => false,
        watch() {},
        unwatch() {},
        read() {
          throw new Error("sabotage in read");
        },
        // deno-lint-ignore no-explicit-any
      } as any, { after: "", heard: "" });
      assertEquals(await eve.closed, 1011);
    });
  },
);

Deno.test("a fault in a route is a 500 that says nothing of its inside", network, async () => {
  await using server = serve();
  server.hub.everywhere.rooms = () => {
    throw new Error("sabotage in page");
  };
  await beside(server, async () => {
    const answer = await fetch(`http://${server.host}/api/rooms`);
    assertEquals([answer.status, answer.headers.get("access-control-allow-origin")], [500, "*"]);
    assertEquals((await answer.text()).includes("sabotage"), false);
  });
});

Deno.test(
  "a log that fails ends neither the server nor a conversation's bookkeeping",
  network,
  async () => {
    let broken = false;
    await using server = serve({
      log() {
        if (broken) throw new Error("sabotage in log");
      },
    });
    await beside(server, async () => {
      broken = true;
      const eve = new Client(server.host, { username: "eve" });
      await eve.closed;
      broken = false;
      const stats = await (await fetch(`http://${server.host}/api/stats`)).json();
      assertEquals(stats.connections, 2);
    });
  },
);

Deno.test(
  "a handshake that is no good is refused, and the next one is taken",
  network,
  async () => {
    await using server = serve();
    const good = {
      connection: "Connection: Upgrade",
      upgrade: "Upgrade: websocket",
      version: "Sec-WebSocket-Version: 13",
      key: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    };
    await beside(server, async () => {
      for (
        const [bad, status] of [
          [{ connection: "Connection: close" }, 426],
          [{ upgrade: "Upgrade: h2c" }, 426],
          [{ key: "X: y" }, 400],
          [{ version: "Sec-WebSocket-Version: 12" }, 426],
          [{ key: "Sec-WebSocket-Key: short" }, 400],
          [{ key: `${good.key}\r\nSec-WebSocket-Protocol: chat.v1,x` }, 101],
          [{ key: `${good.key}\r\nSec-WebSocket-Protocol: ,,  ,` }, 101],
        ] as const
      ) {
        const headers = Object.values({ ...good, ...bad });
        await using client = await RawClient.request(server.host, "/ws?username=eve", headers);
        const [line] = new TextDecoder().decode(await client.read()).split("\r\n");
        assertEquals([headers, Number(line?.split(" ")[1])], [headers, status]);
      }
      await until(() => server.hub.people.online <= 2);
    });
  },
);

Deno.test("bytes that are no frames end one connection", network, async () => {
  await using server = serve();
  await beside(server, async () => {
    const client = await RawClient.talk(server.host, { username: "eve" });
    client.write(new TextEncoder().encode("this was never a frame, and never will be"));
    await until(() => server.hub.people.online <= 2);
    await client[Symbol.asyncDispose]();
  });
});

Deno.test("what waits for somebody who is gone is not counted as delivered", network, async () => {
  await using server = serve({ rate: 0, idleTimeout: 0, history: 10_000 });
  const sloth = await RawClient.talk(server.host, { username: "sloth" });
  await until(() => server.hub.people.online === 1);
  const { counts } = server.hub;
  // Until the system takes no more, and a megabyte waits in the room.
  for (let before = -1; counts.delivered > before;) {
    before = counts.delivered;
    const said = () => server.hub.say("bot", "lobby", "x".repeat(3_900));
    await Promise.all(Array.from({ length: 300 }, said));
    for (let turn = 0; turn < 300; turn++) await setImmediate();
  }
  const { delivered } = counts;
  await sloth.reset();
  await until(() => server.hub.people.online === 0);
  assertEquals(counts.delivered, delivered);
});
