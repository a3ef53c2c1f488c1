import type { Told } from "../support.ts";
import type { Truth } from "./truth.ts";

/**
 * How far somebody has heard a room, or their private messages. Knows from the truth what has to come
 * next, and throws where something else does.
 */
export class Place {
  readonly name: string;
  /** Who is there, where that was told. */
  #users?: Set<string>;
  /** Who came or went up to this id may be in that list already. */
  #listed = "";
  #truth: Truth;
  #at = "";
  /**
   * What comes next: the message after `at`, after `gap` the first that is still held, or, where a
   * newcomer was told no place, any that is said from `now` on.
   */
  #next: "exact" | "gap" | "now" = "now";
  /** Was it announced that something is lost, so that a gap must follow? */
  #announced = false;

  constructor(name: string, truth: Truth) {
    this.name = name;
    this.#truth = truth;
    this.begin(undefined);
  }

  /** What to ask for, to read on from here; undefined where no place is known. */
  get since(): string | undefined {
    return this.#next === "now" ? undefined : this.#at;
  }

  /** Has something been said that is still to come? */
  get behind(): boolean {
    return this.#truth.next(this.name, this.#at) !== undefined;
  }

  /** What is wrong with the list of who is there. */
  get strangers(): string[] {
    if (!this.#users) return [];
    const [told, here] = [[...this.#users].sort(), this.#truth.people(this.name)];
    return `${told}` === `${here}` ? [] : [`in ${this.name} it knows ${told}, not ${here}`];
  }

  /** Is asked for on a connection. */
  begin(since: string | undefined) {
    this.#announced = false;
    this.#next = since === undefined ? "now" : "exact";
    this.#at = since ?? this.#truth.newest(this.name);
  }

  /** Hears from where on it is read, and who is there. */
  enter({ at = "", resumed, users }: Pick<Told, "at" | "resumed" | "users">) {
    if (users) {
      this.#users = new Set(users);
      this.#listed = this.#truth.end(this.name);
    }
    if (resumed === false) {
      this.#lose(at);
      this.#announced = true;
    } else if (resumed) this.#must(at === this.#at, `being resumed at ${at}`);
    else if (this.#next === "now") this.#must(at >= this.#at, `what came after ${at}`);
    else this.#skip(at);
    this.#next = "exact";
    this.#at = resumed === false || at > this.#at ? at : this.#at;
  }

  /** Hears a message in its turn. */
  take(id: string) {
    this.#must(!this.#announced, "no gap, which was announced");
    this.#must(this.isNext(id), `${id}`);
    this.#next = "exact";
    this.#at = id;
  }

  /** Is it the turn of this message? */
  isNext(id: string): boolean {
    if (this.#next === "exact") return this.#truth.next(this.name, this.#at)?.id === id;
    const before = this.#truth.before(this.name, id);
    const held = this.#next === "now" || before <= this.#at || before <= this.#floor;
    return id > this.#at && held && this.#truth.has(this.name, id);
  }

  /** Could this be the first copy of what was said again, out of its turn? */
  isCopy(id: string): boolean {
    return !this.isNext(id) || this.#next === "now" || (this.#next === "gap" && id <= this.#floor);
  }

  /** Hears that somebody came or went: what was said before that must have come before. */
  pass({ type, username, id }: Told) {
    // Who came just before may be told after the list that they are in.
    if (this.#users && id > this.#listed && !this.#truth.keeps) {
      this.#must(this.#users.has(username) !== (type === "join"), `${type} of ${username}`);
    }
    if (type === "join") this.#users?.add(username);
    else this.#users?.delete(username);
    this.#skip(id);
    if (this.#next === "now") this.#next = "exact";
    this.#at = id > this.#at ? id : this.#at;
  }

  /**
   * Hears that something is lost.
   *
   * @param plain must it not have been announced, with the place from which it goes on?
   */
  gap(plain: boolean) {
    if (!this.#announced) {
      this.#must(plain, "a gap that was not announced");
      this.#lose(this.#at);
      this.#next = "gap";
    }
    this.#announced = false;
  }

  get #floor(): string {
    return this.#truth.floor(this.name);
  }

  /** Of what lies before `at` something must be lost, and nothing may be held. */
  #lose(at: string) {
    this.#must(this.#at < this.#floor, "a gap");
    this.#must(at <= this.#floor, `a gap up to ${at}`);
  }

  /** Nothing that must come may lie before `at`. */
  #skip(at: string) {
    if (this.#next === "now") return;
    const next = this.#next === "gap" && this.#floor > this.#at ? this.#floor : this.#at;
    const missing = this.#truth.next(this.name, next);
    this.#must(!missing || missing.id > at, `on at ${at}`);
  }

  #must(holds: boolean, heard: string) {
    if (holds) return;
    const next = this.#truth.next(this.name, this.#at)?.id;
    throw new Error(
      `${this.name} goes on with ${heard}, not ${next} after ${this.#at} ` +
        `(${this.#next}, held from ${this.#floor} on)`,
    );
  }
}
