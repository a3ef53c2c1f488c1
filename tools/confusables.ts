/**
 * Writes `hub/base/confusables.ts`, the table of characters that pass for others, from Unicode's
 * `security/confusables.txt` in the compiled form that is in all data of ICU:
 *
 * ```sh
 * deno run --allow-read --allow-write tools/confusables.ts 17.0 /usr/lib/chromium/icudtl.dat
 * ```
 *
 * The arguments are the version of Unicode and a file of ICU's data, here that of Debian's
 * `chromium`. Its format is told in ICU's `uspoof_impl.h`.
 *
 * @module
 */

/** What stands at the start of the data. */
const MAGIC = 0x3845fdef;
/** What names are mostly written in, and with what their letters are mixed up. */
const PROTOTYPE =
  /^[!-~\p{M}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Arabic}\p{Script=Han}\p{Script=Hiragana}]+$/u;
/** Scripts in which letters of other scripts are mixed up, but not those of one. */
const SCRIPTS =
  "Greek Cyrillic Armenian Hebrew Georgian Hangul Ethiopic Cherokee Hiragana Katakana Han"
    .split(" ").map((script) => new RegExp(`\\p{Script=${script}}`, "u"));

/** Every character that passes for another, and what for. */
function* read(data: Uint8Array): Iterable<[source: string, prototype: string]> {
  const view = new DataView(data.buffer, data.byteOffset);
  const start = find(view);
  const field = (at: number) => view.getUint32(start + 4 * at, true);
  // Where they begin, from the start on; the fields between tell how many there are.
  const [keys, count, values, strings] = [
    start + field(3),
    field(4),
    start + field(5),
    start + field(7),
  ];
  for (let each = 0; each < count; each++) {
    const key = view.getUint32(keys + 4 * each, true);
    const length = (key >>> 24) + 1;
    const value = values + 2 * each;
    const text = length === 1 ? value : strings + 2 * view.getUint16(value, true);
    const units = Array.from({ length }, (_, at) => view.getUint16(text + 2 * at, true));
    yield [String.fromCodePoint(key & 0xffffff), String.fromCharCode(...units)];
  }
}

function find(view: DataView): number {
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    if (view.getUint32(at, true) === MAGIC) return at;
  }
  throw new Error("Cannot find the confusables: this is no data of ICU");
}

/** Can it stand in a name, and be taken there for something else? */
function isWanted(source: string, prototype: string): boolean {
  // Names are normalised before the table is asked.
  if (source.normalize("NFKC") !== source || source.normalize("NFD") !== source) return false;
  if (/[\p{Default_Ignorable_Code_Point}\p{C}\p{Z}\p{Extended_Pictographic}]/u.test(source)) {
    return false;
  }
  // These are on every keyboard: `lookalikes.ts` says which of them pass for each other.
  if (/[\w|%]/.test(source)) return false;
  // What is written from right to left does not stay where it is put in a Latin word.
  if (/[\p{Script=Hebrew}\p{Script=Arabic}]/u.test(source) && /\p{Script=Latin}/u.test(prototype)) {
    return false;
  }
  const own = SCRIPTS.find((script) => script.test(source));
  return PROTOTYPE.test(prototype) && !own?.test(prototype);
}

/** A capital I is told from a small l by its case only, and rn is not what anybody takes for an m. */
function mended(source: string, prototype: string): string {
  if (prototype === "l" && /\p{Lu}/u.test(source)) return "I";
  return prototype.replaceAll("rn", "m");
}

const hex = (text: string) => Array.from(text, (each) => each.codePointAt(0)!.toString(16));

const [version, path] = Deno.args;
const sources = new Map<string, string[]>();
for (const [source, given] of read(await Deno.readFile(path!))) {
  if (!isWanted(source, given)) continue;
  const prototype = hex(mended(source, given)).join("+");
  sources.set(prototype, [...sources.get(prototype) ?? [], ...hex(source)]);
}
const lines = Array.from(sources, ([prototype, each]) => `${prototype} ${each.join(" ")}\n`).sort();
await Deno.writeTextFile(
  new URL("../hub/base/confusables.ts", import.meta.url),
  `/**
 * Characters that pass for others: Unicode's \`security/confusables.txt\`, version ${version}, as
 * \`tools/confusables.ts\` chose from it. Each line is what a character is taken for, and then all
 * that are taken for it, as hexadecimal code points.
 *
 * Copyright © 1991-2025 Unicode, Inc., under \`LICENSES/Unicode-3.0.txt\`.
 *
 * @module
 */
// deno-fmt-ignore
export const CONFUSABLES = \`
${lines.join("")}\`;
`,
);
