/** What can be told of a JSON text before it is read: reading it may take long. @module */
import { LIMITS } from "./limits.ts";

/**
 * Are there more than so many strings in a JSON text? The runtime keeps a table of all short ones, and
 * finds them in it by a hash that for digits anybody can work out: 5,000 of them in 64 KiB can take it
 * a hundred times as long as others.
 */
export function hasOver(most: number, json: string): boolean {
  // Each has two quotes.
  if (json.length <= most * 2) return false;
  let strings = 0;
  for (let at = json.indexOf('"'); at !== -1; at = json.indexOf('"', endOf(json, at))) {
    if (++strings > most) return true;
  }
  return false;
}

/**
 * The `ref` of a frame that is not read any further, if it has a good one: what {@linkcode parse} would
 * find, in one pass that looks only at what stands directly in the object.
 */
export function refOf(frame: string): string | undefined {
  let depth = 0;
  let strings = 0;
  /** Is the field at hand the `ref`? Not known before its name is read. */
  let isRef: boolean | undefined;
  let ref: string | undefined;
  for (let at = 0; at < frame.length; at++) {
    switch (frame[at]) {
      case "{":
      case "[":
        depth++;
        break;
      case "}":
      case "]":
        depth--;
        break;
      case ",":
        if (depth === 1) isRef = undefined;
        break;
      case '"': {
        if (++strings > LIMITS.strings) return undefined;
        const string = frame.slice(at, endOf(frame, at));
        at += string.length - 1;
        if (depth > 1) break;
        const isName = isRef === undefined;
        isRef ??= readString(string) === "ref";
        if (isRef) ref = isName ? undefined : string;
      }
    }
  }
  return ref && goodRef(readString(ref));
}

/** A `ref` to answer with, if it can be one. */
export function goodRef(value: unknown): string | undefined {
  return isText(value, LIMITS.ref) ? value : undefined;
}

/** Is it a text of 1 to `most` characters (code points)? */
export function isText(value: unknown, most: number): value is string {
  return typeof value === "string" && value !== "" && !longerThan(value, most);
}

/** Are there more than `most` code points? Counts them only when the answer is not plain. */
export function longerThan(text: string, most: number): boolean {
  if (text.length <= most) return false;
  if (text.length > most * 2) return true;
  return [...text].length > most;
}

/** Where a JSON string that begins at a quote ends: after the quote that no backslash takes away. */
function endOf(json: string, from: number): number {
  for (let at = json.indexOf('"', from + 1); at !== -1; at = json.indexOf('"', at + 1)) {
    let slashes = 0;
    while (json[at - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
  return json.length;
}

/** What a JSON string says, unless it is wrong or too long for a `ref`, escapes and all. */
function readString(json: string): unknown {
  if (json.length > LIMITS.ref * "\\ud83d\\ude00".length + 2) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
