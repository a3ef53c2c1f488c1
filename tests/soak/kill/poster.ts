import { setTimeout as wait } from "node:timers/promises";
import { contentOf, type Ledger, type Told } from "./ledger.ts";

/** Milliseconds until what was not answered is posted again. */
const AGAIN = 20;

/**
 * Somebody who speaks by HTTP, and hears nothing: what is not answered is said again with the same
 * `ref`, and only that can tell whether it was heard.
 */
export class Poster {
  /** What was wrong first. */
  fault?: string;
  #host: string;
  #name: string;
  #ledger: Ledger;
  #said = 0;

  constructor(host: string, name: string, ledger: Ledger) {
    this.#host = host;
    this.#name = name;
    this.#ledger = ledger;
  }

  /** Says something in a room until it is acknowledged, or given up. */
  async say(room: string, signal: AbortSignal) {
    const { newest } = this.#ledger;
    const ref = `${this.#name}-${this.#said++}`;
    const body = JSON.stringify({ username: this.#name, content: contentOf(ref), ref });
    const url = `http://${this.#host}/api/rooms/${room}/messages`;
    while (!signal.aborted) {
      try {
        const answer = await fetch(url, { method: "POST", body, signal });
        const told = await answer.json();
        return this.#answered(answer.status, told, newest);
      } catch {
        await wait(AGAIN);
      }
    }
  }

  #answered(status: number, told: Told, newest: string) {
    try {
      if (status !== 201) throw new Error(JSON.stringify(told));
      this.#ledger.acknowledge(told, newest);
    } catch (error) {
      this.fault ??= `${this.#name} was answered ${(error as Error).message}`;
    }
  }
}
