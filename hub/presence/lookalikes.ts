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

/** A name that is in use, and by how many. */
interface Holder {
  username: string;
  count: number;
}

/** What a name is refused for although nobody is connected by it: errors are said in this name. */
const SYSTEM = "system";

/** The names in use, by how they look: nobody may look like another. */
export class Lookalikes {
  #holders = new Map<string, Holder>();
  /** The name that was asked about last, and how it looks: who comes is asked about several times. */
  #latest = { username: "", looks: new Set<string>() };

  constructor() {
    this.hold(SYSTEM);
  }

  /**
   * Looks whether a name may be used now. The same person may always use it.
   *
   * @throws {ChatError} `name_taken`
   */
  check(username: string) {
    const key = keyOf(username);
    for (const look of this.#looksOf(username)) {
      const holder = this.#holders.get(look);
      if (holder === undefined || keyOf(holder.username) === key) continue;
      throw new ChatError(
        "name_taken",
        `Cannot take the name ${username}: it looks like ${holder.username}, which is in use; choose another`,
      );
    }
  }

  /** Keeps a name that was checked from others who would look like it, until {@linkcode release}. */
  hold(username: string) {
    for (const look of this.#looksOf(username)) {
      const holder = this.#holders.get(look);
      if (holder) holder.count++;
      else this.#holders.set(look, { username, count: 1 });
    }
  }

  /** Ends one {@linkcode hold} of a name in the same spelling. */
  release(username: string) {
    for (const look of this.#looksOf(username)) {
      if (--this.#holders.get(look)!.count === 0) this.#holders.delete(look);
    }
  }

  #looksOf(username: string): Set<string> {
    if (username !== this.#latest.username) {
      this.#latest = { username, looks: looksOf(username) };
    }
    return this.#latest.looks;
  }
}

/**
 * The skeletons of a name (UTS #39, 4): two names look alike when they have one in common. They are
 * taken of its small letters and of how it is written, since capitals look like others than small
 * letters do: `ΑΝΝ` in Greek like `ANN`, `ανν` like `avv`. Accents count.
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

function skeleton(text: string): string {
  const visible = text.normalize("NFD").replace(/\p{Default_Ignorable_Code_Point}+/gu, "");
  const characters = Array.from(visible, (each) => TAKEN_FOR.get(each) ?? each);
  return characters.join("").normalize("NFD");
}

function characters(codes: string[]): string {
  return String.fromCodePoint(...codes.map((code) => parseInt(code, 16)));
}
