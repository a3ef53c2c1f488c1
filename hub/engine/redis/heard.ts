import { type Entry, isAct } from "../../log/batch.ts";
import type { Channel } from "../engine.ts";
import { now } from "./attempts.ts";

/** Milliseconds, and bytes, after which what was heard becomes old, and what is old is forgotten. */
const TIME = 15_000;
const BYTES = 8 * 1024 * 1024;

/** A message that was heard. */
export interface HeardMessage {
  entry: Entry;
  /** Id of the message before it, or an empty text where there was none; missing where that is not known. */
  prev?: string;
}

/** By their ids; of those that were taken back since nothing else is left. */
type Messages = Map<Channel, Map<string, HeardMessage | undefined>>;

/**
 * The messages that this node knows that Redis had, of the last 15 to 30 seconds: as much as it may lose when
 * another Redis takes over, or when it starts again.
 */
export class Heard {
  #young: Messages = new Map();
  #old: Messages = new Map();
  #bytes = 0;
  #since = now();

  /** Takes in a message, or what takes some back: then it lets go of these. */
  add(channel: Channel, message: HeardMessage) {
    const { id, held, type } = message.entry;
    // Before that nothing is kept.
    if (type === "clear") message = { ...message, prev: "" };
    if (this.#bytes > BYTES || now() - this.#since > TIME) {
      [this.#old, this.#young] = [this.#young, new Map()];
      [this.#bytes, this.#since] = [0, now()];
    }
    const there = this.#young.get(channel);
    if (there) there.set(id, message);
    else this.#young.set(channel, new Map([[id, message]]));
    this.#bytes += held;
    if (isAct(message.entry)) this.#takeBack(channel, message.entry);
  }

  /** Was it heard, whether or not it was taken back since? */
  has(channel: Channel, id: string): boolean {
    return [this.#young, this.#old].some((messages) => messages.get(channel)?.has(id));
  }

  /** The channels of all. */
  get channels(): Channel[] {
    return [...new Set([...this.#old.keys(), ...this.#young.keys()])];
  }

  /** Those of a channel, oldest first. */
  of(channel: Channel): HeardMessage[] {
    const all = [this.#old, this.#young].flatMap((messages) => [
      ...messages.get(channel)?.values() ?? [],
    ]).filter((message) => message !== undefined);
    return all.sort((a, b) => a.entry.id < b.entry.id ? -1 : 1);
  }

  #takeBack(channel: Channel, { id, re }: Entry) {
    const gone = re === undefined
      ? this.of(channel).filter(({ entry }) => entry.id < id)
      : this.of(channel).filter(({ entry }) => entry.id === re && !isAct(entry));
    for (const messages of [this.#young.get(channel), this.#old.get(channel)]) {
      for (const { entry } of gone) if (messages?.has(entry.id)) messages.set(entry.id, undefined);
    }
    // What came behind it follows on what was before it.
    for (const message of this.of(channel)) {
      if (message.prev === re && re !== undefined) message.prev = gone[0]?.prev;
    }
  }
}
