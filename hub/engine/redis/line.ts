import { ChatError } from "../../../messages.ts";
import { type Entry, entryOfText } from "../../log/batch.ts";
import type { Channel } from "../engine.ts";
import { Turns } from "../turns.ts";
import { PATIENCE } from "./bounds.ts";
import type { Dataset, Keep } from "./dataset.ts";
import type { Keys } from "./keys.ts";
import { type Link, now, Script } from "./link.ts";
import { entryOfLine } from "./news.ts";
import { positionOf } from "./places.ts";
import attendText from "./attend.lua" with { type: "text" };
import sayText from "./say.lua" with { type: "text" };

const SAY = new Script(`#!lua\n${attendText}${sayText}`, { waits: true });

/** Something to be said or told; in one channel, or in two inboxes. */
export interface Step {
  /** As `say.lua` has it. */
  kind:
    | "chat"
    | "delete"
    | "clear"
    | "told"
    | "room"
    | "typing"
    | "taken"
    | "enter"
    | "leave"
    | "census";
  channels: Channel[];
  /** By what it is known when it comes again, as `say.lua` has it; or an empty text. */
  ref: string;
  /** Who comes or goes. */
  passer?: Passer;
  /** Its entry, in whose text the id is missing. */
  entry: Entry;
  /** By what this node was known to the others as it was done; only where somebody comes or goes. */
  seat?: string;
  /** When it was asked for, in milliseconds by {@linkcode now}. */
  asked: number;
  /** As `say.lua` has it: begins with its id, where it was told. */
  answer?: string;
  /** Who was there once it was done: a line of how many and of names; only where somebody came in. */
  roster?: string;
  /** Why it was not done, or it is not known whether it was. */
  failure?: unknown;
}

/** Who comes into a room or leaves it; or, without a key, that it is asked how many are there. */
export interface Passer {
  key: string;
  /** Theirs; or of the room. */
  name: string;
  /** What is shown instead of it, where that differs. */
  shown?: string;
  announce: number;
  /** The seat of theirs. @default this node's */
  seat?: string;
}

/** By what this node is known to the others: by another id each time they have taken it for dead. */
export interface Seat {
  readonly id: string;
  /** Makes known that it has people in a room. @returns its id @throws {Error} */
  at(room: string, until: number): Promise<string>;
}

/** What a line needs to know. */
export interface LineOptions {
  link: Link;
  keys: Keys;
  data: Dataset;
  keep: Keep;
  /** Of this process. */
  node: string;
  seat: Seat;
  /** The next number of a call: above all before. */
  number(): number;
  /** The newest id that is known here of a channel, or an empty text. */
  known(channel: Channel): string;
  /** Is told how many seconds a call took. */
  timed(seconds: number): void;
}

/**
 * Steps, channels and bytes that are done in one call: nobody else is served by Redis meanwhile, and some
 * take no more than 3,999 arguments.
 */
const STEPS = 500;
const CHANNELS = 200;
const BYTES = 1024 * 1024;

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
    const among = new Set<Channel>();
    for (const [i, { entry, channels }] of steps.entries()) {
      const isFull = i - first === STEPS || bytes + entry.held > BYTES ||
        among.size + channels.length > CHANNELS;
      if (i > first && isFull) {
        await this.#call(steps.slice(first, i));
        [first, bytes] = [i, 0];
        among.clear();
      }
      bytes += entry.held;
      for (const channel of channels) among.add(channel);
    }
    await this.#call(steps.slice(first));
  }

  async #call(steps: Step[]) {
    const { link, keys, data, node, number, timed } = this.#options;
    const began = now();
    const until = steps[0]!.asked + PATIENCE;
    const channels = [...new Set(steps.flatMap(({ channels }) => channels))];
    const values = [number(), ...this.#valuesOf(channels)];
    const names = [
      ...[keys.epoch, keys.call(this.#name, node)],
      ...channels.flatMap((channel) => {
        const { meta, log, refs } = keys.of(channel);
        return [meta, log, ...refs];
      }),
    ];
    try {
      let seat = "";
      if (steps.some(({ passer }) => passer)) {
        const { who, names: spelled, untold, counted, here, gone } = keys.there(channels[0]!);
        names.push(who, spelled, untold, counted, here, gone);
        const enters = steps.some(({ kind }) => kind === "enter");
        seat = enters ? await this.#options.seat.at(this.#name, until) : this.#options.seat.id;
      }
      values.push(...steps.flatMap((step) => valuesOfStep(step, channels, seat)));
      let answer: string;
      do {
        if (data.epoch === "") await data.renew(until);
        const dataset = [data.epoch, data.middle(channels[0]!)];
        answer = await link.run(SAY, names, [...dataset, ...values], until) as string;
        if (answer.startsWith("-")) await data.renew(until);
      } while (answer.startsWith("-"));
      const lines = answer.split("\n");
      steps.forEach((step, i) => {
        step.answer = lines[i];
        step.roster = lines[steps.length];
        step.seat = seat;
        data.saw(idOfStep(step));
      });
    } catch (error) {
      for (const step of steps) step.failure = error;
    }
    timed((now() - began) / 1_000);
  }

  #valuesOf(channels: Channel[]): (string | number)[] {
    const { keys, keep: { messages = "", milliseconds = "" }, known } = this.#options;
    const values = [messages, milliseconds, channels.length];
    for (const channel of channels) {
      const { time, count } = positionOf(known(channel));
      values.push(keys.live(channel), time, count);
    }
    return values;
  }
}

function valuesOfStep(step: Step, channels: Channel[], seat: string): string[] {
  const { kind, ref, passer, entry: { text } } = step;
  const at = BARE.has(kind) ? text.length : placeOfId(text);
  const indexes = step.channels.map((channel) => channels.indexOf(channel) + 1).join(" ");
  const known = passer
    ? [passer.seat ?? seat, passer.announce, passer.name, passer.key, shownOf(passer)].join("\t")
    : ref;
  return [kind, indexes, known, text.slice(0, at), text.slice(at)];
}

/** What is shown instead of somebody's name, as it can be a part of a line; or an empty text. */
export function shownOf({ shown = "" }: { shown?: string }): string {
  return shown.replace(/[\t\n]/g, " ");
}

/** Those in whose text there is no id. */
const BARE: Set<Step["kind"]> = new Set(["room", "typing", "taken", "census"]);

/** Was it said before, and taken back since? */
export function isGone({ kind, answer = "" }: Step): boolean {
  return kind === "chat" && answer.slice(26) === "-";
}

/** The id of a step that was done, or an empty text where nobody was told. */
export function idOfStep({ answer = "" }: Step): string {
  return answer.length < 26 ? "" : answer.slice(0, 26);
}

/** The entry that a step has become. */
export function entryOfStep(step: Step): Entry {
  const { kind, answer, entry: { text, type, username, re } } = step;
  if (kind === "chat" && answer!.length > 26) return entryOfLine(answer!);
  const id = idOfStep(step);
  const at = placeOfId(text);
  const full = at < 0 ? text : text.slice(0, at) + id + text.slice(at);
  return entryOfText(full, { id, type, username, re });
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
