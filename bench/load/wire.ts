/**
 * WebSocket as bytes: the opening request, masked frames to send, and a reader that takes a stream
 * of frames apart into lines.
 *
 * @module
 */

const encoder = new TextEncoder();

/** The kinds of frames the generator meets (RFC 6455, 5.2). */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What all frames are masked with: a server has to unmask whatever the key is. */
export const MASK: readonly number[] = [0x37, 0xfa, 0x21, 0x3d];

/** The request that opens a WebSocket. */
export function handshake(host: string, path: string, protocol?: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(
    [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version: 13",
      ...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []),
      "\r\n",
    ].join("\r\n"),
  );
}

/** A frame as a client sends it: final and masked. The payload may have up to 65,535 bytes. */
export function encodeFrame(
  payload: string | Uint8Array,
  opcode: number = OPCODE.text,
): Uint8Array<ArrayBuffer> {
  const bytes = typeof payload === "string" ? encoder.encode(payload) : payload;
  if (bytes.length > 0xffff) throw new RangeError("Cannot encode a frame: it is over 64 KiB");
  const long = bytes.length > 125;
  const start = long ? 8 : 6;
  const frame = new Uint8Array(start + bytes.length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (long ? 126 : bytes.length);
  if (long) frame.set([bytes.length >> 8, bytes.length & 255], 2);
  frame.set(MASK, start - 4);
  for (let i = 0; i < bytes.length; i++) frame[start + i] = bytes[i]! ^ MASK[i & 3]!;
  return frame;
}

/** Who gets what a {@linkcode FrameReader} finds. */
export interface FrameSink {
  /** Bytes most lines have: a guess that spares the search for a line's end. */
  readonly usual: number;
  /** One line: a text frame, or what stands between two line breaks of one. */
  line(buffer: Uint8Array, from: number, to: number): void;
  /** A ping, pong or close frame. */
  control(opcode: number, payload: Uint8Array): void;
}

/**
 * Takes what one connection receives apart into lines. It never copies what is complete: only an
 * unfinished line or header at the end of a reading is carried over to the next.
 */
export class FrameReader {
  #carry = new Uint8Array(256);
  #carried = 0;
  /** Bytes of the current frame that were not yet given on, from the carried ones on. */
  #left = 0;
  /** Bytes of an unfinished line before the header of the frame that continues it. */
  #held = 0;
  #final = true;
  #headerLength = 0;
  #payloadLength = 0;

  /** Puts what was carried over at the start of `buffer`; receive behind it. Returns its length. */
  restore(buffer: Uint8Array): number {
    for (let i = 0; i < this.#carried; i++) buffer[i] = this.#carry[i]!;
    return this.#carried;
  }

  /** Reads the bytes of `buffer` before `end`, the carried ones included. */
  read(buffer: Uint8Array, end: number, sink: FrameSink) {
    let at = 0;
    while (true) {
      if (this.#left === 0) {
        const next = this.#open(buffer, at, end, sink);
        if (next < 0) break;
        at = next;
        continue;
      }
      const frameEnd = at + this.#left;
      const complete = frameEnd <= end;
      at = this.#lines(buffer, at, frameEnd, complete ? frameEnd : end, sink);
      this.#left = frameEnd - at;
      if (!complete) break;
      if (!this.#final) this.#held = this.#left;
      this.#left = 0;
    }
    this.#keep(buffer, at, end);
  }

  /** Gives on the lines that are complete before `stop`; returns where the rest begins. */
  #lines(buffer: Uint8Array, at: number, frameEnd: number, stop: number, sink: FrameSink): number {
    const closed = stop === frameEnd && this.#final;
    while (at < stop) {
      let to = at + sink.usual;
      if (!(to < stop ? buffer[to] === 10 : to === stop && closed)) {
        const found = buffer.subarray(at, stop).indexOf(10);
        if (found >= 0) to = at + found;
        else if (closed) to = stop;
        else break;
      }
      sink.line(buffer, at, to);
      at = to + 1;
    }
    return Math.min(at, stop);
  }

  /** Reads a frame's header, and a control frame whole; returns what follows, or -1 for "not all here". */
  #open(buffer: Uint8Array, at: number, end: number, sink: FrameSink): number {
    const header = at + this.#held;
    if (!this.#header(buffer, header, end)) return -1;
    const opcode = buffer[header]! & 15;
    let after = header + this.#headerLength;
    if (opcode >= OPCODE.close) {
      const payloadEnd = after + this.#payloadLength;
      if (payloadEnd > end) return -1;
      sink.control(opcode, buffer.subarray(after, payloadEnd));
      after = payloadEnd;
    } else {
      this.#final = (buffer[header]! & 0x80) !== 0;
      this.#left = this.#held + this.#payloadLength;
    }
    // An unfinished line moves over what interrupted it, so that it lies in one piece.
    if (this.#held > 0) buffer.copyWithin(after - this.#held, at, header);
    const start = after - this.#held;
    if (opcode < OPCODE.close) this.#held = 0;
    return start;
  }

  #header(buffer: Uint8Array, at: number, end: number): boolean {
    if (end - at < 2) return false;
    const short = buffer[at + 1]! & 127;
    this.#headerLength = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (end - at < this.#headerLength) return false;
    this.#payloadLength = short;
    if (short >= 126) {
      this.#payloadLength = 0;
      for (let i = 2; i < this.#headerLength; i++) {
        this.#payloadLength = this.#payloadLength * 256 + buffer[at + i]!;
      }
    }
    return true;
  }

  #keep(buffer: Uint8Array, at: number, end: number) {
    this.#carried = end - at;
    if (this.#carried > this.#carry.length) this.#carry = new Uint8Array(this.#carried * 2);
    for (let i = 0; i < this.#carried; i++) this.#carry[i] = buffer[at + i]!;
  }
}
