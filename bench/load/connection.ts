import type { Dialect } from "./dialects.ts";
import {
  contentOf,
  isMarked,
  MARKER,
  renumber,
  ROLL_CALL,
  roomAt,
  senderAt,
  sequenceAt,
} from "./marker.ts";
import { dial, hangUp, type ReceiveBuffer, send, type SocketShape } from "./sockets.ts";
import type { Tally } from "./tally.ts";
import { encodeFrame, FrameReader, type FrameSink, handshake, OPCODE } from "./wire.ts";

const decoder = new TextDecoder();

/** Who a connection is and where it sits. */
export interface Seat {
  /** Number of the room. */
  room: number;
  /** Port of the node that it connects to, where there are several. @default the target's */
  port?: number;
  /** Number among the senders of the room; absent for those who only read. */
  sender?: number;
  /** Characters of what it says. @default 64 */
  content?: number;
  /** How its socket differs from a plain one. */
  shape?: SocketShape;
  /** Proves who it is. @default nothing does */
  token?: string;
  /** Keeps the last message in {@linkcode Connection.last}. */
  remember?: boolean;
}

/** Told of a delivery. */
export type Witness = (connection: Connection, sender: number, sequence: number) => void;

/** The room of this number, as the server knows it. */
export const roomName = (room: number) => `room${String(room).padStart(4, "0")}`;

/** One client: a WebSocket over its own TCP connection. All names are equally long. */
export class Connection implements FrameSink {
  readonly index: number;
  readonly seat: Seat;
  readonly fd: number;
  /** May it speak? */
  open = false;
  /** Has it heard the roll call, and is therefore in its room? */
  present = false;
  /** Why it ended; undefined while it lives. */
  ending?: string;
  /** Messages it has said. */
  said = 0;
  /** Those of them that came back. */
  echoed = 0;
  /** Messages it could not send: the connection had ended, or the server did not read. */
  unsent = 0;
  /** Errors the server has told it, by code. */
  errors: string[] = [];
  /** The last message, when the seat asks to remember it. */
  last?: Uint8Array;
  /** Told of every delivery, when somebody wants to know its time. */
  witness?: Witness;
  #dialect: Dialect;
  #tally: Tally;
  #upgraded = false;
  #reader = new FrameReader();
  #frame: Uint8Array<ArrayBuffer>;
  #payload: number;
  #digits: number;

  /** Connects, and asks for the upgrade. `since`: the id of the last message it knows. */
  constructor(
    index: number,
    seat: Seat,
    options: { port: number; dialect: Dialect; tally: Tally; since?: string },
  ) {
    this.index = index;
    this.seat = seat;
    this.#dialect = options.dialect;
    this.#tally = options.tally;
    const command = options.dialect.command(
      contentOf(seat.room, seat.sender ?? ROLL_CALL, 0, seat.content ?? 64),
    );
    this.#frame = encodeFrame(command);
    this.#payload = this.#frame.length - command.length;
    this.#digits = command.indexOf(MARKER) + MARKER.length;
    this.fd = dial(options.port, seat.shape);
    const username = `user${String(index).padStart(4, "0")}`;
    const path = options.dialect.path(username, roomName(seat.room), options.since);
    const { protocol } = options.dialect;
    const offers = seat.token ? `${protocol}, bearer.${seat.token}` : protocol;
    send(this.fd, handshake(`127.0.0.1:${options.port}`, path, offers));
  }

  /** Bytes of most lines. */
  get usual(): number {
    return this.#tally.usual;
  }

  /** Says the next message; false when it cannot be sent. */
  say(): boolean {
    renumber(this.#frame, this.#payload, this.#digits, this.said);
    if (this.ending || !send(this.fd, this.#frame)) {
      // Why will be known when the rest has been read.
      this.unsent++;
      return false;
    }
    this.said++;
    return true;
  }

  /** Says what tells everyone in the room that they are in it. */
  callRoll() {
    const content = contentOf(this.seat.room, ROLL_CALL, 0, this.seat.content ?? 64);
    send(this.fd, encodeFrame(this.#dialect.command(content)));
  }

  /** Reads what has arrived. */
  receive(buffer: ReceiveBuffer) {
    const offset = this.#reader.restore(buffer.bytes);
    const count = buffer.receive(this.fd, offset);
    if (count <= 0) {
      return this.end(count === 0 ? "the server closed it" : "the connection broke");
    }
    let end = offset + count;
    if (!this.#upgraded) {
      end = this.#upgrade(buffer.bytes, end);
      if (!this.#upgraded) return;
    }
    this.#reader.read(buffer.bytes, end, this);
  }

  line(buffer: Uint8Array, from: number, to: number) {
    const tally = this.#tally;
    const digits = from + tally.digits;
    if (to - from === tally.usual && isMarked(buffer, digits)) {
      this.#count(buffer, digits);
    } else {
      this.#other(buffer, from, to);
    }
    if (this.seat.remember) this.last = buffer.slice(from, to);
  }

  control(opcode: number, payload: Uint8Array) {
    if (opcode === OPCODE.ping) send(this.fd, encodeFrame(payload, OPCODE.pong));
    if (opcode === OPCODE.close) {
      const code = payload.length >= 2 ? payload[0]! * 256 + payload[1]! : 1005;
      const reason = decoder.decode(payload.subarray(2));
      this.end(`the server closed it with ${code}${reason ? ` (${reason})` : ""}`);
    }
  }

  /** Id of the last message, when the seat asks to remember it. */
  get lastId(): string | undefined {
    return this.last && decoder.decode(this.last).match(/"id":"(\w+)"/)?.[1];
  }

  /** Notes why it is over; the crowd closes the socket. */
  end(reason: string) {
    this.ending ??= reason;
  }

  /** Closes the socket. */
  close() {
    this.end("closed by the load generator");
    hangUp(this.fd);
  }

  #count(buffer: Uint8Array, digits: number) {
    const sender = senderAt(buffer, digits);
    const here = roomAt(buffer, digits) === this.seat.room;
    if (sender === ROLL_CALL) {
      this.present ||= here;
      return;
    }
    const sequence = sequenceAt(buffer, digits);
    this.#tally.count(this.index, sender, sequence, here);
    if (sender === this.seat.sender && here) this.echoed++;
    this.witness?.(this, sender, sequence);
  }

  /** A line that is no message of the length known so far: the first one, or something else. */
  #other(buffer: Uint8Array, from: number, to: number) {
    const line = decoder.decode(buffer.subarray(from, to));
    const answer = this.#dialect.answer?.(line);
    if (answer) send(this.fd, encodeFrame(answer));
    this.open ||= this.#dialect.welcome?.(line) ?? false;
    const json = this.#dialect.message(line);
    if (json === undefined) return;
    const message = JSON.parse(json);
    if (message.type === "error") this.errors.push(message.code ?? message.content);
    const marker = line.indexOf(MARKER);
    if (message.type !== "chat" || marker < 0) return;
    this.#tally.usual = to - from;
    this.#tally.digits = marker + MARKER.length;
    this.#count(buffer, from + this.#tally.digits);
  }

  /** Takes the answer to the handshake off the front of the buffer; returns the new end. */
  #upgrade(buffer: Uint8Array, end: number): number {
    const head = decoder.decode(buffer.subarray(0, end));
    const length = head.indexOf("\r\n\r\n") + 4;
    if (length < 4) {
      this.end("the answer to the handshake came in pieces");
      return end;
    }
    if (!head.startsWith("HTTP/1.1 101")) {
      this.end(`the server refused: ${head.slice(0, head.indexOf("\r\n"))}`);
      return end;
    }
    this.#upgraded = true;
    this.open = !this.#dialect.welcome;
    buffer.copyWithin(0, length, end);
    return end - length;
  }
}
