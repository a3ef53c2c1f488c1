/**
 * What the generator writes into a message to recognise it: room, sender and sequence number, as
 * digits at a fixed place. It reads them from the bytes of every delivery without parsing the JSON
 * around them.
 *
 * @module
 */
import { MASK } from "./wire.ts";

/** Where the digits begin: what no server puts into a message by itself. */
export const MARKER = "load:";

/** Sender number of the roll call that precedes every measurement. */
export const ROLL_CALL = 0xfff;

const ROOM_DIGITS = 3;
const SENDER_DIGITS = 3;
const SEQUENCE_DIGITS = 6;
const DIGITS = ROOM_DIGITS + SENDER_DIGITS + SEQUENCE_DIGITS;
// Hexadecimal in "a" to "p": no character that any JSON encoder would escape.
const ZERO = 0x61;

/** The text of a message: the marker, then words up to `length` characters. */
export function contentOf(
  room: number,
  sender: number,
  sequence: number,
  length: number,
): string {
  const digits = digitsOf(room, ROOM_DIGITS) + digitsOf(sender, SENDER_DIGITS) +
    digitsOf(sequence, SEQUENCE_DIGITS);
  return (MARKER + digits + " the quick brown fox jumps over the lazy dog").padEnd(length, " and")
    .slice(0, length - 1) + ".";
}

function digitsOf(value: number, count: number): string {
  let text = "";
  for (let i = count - 1; i >= 0; i--) {
    text += String.fromCharCode(ZERO + ((value >> (i * 4)) & 15));
  }
  return text;
}

function valueOf(buffer: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value = value * 16 + buffer[at + i]! - ZERO;
  return value;
}

/** Room of the message whose digits begin at `at`. */
export const roomAt = (buffer: Uint8Array, at: number): number => valueOf(buffer, at, ROOM_DIGITS);

/** Sender of the message whose digits begin at `at`. */
export const senderAt = (buffer: Uint8Array, at: number): number =>
  valueOf(buffer, at + ROOM_DIGITS, SENDER_DIGITS);

/** Sequence number of the message whose digits begin at `at`. */
export const sequenceAt = (buffer: Uint8Array, at: number): number =>
  valueOf(buffer, at + ROOM_DIGITS + SENDER_DIGITS, SEQUENCE_DIGITS);

/** Does a marker's text end right before `at`? Two letters tell. */
export const isMarked = (buffer: Uint8Array, at: number): boolean =>
  buffer[at - 1] === 0x3a && buffer[at - 2] === 0x64;

/** Puts another sequence number into a masked frame whose payload begins at `payload`. */
export function renumber(frame: Uint8Array, payload: number, digits: number, sequence: number) {
  const first = digits + DIGITS - SEQUENCE_DIGITS;
  for (let i = 0; i < SEQUENCE_DIGITS; i++) {
    const digit = ZERO + ((sequence >> ((SEQUENCE_DIGITS - 1 - i) * 4)) & 15);
    frame[payload + first + i] = digit ^ MASK[(first + i) & 3]!;
  }
}
