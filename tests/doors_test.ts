/** Who comes in, who is counted until they are really gone, and what happens when nobody can come in. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { connect, type Socket } from "node:net";
import { Program } from "./program.ts";
import { RawClient } from "./raw.ts";
import { Client, network, plain, programs, serve, until, v1, within } from "./support.ts";

const linux = { ...programs, ignore: programs.ignore || Deno.build.os !== "linux" };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks again and again until an answer fits; what fails is asked again as well. */
async function eventually<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  const end = performance.now() + 15_000;
  while (true) {
    try {
      const answer = await ask();
      if (fits(answer)) return answer;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    assertLess(performance.now(), end, "it never came to be");
    await pause(20);
  }
}

/** A number that a server tells Prometheus. */
async function metric(host: string, name: string): Promise<number> {
  const text = await (await fetch(`http://${host}/metrics`)).text();
  return Number(text.match(new RegExp(`^parley_${name} (.*)$`, "m"))?.[1]);
}

/** The status a newcomer gets. */
async function knock(host: string): Promise<number> {
  await using client = await RawClient.request(host, "/ws?username=newcomer");
  const [line] = new TextDecoder().decode(await within(client.read(), "an answer")).split("\r\n");
  return Number(line!.split(" ")[1]);
}

/** Connects by TCP and says nothing. */
function silent(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.once("connect", () => resolve(socket)).once("close", () => resolve(socket));
  });
}

Deno.test(
  "where the system has no file descriptor left those who talk go on, and newcomers wait until it has",
  linux,
  async () => {
    await using program = await Program.start([], {}, [], 200);
    await using ann = await plain(program.host, { username: "ann" });
    await using bob = await plain(program.host, { username: "bob" });
    const crowd = await Promise.all(Array.from({ length: 200 }, () => silent(program.port)));
    ann.say("is it dark for you too?");
    assertEquals((await bob.find("chat")).content, "is it dark for you too?");
    // The listener has ended by now, and would not come back by itself.
    await eventually(() => knock(program.host).then(() => false, () => true), Boolean);
    for (const socket of crowd) socket.destroy();
    await eventually(() => knock(program.host), (status) => status === 101);
    bob.say("no longer");
    assertEquals((await ann.find("chat")).content, "is it dark for you too?");
    assertEquals((await ann.find("chat")).content, "no longer");
    program.kill("SIGTERM");
    const { code, events } = await program.ended();
    assertEquals(code, 0);
    const told = events.map(({ level, event }) => `${level} ${event}`)
      .filter((line) => line.includes("listen"));
    assertEquals(told.slice(0, 2), ["error listener failed", "info listening again"]);
    assertLess(told.length, 20);
  },
);

/** Asks for a WebSocket and vanishes at once. */
async function vanish(host: string) {
  const client = await RawClient.request(host, "/ws?username=ghost");
  await client.reset();
}

Deno.test(
  "who vanishes in the handshake takes nobody's place; the descriptor that is lost is counted",
  linux,
  async () => {
    await using program = await Program.start(["--max-connections", "1000"]);
    const { host } = program;
    await using ann = await plain(host, { username: "ann" });
    await ann.find("join");
    await metric(host, "connections");
    const before = program.files;
    for (let i = 0; i < 100; i++) await vanish(host);
    const lost = await eventually(
      () => metric(host, "lost_descriptors_total"),
      (lost) => program.files - before === lost,
    );
    assert(lost > 0, "none was lost: has the runtime been mended?");
    assertEquals(await metric(host, "connections"), 1);
    // Nobody is told of them. Of the others everybody is: they came in, be it for a moment.
    const joins = (await ann.settled()).filter(({ type }) => type === "join").length;
    assert(joins <= 100 - lost, `${joins} came in, and ${lost} of 100 were lost`);
    program.kill("SIGTERM");
    const { events } = await program.ended();
    const warnings = events.filter(({ event }) => event === "descriptors lost");
    assertEquals([warnings[0].level, warnings[0].lost, warnings[0].most], ["warn", 1, 1000]);
    assertLess(warnings.length, 12);
  },
);

Deno.test("a server that has lost too many descriptors ends in good order", linux, async () => {
  await using program = await Program.start(["--max-connections", "5"]);
  const ann = new Client(program.host, { username: "ann" });
  await ann.find("join");
  let ended = false;
  const code = ann.closed.finally(() => ended = true);
  for (let i = 0; i < 1_000 && !ended; i++) await vanish(program.host).catch(() => {});
  assertEquals(await code, 1001);
  const { code: exit, events } = await within(program.ended(), "the end of the program");
  assertEquals(exit, 1);
  const lost = events.filter(({ event }) => event === "descriptors lost").map(({ lost }) => lost);
  assertEquals(lost.slice(0, 5), [1, 2, 3, 4, 5]);
  const { level, reason } = events.find(({ event }) => event === "stop");
  assertEquals([level, reason], ["error", "too many file descriptors are lost"]);
});

/** Ways to be closed by the server, with the code. */
const offences: Record<number, (client: RawClient) => void> = {
  1009: (client) => client.write(new Uint8Array([0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0])),
  4400: (client) => {
    for (let i = 0; i < 5; i++) client.write(new Uint8Array([0x81, 0x81, 0, 0, 0, 0, 0x78]));
  },
  4403: () => {},
};

for (const code of [1009, 4400, 4403]) {
  Deno.test(
    `who is closed with ${code} and stays is counted until they are gone`,
    network,
    async () => {
      await using server = serve({ maxConnections: 1, origins: ["https://good.example"] });
      const origin = code === 4403 ? ["Origin: https://evil.example"] : [];
      const eve = await RawClient.talk(server.host, { username: "eve" }, origin);
      offences[code]!(eve);
      if (code === 1009) eve.write(new Uint8Array(64 * 1024 + 1));
      const lingering = () => metric(server.host, "lingering_connections");
      await eventually(lingering, (count) => count === 1);
      assertEquals([server.hub.people.online, await knock(server.host)], [0, 503]);
      await eve.reset();
      await eventually(lingering, (count) => count === 0);
      await eventually(() => knock(server.host), (status) => status === 101);
    },
  );
}

Deno.test("a server that is stopping takes nobody in", network, async () => {
  await using server = serve();
  server.drain();
  assertEquals(await knock(server.host), 503);
});

Deno.test("who gives no sign of life is given up after the idle timeout", network, async () => {
  await using server = serve({ idleTimeout: 1 });
  await using _deaf = await RawClient.talk(server.host, { username: "deaf" });
  await using _bob = await plain(server.host, { username: "bob" });
  await until(() => server.hub.people.online === 2);
  await until(() => server.hub.people.online === 1);
});

/** Says so much in the lobby that the system's buffers are full, and more than `least` bytes wait. */
async function fill({ hub }: ReturnType<typeof serve>, reader: RawClient, bytes: number) {
  reader.pause();
  for (let said = 0; said < bytes; said += 4_000) {
    hub.say("bot", "lobby", "x".repeat(3_900));
    if (said % 40_000 === 0) await pause(0);
  }
}

for (const goodbye of [false, true]) {
  Deno.test(
    `who reads nothing is given up with less unsent than its bound${
      goodbye ? ", also after a close frame" : ""
    }`,
    network,
    async () => {
      // What the system's buffers do not take is far less than this.
      const bounds = { unsent: 100 * 2 ** 20, stall: 500 };
      await using server = serve({ rate: 0, idleTimeout: 6, socket: bounds });
      const sloth = await RawClient.talk(server.host, { username: "sloth" });
      await until(() => server.hub.people.online === 1);
      await fill(server, sloth, 12 * 2 ** 20);
      if (goodbye) sloth.write(new Uint8Array([0x88, 0x82, 0, 0, 0, 0, 3, 0xe8]));
      await until(() => server.hub.counts.slow === 1);
      assertEquals(server.hub.people.online, 0);
      assertEquals(await metric(server.host, "lingering_connections"), 1);
      // What was said before is still there to be read, and after it why there is no more.
      let text = "";
      const decoder = new TextDecoder();
      for (let ended = false; !ended && !text.endsWith("stopped reading");) {
        const piece = await within(sloth.read(), "the last words");
        ended = piece.length === 0;
        text = text.slice(-100) + decoder.decode(piece);
      }
      await sloth.reset();
      await eventually(() => metric(server.host, "connections"), (held) => held === 0);
    },
  );
}

Deno.test("who reads slowly and steadily is not given up", network, async () => {
  // In a stall this reads half a megabyte, of which the system shows us a step only every megabyte or so.
  const stall = 2_000;
  await using server = serve({ rate: 0, idleTimeout: 0, socket: { stall } });
  await using slow = await RawClient.talk(server.host, { username: "slow" });
  const end = performance.now() + 6 * stall;
  const begun = performance.now();
  let read = 0;
  while (performance.now() < end) {
    for (let i = 0; i < 10; i++) server.hub.say("bot", "lobby", "x".repeat(3_900));
    await pause(10);
    while (read < (performance.now() - begun) * 2 ** 19 / stall) {
      read += (await slow.read()).length;
    }
  }
  assertEquals([server.hub.people.online, server.hub.counts.slow], [1, 0]);
});

Deno.test("chat.v1 is given a sign of life where nothing else is said", network, async () => {
  await using server = serve({ socket: { silence: 300 } });
  await using bob = await plain(server.host, { username: "bob", room: "den" });
  await using ann = await v1(server.host, { username: "ann" });
  await ann.find("join");
  assertEquals(await ann.next(), { type: "alive" } as never);
  assertEquals(await ann.next(), { type: "alive" } as never);
  assertEquals((await bob.settled()).map(({ type }) => type), ["join"]);
});
