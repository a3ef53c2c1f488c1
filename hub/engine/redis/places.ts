import { digitsOf, timeOf } from "../../log/ids.ts";

/** Where an entry stands in a stream: a time in milliseconds, and a count among those of that time. */
export interface Position {
  time: number;
  count: number;
}

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** One more than the highest count. */
const MOST = 32 ** 3;

/**
 * Where a place stands. Its id is a ULID: ten digits of the time; eight that are the same in the whole dataset,
 * and four of the line, so that two rooms do not give the same one; three of the count; and a last one, which
 * is 0 in all ids that Redis gives. So a node can name places between two ids without asking: see
 * {@linkcode between}.
 */
export function positionOf(place: string): Position {
  if (place === "") return { time: 0, count: 0 };
  const count = [...place.slice(22, 25)].reduce(
    (sum, digit) => sum * 32 + DIGITS.indexOf(digit),
    0,
  );
  return { time: timeOf(place), count };
}

/** The four digits that stand for a line, by its name. */
export function digitsOfLine(name: string): string {
  // FNV-1a, of which twenty bits are taken.
  let sum = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) sum = Math.imul(sum ^ byte, 0x01000193);
  return [17, 22, 27, 12].map((shift) => DIGITS[(sum >>> shift) & 31]).join("");
}

/** The place at a position. @param middle the twelve digits between its time and its count */
export function placeAt({ time, count }: Position, middle: string): string {
  const digits = [count >> 10, count >> 5, count].map((value) => DIGITS[value & 31]);
  return `${digitsOf(time)}${middle}${digits.join("")}0`;
}

/** The newest place before an id. */
export function before(id: string): string {
  const { time, count } = positionOf(id);
  const position = count > 0 ? { time, count: count - 1 } : { time: time - 1, count: MOST - 1 };
  return placeAt(position, id.slice(10, 22));
}

/** The `nth` place after an id (1 to 30) and before the next one that Redis may give. */
export function between(id: string, nth: number): string {
  return `${id.slice(0, 25)}${DIGITS[nth]}`;
}

/** The range in a stream of what comes after one place and before another, both of which may be of elsewhere. */
export function range(middle: string, { since, before }: { since?: string; before?: string }) {
  const from = since === undefined ? "-" : streamed(next(since, middle, true));
  if (before === undefined) return { from, to: "+" };
  const to = next(before, middle, false);
  // No id is below the first one, and Redis refuses to be asked for it.
  return { from, to: `(${streamed(to.time + to.count === 0 ? { time: 0, count: 1 } : to)}` };
}

/** The first position whose id is above a place; or is that place, where that is not passed over. */
function next(place: string, middle: string, passed: boolean): Position {
  const { time, count } = positionOf(place);
  const digits = place.slice(10, 22);
  if (digits !== middle) return digits < middle ? { time, count: 0 } : { time, count: MOST };
  const isId = place.length === 26 && place.endsWith("0");
  return { time, count: isId && !passed ? count : count + 1 };
}

/** The id in a stream of what stands at a position. */
export function streamed({ time, count }: Position): string {
  return `${time}-${count}`;
}
