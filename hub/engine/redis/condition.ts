import { clock } from "../../base/clock.ts";
import { Tally } from "../../base/counts.ts";

/** Writes one event to the log. */
export type Log = (level: "info" | "warn" | "error", event: string, fields?: object) => void;

/** What befalls a node. */
export type Kind = keyof typeof KINDS;

/** How grave each is, and what is logged of it. */
const KINDS = {
  hole: ["info", "Redis did not tell everything: it is read"],
  epoch: ["warn", "messages lost"],
  probe: ["warn", "Redis does not answer"],
  reconnect: ["info", "Redis connected again"],
  failover: ["warn", "another Redis has taken over"],
  mended: ["warn", "Redis given back what it lacked"],
  reaped: ["warn", "people of a dead server taken out"],
  late: ["info", "late among the other servers"],
  rejoined: ["info", "taken for dead by the other servers, and back"],
} as const;
/** Milliseconds within which one line is written about what happens often. */
const LINE = 1_000;

/** How it stands between this node and Redis: whether it can be reached, and keeps what it is given. */
export class Condition {
  /** What has befallen it, since it started. */
  readonly events = new Tally<string>(Object.keys(KINDS));
  #log: Log;
  #away?: string;
  #since?: number;
  #refused?: string;
  /** Of each kind: when there was a line about it, and how often it happened since. */
  #lines = new Map<Kind, { at: number; times: number }>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Why nothing can be kept, or null. */
  get trouble(): string | null {
    return this.#away ?? this.#refused ?? null;
  }

  /** Since when it cannot be reached, by {@linkcode clock}. */
  get awaySince(): number | undefined {
    return this.#since;
  }

  /** Does it refuse to keep anything? */
  get refuses(): boolean {
    return this.#refused !== undefined;
  }

  /** Takes note that it was not reached. */
  fails(why: string) {
    if (this.#away === undefined) this.#log("error", "Redis away", { error: why });
    this.#away = why;
    this.#since ??= clock.now();
  }

  /** Takes note that it has answered. */
  answers() {
    if (this.#since === undefined) return;
    const seconds = Math.round((clock.now() - this.#since) / 100) / 10;
    this.#away = this.#since = undefined;
    this.#log("info", "Redis back", { seconds });
  }

  /** Takes note that it refuses to keep anything, or no longer does so. */
  keeps(refusal?: string) {
    if ((refusal === undefined) !== (this.#refused === undefined)) {
      if (refusal === undefined) this.#log("info", "Redis keeps again");
      else this.#log("error", "Redis refuses", { error: refusal });
    }
    this.#refused = refusal;
  }

  /** Takes note that something has befallen it. */
  befell(kind: Kind, fields: object = {}) {
    this.events.count(kind);
    const line = this.#lines.get(kind) ?? { at: -Infinity, times: 0 };
    line.times++;
    this.#lines.set(kind, line);
    if (clock.now() - line.at < LINE) return;
    const [level, text] = KINDS[kind];
    this.#log(level, text, { ...fields, times: line.times });
    this.#lines.set(kind, { at: clock.now(), times: 0 });
  }
}
