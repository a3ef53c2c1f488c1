/** Clients that vanish, clients that never read, and what they leave behind: nothing. */
import { assert, assertEquals } from "@std/assert";
import { Program } from "./program.ts";
import { Buffer } from "node:buffer";
import { RawClient, textFrame } from "./raw.ts";
import { network, programs, serve, v1, within } from "./support.ts";

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

Deno.test(
  "clients that vanish with a reset leave nothing behind, round after round",
  programs,
  async () => {
    // The runtime's idle timer holds a socket for up to 30 s after its end: here, without one.
    await using program = await Program.start(["--announce", "0", "--idle-timeout", "0"]);
    /** Waits until the server says so of itself. */
    const stats = async (wanted: Record<string, number>) => {
      while (true) {
        const stats = await program.stats();
        if (Object.entries(wanted).every(([name, value]) => stats[name] === value)) return stats;
        await turn();
      }
    };
    const memory: number[] = [];
    for (let round = 1; round <= 20; round++) {
      const clients = await Promise.all(
        Array.from(
          { length: 200 },
          (_, i) => RawClient.talk(program.host, { username: `guest-${i}`, room: `r${i % 10}` }),
        ),
      );
      await stats({ connections: 200, users: 200, rooms: 10 });
      for (const client of clients) client.say(`hello in round ${round}`);
      await stats({ messages: round * 200 });
      await Promise.all(clients.map((client) => client.reset()));
      memory.push((await stats({ connections: 0, users: 0, rooms: 10 })).memory!);
    }
    const rooms = await (await fetch(`http://${program.host}/api/rooms`)).json();
    assertEquals(rooms.rooms.map(({ users }: { users: number }) => users), Array(10).fill(0));
    // Clients that stayed would cost 40 KB each: 120 MB in the last 15 rounds.
    const growth = memory[19]! - memory[4]!;
    assert(growth < 60 * 2 ** 20, `memory grew by ${growth} bytes in 15 rounds`);
  },
);

Deno.test(
  "a client that never reads is let go, and costs the others nothing",
  network,
  async () => {
    await using server = serve({ rate: 0, socket: { stall: 500 } });
    const { counts, people } = server.hub;
    await using bob = await v1(server.host, { username: "bob" });
    await using _sloth = await RawClient.talk(server.host, { username: "sloth" });
    const before = Deno.memoryUsage().rss;
    let said = 0;
    // The system's own buffers take some megabytes before anything is unsent.
    for (; people.online > 1 && said < 40_000; await turn()) {
      const { log } = server.hub.rooms.get("lobby")!;
      for (let i = 0; i < 50; i++) server.hub.say("bot", "lobby", `${said++} ${"x".repeat(3_900)}`);
      assert(log.bytes <= 1024 * 1024);
      const heard = await bob.take(50);
      assertEquals(heard.at(-1)!.content.split(" ")[0], String(said - 1));
    }
    assertEquals([people.users().map(({ username }) => username), counts.slow], [["bob"], 1]);
    assertEquals(counts.gaps, 0);
    const growth = Deno.memoryUsage().rss - before;
    assert(growth < 100 * 2 ** 20, `memory grew by ${growth} bytes for ${said * 4_000}`);
  },
);

Deno.test(
  "who goes on after the last straw is told the close code all the same",
  network,
  async () => {
    await using server = serve();
    for (const [text, code] of [['{"content":"flood"}', 4429], ["no json", 4400]] as const) {
      await using client = await RawClient.talk(server.host, { username: "flood" });
      client.write(Buffer.concat(Array(200).fill(textFrame(text))));
      const told = async () => {
        const wanted = Buffer.from([code >> 8, code & 255]);
        for (let heard = Buffer.alloc(0);;) {
          const piece = await client.read();
          if (piece.length === 0) return false;
          heard = Buffer.concat([heard, piece]);
          if (heard.includes(wanted, heard.lastIndexOf(0x88))) return true;
        }
      };
      assert(await within(told(), "a close code"), `no ${code}`);
    }
  },
);

Deno.test("a client that stops reading for a while catches up without a gap", network, async () => {
  await using server = serve({ rate: 0 });
  const { counts } = server.hub;
  await using slow = await RawClient.talk(server.host, { username: "slow" });
  // Until nothing more fits into the system's buffers, and the cursor lags behind the log.
  let said = 0;
  for (let still = 0; still < 3;) {
    const delivered = counts.delivered;
    for (let i = 0; i < 10; i++) server.hub.say("bot", "lobby", `${said++} ${"x".repeat(3_900)}`);
    await turn();
    still = counts.delivered === delivered ? still + 1 : 0;
  }
  assert(said - counts.delivered < 250, "the log holds what it lags");
  let text = "";
  const decoder = new TextDecoder();
  while (!text.includes(`"content":"${said - 1} `)) text += decoder.decode(await slow.read());
  const numbers = [...text.matchAll(/"content":"(\d+) x/g)].map(([, number]) => Number(number));
  assertEquals(numbers, Array.from({ length: said }, (_, i) => i));
  assertEquals(counts.gaps, 0);
});
