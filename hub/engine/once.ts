import { type Soon, whenThere } from "../base/soon.ts";
import type { Entry } from "../log/batch.ts";
import type { Draft, Said } from "./engine.ts";
import { Recent } from "./recent.ts";
import { keyOfDraft, takenBack } from "./stamped.ts";

/**
 * Sees to it that what is said again with the same `ref` is not kept again, also while it is being kept; nor
 * where it has been taken back: then who says it is told so, and not what it was.
 */
export class Once {
  #recent = new Recent();
  /** What took something back lately: each message by its room and id, and the last time of each room all before. */
  #acts = new Recent();
  #underWay = new Map<string, Promise<Said>>();

  /** Remembers what was said a while ago, if it has a `ref`. */
  remember(draft: Omit<Draft, "content">, entry: Entry) {
    const key = keyOfDraft(draft);
    if (key !== undefined) this.#recent.add(key, entry);
  }

  /** Remembers that something was taken back in a room. */
  takeBack(room: string, act: Entry) {
    this.#acts.add(keyOfAct(room, act.re), act);
  }

  /** Was something said before, or is it being kept? */
  has(draft: Omit<Draft, "content">): boolean {
    const key = keyOfDraft(draft);
    if (key === undefined) return false;
    return this.#underWay.has(key) || this.#recent.get(key) !== undefined;
  }

  /**
   * Says something, unless it was said before.
   *
   * @param keep must say it; what fails may be said again @throws {ChatError} `forbidden`: it was taken back
   */
  say(draft: Draft, keep: () => Soon<Entry>): Soon<Said> {
    const key = keyOfDraft(draft);
    if (key === undefined) return whenThere(keep(), saidNow);
    const first = this.#recent.get(key);
    if (first) return this.#again(draft, first);
    const underWay = this.#underWay.get(key);
    if (underWay) return underWay.then(({ entry }) => this.#again(draft, entry));
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

  #again(draft: Draft, entry: Entry): Said {
    const { room } = draft;
    if (room === undefined) return { entry, again: true };
    const cleared = this.#acts.get(keyOfAct(room));
    const isGone = cleared !== undefined && cleared.id > entry.id;
    if (isGone || this.#acts.get(keyOfAct(room, entry.id))) throw takenBack(draft);
    return { entry, again: true };
  }
}

const saidNow = (entry: Entry): Said => ({ entry, again: false });
const keyOfAct = (room: string, re = ""): string => `${room}\n${re}`;
