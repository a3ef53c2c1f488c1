import { Queue } from "../base/queue.ts";
import type { Past } from "./engine.ts";

/**
 * What is known of channels whose messages are forgotten: of each the id of its newest one, so that who
 * comes back can be told whether anything was lost. Of too many, what is oldest is forgotten too.
 */
export class Pasts {
  #newest = new Queue<string, string>();
  #floor: string;
  #most: number;

  /** @param floor id before which nothing is known of any channel @param most channels that are known */
  constructor(floor: string, most = 10_000) {
    this.#floor = floor;
    this.#most = most;
  }

  /** What is known of a channel. */
  of(channel: string): Past {
    const lost = this.#newest.get(channel);
    return { newest: lost ?? "", lost: lost ?? "", floor: lost ?? this.#floor };
  }

  /** Takes what is known of a channel for one that goes on. */
  take(channel: string): Past {
    const past = this.of(channel);
    this.#newest.delete(channel);
    return past;
  }

  /** Keeps the id of the newest message of a channel that is forgotten. */
  add(channel: string, id: string) {
    this.#newest.push(channel, id);
    if (this.#newest.size <= this.#most) return;
    const { key, value: lost } = this.#newest.oldest!;
    this.#newest.delete(key);
    if (lost > this.#floor) this.#floor = lost;
  }
}
