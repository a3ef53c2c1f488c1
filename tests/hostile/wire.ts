/**
 * Bytes that no library would send.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { HANDSHAKE } from "../raw.ts";

/** What a WebSocket frame says of itself; by default it is a whole text frame, as a client has to send it. */
export interface Shape {
  fin?: boolean;
  /** The three reserved bits, 0 to 7. */
  rsv?: number;
  opcode?: number;
  masked?: boolean;
  /** What it says its payload is long, true or not. */
  length?: number | bigint;
  /** Bytes in which the length is written; as few as it takes. */
  wide?: 1 | 2 | 8;
}

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** A frame, masked with zeros where it is masked. */
export function frame(payload: Uint8Array | string = "", shape: Shape = {}): Buffer {
  const body = Buffer.from(payload as string);
  const { fin = true, rsv = 0, opcode = TEXT, masked = true, length = body.length } = shape;
  const wide = shape.wide ?? (length < 126 ? 1 : length < 65_536 ? 2 : 8);
  const head = Buffer.alloc(1 + (wide === 1 ? 1 : 1 + wide) + (masked ? 4 : 0));
  head[0] = (fin ? 0x80 : 0) | rsv << 4 | opcode;
  head[1] = (masked ? 0x80 : 0) | (wide === 1 ? Number(length) : wide === 2 ? 126 : 127);
  if (wide === 2) head.writeUInt16BE(Number(length), 2);
  if (wide === 8) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, body]);
}

/** A close frame. */
export const close = (code: number, reason: Uint8Array | string = "") =>
  frame(Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason as string)]), {
    opcode: CLOSE,
  });

/** A close frame of a server, with a code that one of ours has, among what else has come. */
// deno-lint-ignore no-control-regex
export const CLOSED = /\x88[\x02-\x7d][\x03\x11]/;

/** A `chat` command as a frame. */
export const chat = (content: string, more: object = {}) =>
  frame(JSON.stringify({ type: "chat", content, ...more }));

/** A request as bytes: each character of it is one. */
export const request = (line: string, headers: readonly string[] = [], body = "") =>
  Buffer.from([line, ...headers, "", body].join("\r\n"), "latin1");

/** The handshake, with other headers in place of those of the same name; one without a value is left out. */
export function handshake(path: string, headers: readonly string[] = [], method = "GET"): Buffer {
  const nameOf = (header: string) => header.split(":")[0]!.toLowerCase();
  const names = headers.map(nameOf);
  const kept = ["Host: x", ...HANDSHAKE].filter((header) => !names.includes(nameOf(header)));
  const all = [...kept, ...headers].filter((header) => !header.endsWith(":"));
  return request(`${method} ${path} HTTP/1.1`, all);
}

/** A request that posts something to a room. */
export function posting(body: string, headers: readonly string[] = [], room = "attic"): Buffer {
  const bytes = Buffer.from(body).toString("latin1");
  const line = `POST /api/rooms/${room}/messages HTTP/1.1`;
  return request(line, ["Host: x", `Content-Length: ${bytes.length}`, ...headers], bytes);
}
