/** Slow-loris: clients that are always just about to go on. Each holds some connections all the time. */
import { type Attack, besieging } from "./attack.ts";
import type { Target } from "./target.ts";
import { chat, CONTINUATION, frame, handshake, posting, request } from "./wire.ts";

/** Connections of each attack. */
const LINES = 15;
/** Milliseconds from one piece to the next. */
const PACE = 100;

/** Each byte by itself. */
const bytewise = (bytes: Uint8Array) => Array.from(bytes, (byte) => new Uint8Array([byte]));

function* forever<T>(piece: T): Iterable<T> {
  while (true) yield piece;
}

/** Sends something at once, and then pieces one after the other, slowly. */
const dribbling = (
  name: string,
  at: (target: Target) => Uint8Array | string,
  pieces: () => Iterable<Uint8Array | string>,
): Attack =>
  besieging(name, LINES, async (target) => {
    const line = await target.open();
    if (!line) return;
    await line.send(at(target));
    await target.dribble(line, pieces(), PACE);
  });

/** The same within a conversation. */
const conversing = (name: string, pieces: () => Iterable<Uint8Array>): Attack =>
  besieging(name, LINES, async (target) => {
    const line = await target.talk();
    if (!line) return;
    line.listen(() => {});
    await target.dribble(line, pieces(), PACE);
  });

export const slow: Attack[] = [
  besieging("silence after connecting", LINES, async (target) => {
    await target.open();
    await target.stay();
  }),
  dribbling("a slow request line", () => "GET /", () => forever("a")),
  dribbling("slow headers", () => "GET / HTTP/1.1\r\nHost: x\r\nX: ", () => forever("a")),
  dribbling("slow lines of headers", () => "GET / HTTP/1.1\r\n", () => forever("X: a\r\n")),
  dribbling(
    "a slow handshake",
    () => "",
    () => bytewise(handshake("/ws?username=slow")),
  ),
  dribbling("a stalled body", () => posting('{"username":', ["Content-Length: 60000"]), () => []),
  dribbling("a slow body", () => posting("", ["Content-Length: 60000"]), () => forever(" ")),
  dribbling(
    "slow chunks",
    () =>
      request("POST /api/rooms/attic/messages HTTP/1.1", ["Host: x", "Transfer-Encoding: chunked"]),
    () => forever("1\r\n \r\n"),
  ),
  conversing("slow frame headers", () => bytewise(frame("x".repeat(300), { fin: false }))),
  conversing("a slow frame", function* () {
    yield frame("{", { length: 60_000 });
    yield* forever(new Uint8Array([32]));
  }),
  conversing("slow fragments", function* () {
    yield frame("{", { fin: false });
    yield* forever(frame(" ", { fin: false, opcode: CONTINUATION }));
  }),
  conversing("commands a byte at a time", () => bytewise(chat("slowly"))),
];
