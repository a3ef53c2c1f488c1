import { type Soon, whenThere } from "../base/soon.ts";
import type { Entry } from "../log/batch.ts";
import type { Draft, Said } from "./engine.ts";
import { Recent } from "./recent.ts";
import { keyOfDraft } from "./stamped.ts";

/** Sees to it that what is said again with the same `ref` is not kept again, also while it is being kept. */
export class Once {
  #recent = new Recent();
  #underWay = new Map<string, Promise<Said>>();

  /** Remembers what was said a while ago, if it has a `ref`. */
  remember(draft: Omit<Draft, "content">, entry: Entry) {
    const key = keyOfDraft(draft);
    if (key !== undefined) this.#recent.add(key, entry);
  }

  /** Says something, unless it was said before. @param keep must say it; what fails may be said again */
  say(draft: Draft, keep: () => Soon<Entry>): Soon<Said> {
    const key = keyOfDraft(draft);
    if (key === undefined) return whenThere(keep(), saidNow);
    const first = this.#recent.get(key);
    if (first) return saidAgain(first);
    const underWay = this.#underWay.get(key);
    if (underWay) return underWay.then(({ entry }) => saidAgain(entry));
    const said = whenThere(keep(), (entry) => {
      this.#recent.add(key, entry);
      return saidNow(entry);
    });
    if (said instanceof Promise) {
      this.#underWay.set(key, said);
      const done = () => this.#underWay.delete(key);
      said.then(done, done);
    }
    return said;
  }
}

const saidNow = (entry: Entry): Said => ({ entry, again: false });
const saidAgain = (entry: Entry): Said => ({ entry, again: true });
