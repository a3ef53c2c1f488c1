/** Frames that break the rules of WebSockets, or keep them and mean no good. */
import { Buffer } from "node:buffer";
import { type Attack, besieging, trying } from "./attack.ts";
import type { Target } from "./target.ts";
import {
  BINARY,
  chat,
  CLOSE,
  close,
  CLOSED,
  CONTINUATION,
  frame,
  PING,
  PONG,
  TEXT,
} from "./wire.ts";

const OPCODES = Array.from({ length: 16 }, (_, opcode) => opcode);
const KIB = 1_024;

/** What a client is told with a close frame. */
const closing = (code: number) => String.fromCharCode(code >> 8, code & 255);

/** Sends frames in a conversation, after which the server goes on or ends it. */
const telling = (target: Target, frames: Uint8Array | Uint8Array[]) => target.tell(frames);

/** Bytes that are no UTF-8: cut off, too long, of a surrogate, too great, alone. */
const NO_UTF8 = ["c3", "c0af", "e080af", "eda080", "f4908080", "ff", "80", "f0808080", "c328"]
  .map((hex) => Buffer.from(hex, "hex"));

const around = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.from('{"content":"'), bytes, Buffer.from('"}')]);

export const frames: Attack[] = [
  trying("unmasked frames", OPCODES, (target, opcode) =>
    telling(target, [
      frame('{"content":"bare"}', { masked: false, opcode }),
      frame("x".repeat(200), { masked: false, opcode }),
    ])),

  trying(
    "reserved bits",
    OPCODES.flatMap((opcode) => [1, 2, 3, 4, 5, 6, 7].map((rsv) => ({ opcode, rsv }))),
    async (target, shape) => {
      const heard = await telling(target, frame('{"content":"reserved"}', shape));
      target.expect(!heard.includes('"reserved"'), "a frame with reserved bits is obeyed");
    },
  ),

  trying(
    "reserved opcodes",
    [3, 4, 5, 6, 7, 11, 12, 13, 14, 15],
    async (target, opcode) => {
      const heard = await telling(target, frame('{"content":"opcode"}', { opcode }));
      target.expect(!heard.includes('"opcode"'), "a frame of no known kind is obeyed");
    },
  ),

  trying(
    "bad UTF-8",
    NO_UTF8.flatMap((bytes) => [
      [frame(around(bytes))],
      [frame(bytes)],
      [frame('{"content":"', { fin: false }), frame(bytes, { opcode: CONTINUATION })],
      [close(1000, bytes)],
      [frame(around(bytes), { opcode: BINARY })],
    ]),
    async (target, frames) => {
      const heard = await telling(target, frames);
      target.expect(!heard.includes('"content":"\\ufffd'), "what is no UTF-8 is said");
    },
  ),

  trying(
    "fragments in disorder",
    [
      [frame("x", { opcode: CONTINUATION })],
      [frame("a", { fin: false }), frame("b", { fin: false }), frame("c")],
      [frame("a", { fin: false, opcode: PING })],
      [frame("a", { fin: false, opcode: CLOSE }), frame("b", { opcode: CONTINUATION })],
      [frame('{"content":', { fin: false }), frame("", { opcode: PING }), close(1000)],
      [frame("", { fin: false }), ...Array(500).fill(frame("", { fin: false, opcode: 0 }))],
      [frame("x".repeat(126), { opcode: PING }), frame("x".repeat(70_000), { opcode: PONG })],
      [frame("x".repeat(126), { opcode: CLOSE })],
    ],
    telling,
  ),

  // Each of them as much as makes a difference: the runtime puts no bound to what it joins.
  besieging("endless fragments", 4, async (target) => {
    const line = await target.talk();
    if (!line) return;
    await line.send(frame("[", { fin: false }));
    const piece = frame(" ".repeat(32 * KIB), { fin: false, opcode: CONTINUATION });
    for (let sent = 0; sent < 8_192 * KIB && line.open && !target.over; sent += 32 * KIB) {
      await line.send(piece);
    }
    line.write(frame("]", { opcode: CONTINUATION }));
    const heard = await target.settled(line);
    target.expect(heard.includes(closing(1009)), "a message of 8 MiB is not answered with 1009");
  }),

  trying(
    "giant frames",
    [
      { length: 64 * KIB + 1, whole: true },
      { length: 1_024 * KIB, whole: true },
      { length: 2 ** 26 + 1 },
      { length: 2 ** 31 },
      { length: 2 ** 32 - 1 },
      { length: 2n ** 53n },
      { length: 2n ** 63n - 1n },
      { length: 2n ** 63n },
      { length: 2n ** 64n - 1n },
    ],
    async (target, { length, whole }: { length: number | bigint; whole?: boolean }) => {
      for (const opcode of [TEXT, BINARY, PING, CLOSE]) {
        const line = await target.talk();
        if (!line) return;
        line.write(frame("x".repeat(whole ? Number(length) : KIB), { length, opcode, wide: 8 }));
        const heard = await target.hear(line, whole ? 5_000 : 200, (text) => CLOSED.test(text));
        const toBeTold = whole && opcode === TEXT;
        target.expect(!toBeTold || heard.includes(closing(1009)), "no 1009 for a giant frame");
        await target.close(line);
      }
    },
  ),

  trying(
    "odd lengths",
    [{ wide: 2, length: 5 }, { wide: 8, length: 5 }, { wide: 2, length: 0 }, { wide: 8, length: 0 }]
      .flatMap(({ wide, length }) =>
        [TEXT, BINARY, CLOSE, PING, PONG].map((opcode) =>
          frame("hello".slice(0, length), { wide: wide as 2 | 8, length, opcode })
        )
      ),
    telling,
  ),

  besieging("ping floods", 4, async (target, number) => {
    const line = await target.talk();
    if (!line) return;
    // Half of them never read what is answered.
    if (number % 2 === 0) line.listen(() => {});
    const pings = Buffer.concat(Array(200).fill(frame("x".repeat(125), { opcode: PING })));
    for (let i = 0; i < 50 && line.open && !target.over; i++) await line.send(pings);
  }),

  besieging("pong floods", 2, async (target) => {
    const line = await target.talk();
    if (!line) return;
    const pongs = Buffer.concat(Array(200).fill(frame("x".repeat(125), { opcode: PONG })));
    for (let i = 0; i < 50 && line.open && !target.over; i++) await line.send(pongs);
    await target.settled(line);
  }),

  trying(
    "close-frame games",
    [
      frame("x", { opcode: CLOSE }),
      ...[0, 1, 999, 1004, 1005, 1006, 1012, 1015, 2_999, 3_000, 4_999, 5_000, 65_535]
        .map((code) => close(code)),
      close(1000, "x".repeat(123)),
      close(1000, "\r\n\0{}"),
      Buffer.concat([close(1000), close(1001), chat("said after the end")]),
      Buffer.concat([frame("", { opcode: CLOSE }), frame("", { opcode: PING })]),
      Buffer.concat([chat("x"), frame("", { opcode: CLOSE, masked: false })]),
    ],
    async (target, bytes) => {
      const heard = await telling(target, bytes);
      target.expect(!heard.includes("after the end"), "what comes after a close frame is obeyed");
    },
  ),

  trying("binary and empty frames", [TEXT, BINARY], async (target, opcode) => {
    const heard = await telling(target, Array(10).fill(frame("", { opcode })));
    target.expect(heard.includes(closing(4400)), "no 4400 for five malformed frames");
  }),

  besieging("command floods", 6, async (target) => {
    const line = await target.talk();
    if (!line) return;
    const flood = Buffer.concat(Array(20).fill(chat("x".repeat(3_000))));
    for (let i = 0; i < 100 && line.open && !target.over; i++) await line.send(flood);
    const heard = await target.settled(line);
    target.expect(heard.includes(closing(4429)) || !line.open, "no 4429 for a flood");
  }),

  trying(
    "frames cut off",
    Array.from(chat("cut off"), (_, at) => at),
    async (target, at) => {
      const line = await target.talk();
      if (!line) return;
      await line.send(chat("cut off").subarray(0, at));
      await target.close(line, at % 2 === 0 ? "end" : "reset");
    },
  ),

  trying(
    "random bytes as frames",
    (random) => Array.from({ length: 60 }, () => noise(() => random.below(256))),
    telling,
  ),

  trying(
    "requests on a WebSocket",
    ["GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "POST / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02"],
    async (target, text) => {
      const heard = await target.tell(Buffer.from(text, "latin1"));
      target.expect(!heard.includes("HTTP/1.1 200"), "a WebSocket is answered by HTTP");
    },
  ),
];

function noise(byte: () => number): Buffer {
  return Buffer.from(Array.from({ length: 1 + byte() }, byte));
}
