import { Histogram } from "../base/counts.ts";
import type { Soon } from "../base/soon.ts";
import type { Entry } from "../log/batch.ts";
import { Ids } from "../log/ids.ts";
import type {
  Act,
  Channel,
  Draft,
  Engine,
  Health,
  Notice,
  Page,
  Query,
  Said,
  Stamp,
  Window,
} from "./engine.ts";
import { FactTable } from "./facts.ts";
import { Pasts } from "./pasts.ts";
import { Once } from "./once.ts";
import { actEntry, chatEntry, noSuchMessage, noticeEntry } from "./stamped.ts";

/**
 * The engine of a process that keeps nothing but its windows: what they let go of is gone, and what
 * is said is there at once. Nothing can fail, so all its answers are values.
 */
export class MemoryEngine implements Engine {
  readonly health: Health = { name: "memory", delays: new Histogram([]), pages: 0, errors: 0 };
  readonly facts = new FactTable();
  #ids = new Ids();
  #pasts: Pasts;
  #once = new Once();
  #windows = new Map<Channel, Window>();

  /** @param options `most`: channels of which is known when they were forgotten @default 10000 */
  constructor({ most }: { most?: number } = {}) {
    this.#pasts = new Pasts(this.start, most);
  }

  get start(): string {
    return this.#ids.start;
  }

  knows(place: string): boolean {
    return this.#ids.gave(place);
  }

  stamp(): Stamp {
    return this.#ids.next();
  }

  open(channel: Channel, window: Window) {
    window.begin(this.#pasts.take(channel));
    this.#windows.set(channel, window);
  }

  close(channel: Channel, newest: string) {
    this.#windows.delete(channel);
    if (newest !== "") this.#pasts.add(channel, newest);
  }

  say(channels: Channel[], draft: Draft): Soon<Said> {
    return this.#once.say(draft, () => {
      const entry = chatEntry(draft, this.#ids.next());
      for (const channel of channels) this.#windows.get(channel)!.append(entry);
      return entry;
    });
  }

  isSaid(draft: Omit<Draft, "content">): boolean {
    return this.#once.has(draft);
  }

  takeBack(channel: Channel, act: Act): Entry {
    if (act.type === "delete" && !this.knows(act.re)) throw noSuchMessage(act);
    const entry = actEntry(act, this.#ids.next());
    this.#once.takeBack(act.room, entry);
    const window = this.#windows.get(channel);
    if (window) window.append(entry);
    // Who has read it is to forget it all when they come back.
    else this.#pasts.add(channel, entry.id);
    return entry;
  }

  tell(channel: Channel, notice: Notice): Entry {
    const entry = noticeEntry(notice, this.#ids.next());
    this.#windows.get(channel)?.append(entry);
    return entry;
  }

  page(channel: Channel, _query: Query): Page {
    return { ...this.#pasts.of(channel), entries: [], whole: true };
  }

  end() {}
}
