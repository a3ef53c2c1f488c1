/** A WebSocket as an async iterable with backpressure, without a network. */
import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers/promises";
import { Socket, type SocketOptions } from "../hub/socket.ts";
import { TestTime } from "./time.ts";

/** The runtime's side of a WebSocket: the test decides what comes and what the peer reads. */
class Peer {
  binaryType = "";
  bufferedAmount = 0;
  readonly sent: string[] = [];
  closed?: [number, string];
  state: "connecting" | "open" | "closed" = "connecting";
  onopen = () => {};
  onmessage = (_event: { data: unknown }) => {};
  onclose = (_event: { code: number; reason: string }) => {};
  onerror = () => {};

  send(text: string) {
    this.sent.push(text);
    this.bufferedAmount += text.length;
  }

  close(code: number, reason: string) {
    if (this.state === "connecting") throw new Error("not open");
    this.closed = [code, reason];
  }
}

function pair(options: SocketOptions = {}, open = true) {
  const peer = new Peer();
  const socket = new Socket(peer as unknown as WebSocket, options);
  if (open) {
    peer.state = "open";
    peer.onopen();
  }
  return { peer, socket };
}

async function read(socket: Socket): Promise<string[]> {
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

Deno.test("Socket closes with 1009 on a frame over 64 KiB, counted in bytes", async () => {
  for (const data of ["é".repeat(32 * 1024 + 1), new ArrayBuffer(64 * 1024 + 1)]) {
    const { peer, socket } = pair();
    peer.onmessage({ data: "é".repeat(32 * 1024) });
    peer.onmessage({ data });
    assertEquals(peer.closed?.[0], 1009);
    assertEquals((await read(socket)).length, 1);
  }
});

Deno.test("Socket closes with 4429 when more frames wait than its inbox holds", async () => {
  const { peer, socket } = pair({ inbox: 3 });
  for (let i = 0; i < 5; i++) peer.onmessage({ data: String(i) });
  assertEquals(peer.closed?.[0], 4429);
  assertEquals(await read(socket), ["0", "1", "2"]);
});

Deno.test("Socket.close() before it is open closes it once it is", async () => {
  const { peer, socket } = pair({}, false);
  socket.close(1001, "going");
  await socket.opened;
  assertEquals(peer.closed, undefined);
  peer.state = "open";
  peer.onopen();
  assertEquals(peer.closed, [1001, "going"]);
  assertEquals(await read(socket), []);
});

Deno.test("Socket.write() sends at once, and waits until little is unsent", async () => {
  const { peer, socket } = pair({ unsent: 10 });
  await socket.write("x".repeat(10));
  let written = false;
  const writing = socket.write("more")!.then(() => written = true);
  assertEquals(peer.sent.length, 2);
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  assert(!written);
  peer.bufferedAmount = 10;
  await writing;
});

Deno.test("Socket.write() closes with 4408 after 30 s without progress, not without reading", async () => {
  using time = new TestTime();
  const { peer, socket } = pair();
  const writing = socket.write("x".repeat(200_000));
  /** Lets so many milliseconds pass in steps that every look at the buffer falls into. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      await setImmediate();
      await time.tickAsync(100);
    }
    await setImmediate();
  };
  await pass(29_000);
  assertEquals(peer.closed, undefined);
  // A peer that reads, however slowly, is not given up.
  peer.bufferedAmount -= 1;
  await pass(29_000);
  assertEquals(peer.closed, undefined);
  await pass(2_000);
  assertEquals(peer.closed?.[0], 4408);
  await writing;
  assertEquals(socket.ending?.code, 4408);
});

Deno.test("Socket.write() does nothing once it has ended", async () => {
  const { peer, socket } = pair();
  peer.onerror();
  peer.onclose({ code: 0, reason: "" });
  await socket.write("nobody hears");
  assertEquals([peer.sent, socket.ending?.code], [[], 1006]);
});
