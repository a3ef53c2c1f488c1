/** A WebSocket as an async iterable with backpressure, without a network. */
import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers/promises";
import { clock } from "../hub/base/clock.ts";
import {
  type Circumstances,
  type Fate,
  Socket,
  type SocketOptions,
} from "../hub/conversation/socket.ts";
import { within } from "./support.ts";
import { TestTime } from "./time.ts";

/** The runtime's side of a WebSocket: the test decides what comes and what the peer reads. */
class Peer {
  binaryType = "";
  bufferedAmount = 0;
  readonly sent: string[] = [];
  #closed?: [number, string];
  state: "connecting" | "open" | "closed" = "connecting";
  #listeners = new Map<string, EventListenerObject>();
  onmessage = (event: { data: unknown }) => this.#tell("message", event);
  onclose = (event: { code: number; reason: string }) => this.#tell("close", event);
  onerror = (event: object) => this.#tell("error", event);

  get readyState() {
    return this.state === "connecting" ? 0 : this.state === "open" ? 1 : 2;
  }

  send(text: string) {
    this.sent.push(text);
    this.bufferedAmount += text.length;
  }

  close(code: number, reason: string) {
    if (this.state === "connecting") throw new Error("not open");
    this.state = "closed";
    this.#closed = [code, reason];
  }

  /** What it was closed with, if it was. */
  async ended() {
    await setImmediate();
    return this.#closed;
  }

  open() {
    this.state = "open";
    this.#tell("open");
  }

  addEventListener(type: string, listener: EventListenerObject) {
    this.#listeners.set(type, listener);
  }

  #tell(type: string, event: object = {}) {
    this.#listeners.get(type)?.handleEvent({ type, ...event } as Event);
  }
}

function pair(options: SocketOptions & Circumstances = {}, open = true) {
  const peer = new Peer();
  const socket = new Socket(peer as unknown as WebSocket, options, options);
  if (open) peer.open();
  return { peer, socket };
}

/** Lets so many milliseconds pass, and visits each second. */
async function pass(time: TestTime, ms: number, ...sockets: Socket[]) {
  for (let passed = 0; passed < ms; passed += 1_000) {
    await time.tickAsync(1_000);
    for (const socket of sockets) socket.visit();
  }
}

/** What became of a socket, if anything did yet. */
const fateOf = (socket: Socket): Promise<Fate | undefined> =>
  Promise.race([socket.gone, Promise.resolve(undefined)]);

function read(socket: Socket): Promise<string[]> {
  return within(all(socket), "the end of a socket");
}

async function all(socket: Socket): Promise<string[]> {
  const frames: string[] = [];
  for await (const unread of socket) frames.push(...unread);
  return frames;
}

Deno.test("Socket gives frames in the order they came, then ends", async () => {
  const { peer, socket } = pair();
  peer.onmessage({ data: "one" });
  const reading = read(socket);
  await setImmediate();
  peer.onmessage({ data: "two" });
  peer.onmessage({ data: new ArrayBuffer(3) });
  peer.onclose({ code: 1000, reason: "bye" });
  peer.onclose({ code: 1005, reason: "" });
  peer.onmessage({ data: "too late" });
  assertEquals(await reading, ["one", "two", ""]);
  assertEquals(socket.ending, { code: 1000, reason: "bye" });
});

Deno.test("Socket lets go of who waits for a frame when it ends", async () => {
  const { peer, socket } = pair();
  const reading = read(socket);
  await setImmediate();
  peer.onclose({ code: 1000, reason: "" });
  assertEquals(await reading, []);
});

Deno.test("Socket is given the length of binary frames at once", () => {
  assertEquals(pair().peer.binaryType, "arraybuffer");
});

Deno.test("Socket closes with 1009 on a frame over 64 KiB, counted in bytes", async () => {
  for (const data of ["é".repeat(32 * 1024 + 1), new ArrayBuffer(64 * 1024 + 1)]) {
    const { peer, socket } = pair();
    peer.onmessage({ data: "é".repeat(32 * 1024) });
    peer.onmessage({ data });
    assertEquals((await peer.ended())?.[0], 1009);
    assertEquals((await read(socket)).length, 1);
  }
});

Deno.test("Socket closes with 4429 when more frames wait than its inbox holds", async () => {
  const { peer, socket } = pair({ inbox: 3 });
  for (let i = 0; i < 5; i++) peer.onmessage({ data: String(i) });
  assertEquals((await peer.ended())?.[0], 4429);
  assertEquals(await read(socket), ["0", "1", "2"]);
});

Deno.test("Socket closes with 4429 when more bytes wait than its inbox holds", async () => {
  const { peer, socket } = pair({ unread: 10 });
  peer.onmessage({ data: "ééé" });
  assertEquals(socket.take(), "ééé");
  peer.onmessage({ data: "ééé" });
  peer.onmessage({ data: new ArrayBuffer(60) });
  peer.onmessage({ data: "1234" });
  assertEquals(await peer.ended(), undefined);
  peer.onmessage({ data: "é" });
  assertEquals((await peer.ended())?.[0], 4429);
  assertEquals(await read(socket), ["ééé", "", "1234"]);
});

Deno.test("Socket holds no more than four of the largest frames", async () => {
  const { peer } = pair();
  for (let i = 0; i < 4; i++) peer.onmessage({ data: "x".repeat(64 * 1024) });
  assertEquals(await peer.ended(), undefined);
  peer.onmessage({ data: "x" });
  assertEquals((await peer.ended())?.[0], 4429);
});

Deno.test("Socket.gone tells when the peer is gone, not when the conversation is over", async () => {
  for (const event of ["onclose", "onerror"] as const) {
    const { peer, socket } = pair();
    socket.close(4400, "no more");
    assertEquals([socket.ending?.code, await fateOf(socket)], [4400, undefined]);
    peer[event]({ code: 1000, reason: "" });
    assertEquals([socket.ending?.code, await fateOf(socket)], [4400, "freed"]);
  }
});

Deno.test("Socket.gone tells that a peer was lost before it was open, and of nobody else", async () => {
  for (const open of [false, true]) {
    const request = new AbortController();
    const { socket } = pair({ signal: request.signal }, open);
    request.abort();
    assertEquals(await fateOf(socket), open ? undefined : "lost");
    assertEquals(socket.ending?.code, open ? undefined : 1006);
  }
});

Deno.test("Socket.close() before it is open closes it once it is", async () => {
  const { peer, socket } = pair({}, false);
  socket.close(1001, "going");
  await socket.opened;
  assertEquals(await peer.ended(), undefined);
  peer.open();
  assertEquals(await peer.ended(), [1001, "going"]);
  assertEquals(await read(socket), []);
});

Deno.test("Socket.write() sends at once, and waits until little is unsent", async () => {
  const { peer, socket } = pair({ unsent: 10_000 });
  await socket.write("x".repeat(8_000));
  let written = false;
  const writing = socket.write("more".repeat(1_000))!.then(() => written = true);
  assertEquals(peer.sent.length, 2);
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  assert(!written);
  peer.bufferedAmount = 4_000;
  await within(writing, "the end of a pause");
});

Deno.test("Socket.write() counts a kilobyte beside each frame that is unsent", async () => {
  const { peer, socket } = pair({ unsent: 10 * 1024 });
  assertEquals(socket.write(...Array(9).fill("x")), undefined);
  // What was unsent is sent: nothing is kept beside it.
  peer.bufferedAmount = 0;
  assertEquals(socket.write(...Array(9).fill("x")), undefined);
  let written = false;
  const writing = socket.write("x")!.then(() => written = true);
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  assert(!written);
  peer.bufferedAmount = 0;
  await within(writing, "the end of a pause");
});

Deno.test("Socket.write() waits again, each time that too much is unsent", async () => {
  const { peer, socket } = pair({ unsent: 10_000 });
  for (let time = 0; time < 3; time++) {
    let written = false;
    const writing = socket.write("x".repeat(10_001))!.then(() => written = true);
    for (let turn = 0; turn < 5; turn++) await setImmediate();
    assert(!written);
    peer.bufferedAmount = 0;
    await within(writing, "the end of a pause");
  }
});

Deno.test("Socket.write() looks seldom whether a peer reads that has not for long", async () => {
  using time = new TestTime();
  const { peer, socket } = pair({ unsent: 10 });
  let looks = 0;
  Object.defineProperty(peer, "bufferedAmount", {
    get: () => (looks++, 11),
    set: () => {},
  });
  const writing = socket.write("x");
  for (let ms = 0; ms < 10_000; ms += 100) {
    await setImmediate();
    await time.tickAsync(100);
  }
  assert(looks < 150, `${looks} looks in ten seconds`);
  socket.close(1001, "going");
  await within(writing!, "a writer that need not wait any longer");
});

Deno.test("Socket.write() is given up with its socket, by whoever waits for it", async () => {
  const { socket } = pair({ unsent: 10 });
  const waits = [socket.write("x".repeat(11))!, socket.write("x")!];
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  socket.close(1001, "going");
  await within(Promise.all(waits), "writers that need not wait any longer");
});

Deno.test("Socket.visit() closes with 4408 where nothing was taken for 30 s, however little it is", async () => {
  using time = new TestTime();
  for (const open of [true, false]) {
    const { peer, socket } = pair({}, open);
    if (open) await socket.write("x");
    await pass(time, 29_000, socket);
    assertEquals(socket.ending, undefined);
    await pass(time, 1_000, socket);
    assertEquals(socket.ending, { code: 4408, reason: "stopped reading", fault: undefined });
    if (!open) peer.open();
    assertEquals(await peer.ended(), [4408, "stopped reading"]);
  }
});

Deno.test("Socket.visit() leaves alone who has taken all", async () => {
  using time = new TestTime();
  const { peer, socket } = pair();
  await socket.write("x");
  peer.bufferedAmount = 0;
  await pass(time, 600_000, socket);
  await socket.write("x");
  await pass(time, 29_000, socket);
  assertEquals(socket.ending, undefined);
});

Deno.test("Socket.visit() does not give up who reads as slowly as the system shows it", async () => {
  using time = new TestTime();
  const { peer, socket } = pair();
  // So much the system took at once.
  for (let more = 0; more < 64; more++) socket.write("x".repeat(64 * 1024));
  peer.bufferedAmount = 0;
  for (let step = 0; step < 10; step++) {
    // The system takes more only when a third of its 4 MB is read: at 15 KB a second after 93 s.
    await pass(time, 93_000, socket);
    peer.bufferedAmount = 0;
    // It is filled up at once: between two visits all looks the same.
    for (let more = 0; more < 20; more++) socket.write("x".repeat(64 * 1024));
  }
  assertEquals(await peer.ended(), undefined);
  await pass(time, 119_000, socket);
  assertEquals(await peer.ended(), undefined);
  await pass(time, 2_000, socket);
  assertEquals((await peer.ended())?.[0], 4408);
});

Deno.test("Socket.visit() gives up a socket that the runtime cannot close because of what is unsent", async () => {
  using time = new TestTime();
  const { peer, socket } = pair();
  await socket.write("x");
  peer.state = "closed";
  peer.bufferedAmount = 0;
  await pass(time, 31_000, socket);
  assertEquals(socket.ending?.code, 4408);
});

Deno.test("Socket.visit() judges by time that passes, not by a date that is set", async () => {
  using time = new TestTime();
  for (const hours of [1, -1]) {
    const { peer, socket } = pair();
    await socket.write("x");
    await pass(time, 15_000, socket);
    const date = clock.date;
    clock.date = () => date() + hours * 3_600_000;
    await pass(time, 14_000, socket);
    assertEquals(await peer.ended(), undefined);
    await pass(time, 1_000, socket);
    assertEquals((await peer.ended())?.[0], 4408);
  }
});

Deno.test("Socket.visit() gives a sign of life before 25 s of silence are over, and only then", async () => {
  using time = new TestTime();
  const { peer, socket } = pair({ alive: "alive" });
  const plain = pair();
  const closed = pair({ alive: "alive" }, false);
  /** Lets time pass as if all that was said were read at once. */
  const silence = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      await pass(time, 1_000, socket, plain.socket, closed.socket);
      peer.bufferedAmount = 0;
      // To write nothing, as of one's own writing one is told nothing, is no sign of life.
      socket.write();
    }
  };
  await silence(22_000);
  assertEquals(peer.sent, []);
  const fresh = pair({ alive: "alive" });
  await pass(time, 23_000, fresh.socket);
  assertEquals(fresh.peer.sent, ["alive"]);
  socket.write("something");
  await silence(22_000);
  assertEquals(peer.sent, ["something"]);
  await silence(3_000);
  assertEquals(peer.sent, ["something", "alive"]);
  await silence(50_000);
  assertEquals(peer.sent, ["something", "alive", "alive", "alive"]);
  socket.close(1001, "going");
  await silence(50_000);
  assertEquals(peer.sent.length, 4);
  assertEquals([plain.peer.sent, closed.peer.sent], [[], []]);
});

Deno.test("Socket.write() does nothing once it has ended", async () => {
  const { peer, socket } = pair();
  peer.onerror({});
  peer.onclose({ code: 0, reason: "" });
  await socket.write("nobody hears");
  assertEquals([peer.sent, socket.ending?.code], [[], 1006]);
});
