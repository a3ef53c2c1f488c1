import type { Entry } from "../../log/batch.ts";
import type { Channel } from "../engine.ts";
import { PATIENCE } from "./bounds.ts";
import type { Condition } from "./condition.ts";
import type { Dataset } from "./dataset.ts";
import { Heard } from "./heard.ts";
import { now } from "./link.ts";

/** Channels that are looked at together. */
const TOGETHER = 100;
/** Messages that are given back in one call, first and then. */
const FEW = 10;
const MANY = 200;

/**
 * Gives Redis back what it has lost and this node knows that it had: another one has taken over that had not
 * got everything yet, or it was started again, with what was on its disk.
 */
export class Mender {
  #data: Dataset;
  #condition: Condition;
  #heard = new Heard();

  constructor(data: Dataset, condition: Condition) {
    this.#data = data;
    this.#condition = condition;
  }

  /** Takes note of a message that Redis has. @param prev id of the one before, where that is known */
  hear(channel: Channel, entry: Entry, prev?: string) {
    this.#heard.add(channel, { entry, prev });
  }

  /** Did this node hear of a message lately? */
  hasHeard(channel: Channel, id: string): boolean {
    return this.#heard.has(channel, id);
  }

  /** Forgets everything, as it is of another dataset. */
  forget() {
    this.#heard = new Heard();
  }

  /** Gives back what is missing. Never fails: what cannot be given now is once there is another Redis again. */
  async mend(channels: Channel[] = this.#heard.channels) {
    for (let i = 0; i < channels.length; i += TOGETHER) {
      const some = channels.slice(i, i + TOGETHER).map((channel) => this.#mend(channel));
      await Promise.allSettled(some);
    }
  }

  /** @throws {Error} */
  async #mend(channel: Channel) {
    const messages = this.#heard.of(channel);
    if (messages.length === 0) return;
    const give = async (from: number, to: number) => {
      const some = messages.slice(from, to);
      const given = await this.#data.mend(channel, some, from === 0, now() + PATIENCE);
      if (given && given.count > 0) this.#condition.befell("mended", { messages: given.count });
      return given;
    };
    // What is missing is the newest: mostly nothing, or little.
    for (let to = messages.length, some = FEW; to > 0; to -= some, some = MANY) {
      const given = await give(Math.max(to - some, 0), to);
      if (given && !given.more) return;
      if (given) continue;
      // Redis does not know the channel: it is told from its beginning.
      for (let from = 0; from < messages.length; from += MANY) await give(from, from + MANY);
      return;
    }
  }
}
