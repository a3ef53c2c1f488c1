import { ChatError } from "../../messages.ts";
import { fold, keyOf } from "../../static/names.js";
import { CONFUSABLES } from "./confusables.ts";

/** What a character is taken for. */
const TAKEN_FOR = new Map(
  CONFUSABLES.trim().split("\n").flatMap((line) => {
    const [prototype, ...sources] = line.split(" ");
    const text = characters(prototype!.split("+"));
    return sources.map((source) => [characters([source]), text] as const);
  }),
);

/** What a name is refused for although nobody is connected by it: errors are said in this name. */
export const SYSTEM = "system";

/**
 * The skeletons of a name (UTS #39, 4): two names look alike when they have one in common. They are
 * taken of its small letters and of how it is written, since capitals look like others than small
 * letters do: `ΑΝΝ` in Greek like `ANN`, `ανν` like `avv`. Accents count. The first is the same for all
 * spellings of a name.
 */
export function looksOf(username: string): Set<string> {
  const written = skeleton(username);
  const key = keyOf(username);
  return new Set([
    key === username ? written : skeleton(key),
    fold(written),
    // On one keyboard only these pass for each other, and only as they are written: a capital I is a
    // small l, but it is no capital L.
    fold(written.replace(/[Il1|]/g, "|").replace(/[O0]/g, "0")),
  ]);
}

/** What somebody is told whose name looks like that of another. */
export function taken(username: string, holder: string): ChatError {
  return new ChatError(
    "name_taken",
    `Cannot take the name ${username}: it looks like ${holder}, which is in use; choose another`,
  );
}

function skeleton(text: string): string {
  const visible = text.normalize("NFD").replace(/\p{Default_Ignorable_Code_Point}+/gu, "");
  const characters = Array.from(visible, (each) => TAKEN_FOR.get(each) ?? each);
  return characters.join("").normalize("NFD");
}

function characters(codes: string[]): string {
  return String.fromCodePoint(...codes.map((code) => parseInt(code, 16)));
}
