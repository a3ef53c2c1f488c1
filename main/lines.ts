import { Buffer } from "node:buffer";

const LINE_FEED = 10;

/**
 * The lines of what comes in pieces, without their ends. Of one that is longer than `most` bytes only the
 * beginning is told, which is longer too, and nothing comes after it.
 */
export async function* linesOf(
  pieces: AsyncIterable<Uint8Array>,
  most: number,
): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array();
  for await (const piece of pieces) {
    let from = 0;
    for (let at = piece.indexOf(LINE_FEED); at !== -1; at = piece.indexOf(LINE_FEED, from)) {
      yield Buffer.concat([rest, piece.subarray(from, at)]);
      rest = rest.subarray(0, 0);
      from = at + 1;
    }
    rest = Buffer.concat([rest, piece.subarray(from)]);
    if (rest.length > most) break;
  }
  yield rest;
}
