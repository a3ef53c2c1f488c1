import { ChatError } from "../../../messages.ts";
import { type Entry, entryOfText } from "../../log/batch.ts";
import type { Channel } from "../engine.ts";
import { Turns } from "../turns.ts";
import type { Dataset, Keep } from "./dataset.ts";
import type { Keys } from "./keys.ts";
import { type Link, now, Script } from "./link.ts";
import { entryOfLine } from "./news.ts";
import { positionOf } from "./places.ts";
import sayText from "./say.lua" with { type: "text" };

const SAY = new Script(sayText);

/** Something to be said or told; in one channel, or in two inboxes. */
export interface Step {
  /** As `say.lua` has it. */
  kind: "chat" | "told" | "room" | "typing";
  channels: Channel[];
  /** By what it is known when it comes again, within the first of its channels; or an empty text. */
  ref: string;
  /** Its entry, in whose text the id is missing. */
  entry: Entry;
  /** When it was asked for, in milliseconds by {@linkcode now}. */
  asked: number;
  /** Its id; and behind that its text, where it had been said before. */
  answer?: string;
  /** Why it was not done, or it is not known whether it was. */
  failure?: unknown;
}

/** What a line needs to know. */
export interface LineOptions {
  link: Link;
  keys: Keys;
  data: Dataset;
  keep: Keep;
  /** Of this process. */
  node: string;
  /** The next number of a call: above all before. */
  number(): number;
  /** The newest id that is known here of a channel, or an empty text. */
  known(channel: Channel): string;
  /** Is told how many seconds a call took. */
  timed(seconds: number): void;
}

/** Steps and bytes that are done in one call: nobody else is served by Redis meanwhile. */
const STEPS = 500;
const BYTES = 1024 * 1024;
/** Milliseconds after which a step that was asked for has failed. */
const PATIENCE = 2_000;

/**
 * One line of what is to be said and told: a room, or all inboxes. One call is under way at a time, and it is
 * repeated until it is known to be done: so everything happens once, and in the order in which it was asked for.
 */
export class Line {
  #name: string;
  #options: LineOptions;
  #turns = new Turns((steps: Step[]) => this.#act(steps));

  constructor(name: string, options: LineOptions) {
    this.#name = name;
    this.#options = options;
  }

  /** Is nothing waiting or under way? */
  get isCalm(): boolean {
    return this.#turns.isCalm;
  }

  /** Has a step done; it tells itself what came of it. */
  async add(step: Step) {
    await this.#turns.add(step, step.entry.held);
  }

  /** Waits until nothing is waiting or under way. */
  settled(): Promise<void> {
    return this.#turns.settled();
  }

  async #act(steps: Step[]) {
    let first = 0;
    let bytes = 0;
    for (const [i, { entry }] of steps.entries()) {
      if (i > first && (i - first === STEPS || bytes + entry.held > BYTES)) {
        await this.#call(steps.slice(first, i));
        [first, bytes] = [i, 0];
      }
      bytes += entry.held;
    }
    await this.#call(steps.slice(first));
  }

  async #call(steps: Step[]) {
    const { link, keys, data, keep, node, number, known, timed } = this.#options;
    const began = now();
    const until = steps[0]!.asked + PATIENCE;
    const channels = [...new Set(steps.flatMap(({ channels }) => channels))];
    const names = channels.flatMap((channel) => {
      const { meta, log, refs } = keys.of(channel);
      return [meta, log, ...refs];
    });
    const { messages = "", milliseconds = "" } = keep;
    const values = [number(), messages, milliseconds, channels.length];
    for (const channel of channels) {
      const { time, count } = positionOf(known(channel));
      values.push(keys.live(channel), time, count);
    }
    for (const { kind, channels: where, ref, entry: { text } } of steps) {
      const at = kind === "chat" || kind === "told" ? placeOfId(text) : text.length;
      const indexes = where.map((channel) => channels.indexOf(channel) + 1).join(" ");
      values.push(kind, indexes, ref, text.slice(0, at), text.slice(at));
    }
    try {
      const all = [keys.epoch, keys.call(this.#name, node), ...names];
      let answer: string;
      do {
        if (data.epoch === "") await data.renew(until);
        const dataset = [data.epoch, data.middle(channels[0]!)];
        answer = await link.run(SAY, all, [...dataset, ...values], until) as string;
        if (answer.startsWith("-")) await data.renew(until);
      } while (answer.startsWith("-"));
      const lines = answer.split("\n");
      steps.forEach((step, i) => step.answer = lines[i]);
      data.saw(lines.at(-1)!.slice(0, 26));
    } catch (error) {
      for (const step of steps) step.failure = error;
    }
    timed((now() - began) / 1_000);
  }
}

/** The entry that a step has become. */
export function entryOfStep({ answer, entry: { text, type, username } }: Step): Entry {
  if (answer!.length > 26) return entryOfLine(answer!);
  const at = placeOfId(text);
  const full = at < 0 ? text : text.slice(0, at) + answer + text.slice(at);
  return entryOfText(full, { id: answer!, type, username });
}

/** Where in the text of an entry its id belongs, or -1. Within strings there is no quote without a backslash. */
function placeOfId(text: string): number {
  const field = ',"id":"';
  const at = text.indexOf(field);
  return at < 0 ? at : at + field.length;
}

/** What somebody is told who cannot be served. */
export function unavailable(error: unknown): ChatError {
  const why = error instanceof Error ? error.message : String(error);
  return new ChatError(
    "unavailable",
    `Cannot say or read messages: ${why}, try again in a moment`,
    { retryAfter: 1_000 },
  );
}
