import type { Row } from "../../hub/engine/sqlite/store.ts";

/** The id of the message with a number. */
export const idOf = (number: number): string => `01M881X40AEZATCXVV${`${number}`.padStart(8, "0")}`;

/** The message with a number: a chat message of one of so many rooms. */
export function rowOf(number: number, { rooms = 1, size = 100 } = {}): Row {
  const id = idOf(number);
  const room = `r${number % rooms}`;
  const content = `message ${number} `.padEnd(size, "x");
  const timestamp = "2026-08-01T00:00:00.000Z";
  const text = JSON.stringify({ type: "chat", username: "ann", content, id, timestamp, room });
  return { channel: `#${room}`, id, text };
}

/** The messages with numbers from one to another. */
export function rowsOf(
  from: number,
  to: number,
  options?: { rooms?: number; size?: number },
): Row[] {
  return Array.from({ length: to - from + 1 }, (_, i) => rowOf(from + i, options));
}
