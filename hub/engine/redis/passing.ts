import { clearTimeout, setTimeout } from "node:timers";
import type { Passage, Roster } from "../company.ts";
import type { Channel } from "../engine.ts";
import { entryOfText } from "../../log/batch.ts";
import { clock } from "../../base/clock.ts";
import { noticeEntry } from "../stamped.ts";
import type { Names } from "./attendance.ts";
import type { Passer, Step } from "./line.ts";

/** Somewhere to have steps done. */
export interface Doer {
  (step: Pick<Step, "kind" | "channels" | "entry"> & { passer: Passer }): Promise<Step>;
}

/** Milliseconds after which a count that could not be told is told. */
const AGAIN = 1_000;
/** Times that it is tried where nobody else asks. */
const COUNTS = 3;

/** People who come into rooms and leave them, each in the order of what else is said there. */
export class Passing {
  #do: Doer;
  #announce: () => number;
  /** Rooms whose count is to be told, each with its timer. */
  #counting = new Map<Channel, ReturnType<typeof setTimeout> | undefined>();
  #ended = false;

  /** @param announce gives of how many people nobody is told who comes and goes */
  constructor(act: Doer, announce: () => number) {
    this.#do = act;
    this.#announce = announce;
  }

  /** Has somebody come or go. @param seat that of their node @default this node's */
  step(kind: "enter" | "leave", room: Channel, passage: Passage, seat?: string): Promise<Step> {
    const { key, notice, announce } = passage;
    const stamp = { id: "", timestamp: new Date(clock.date()).toISOString() };
    const passer = { key, announce, seat, name: notice.username, shown: notice.name };
    return this.#do({ kind, channels: [room], entry: noticeEntry(notice, stamp), passer });
  }

  /** Tells how many there are. @returns the milliseconds after which to ask again */
  async census(room: Channel, announce: number): Promise<number> {
    const entry = entryOfText("", { id: "", type: "room", username: "" });
    const passer = { key: "", announce, name: room.slice(1) };
    const { answer } = await this.#do({ kind: "census", channels: [room], entry, passer });
    if (answer !== undefined) return numberOf(answer);
    return this.#ended ? 0 : AGAIN;
  }

  /** Has it told how many there are, at once or soon, where nobody else asks for it. */
  count(room: Channel) {
    if (!this.#counting.has(room)) this.#count(room, COUNTS);
  }

  /** Tells no count any more. */
  end() {
    this.#ended = true;
    for (const timer of this.#counting.values()) clearTimeout(timer);
  }

  async #count(room: Channel, times: number) {
    this.#counting.set(room, undefined);
    const wait = await this.census(room, this.#announce());
    if (wait === 0 || times === 1 || this.#ended) this.#counting.delete(room);
    else this.#counting.set(room, setTimeout(() => this.#count(room, times - 1), wait));
  }
}

/** The number behind the id in what `say.lua` answers. */
export function numberOf(answer: string): number {
  return Number(answer.slice(answer.indexOf("\t") + 1));
}

/** Who is there, as `say.lua` says it. */
export function rosterOf(line: string): Roster {
  const [count, ...names] = line.split("\t");
  return { count: Number(count), names };
}

/** Keys, each with what comes after it. */
export function pairsOf(texts: string[]): Map<string, string> {
  const pairs = new Map<string, string>();
  for (let i = 0; i < texts.length; i += 2) pairs.set(texts[i]!, texts[i + 1]!);
  return pairs;
}

/** Somebody's name, and what is shown instead of it, of the lines that `who` of a room has of them. */
export function namesIn(lines: string): Names {
  const [, username = "", name] = lines.split("\n")[0]!.split("\t");
  return { username, name };
}
