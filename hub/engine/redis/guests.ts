import { taken } from "../../base/looks.ts";
import type { Guest } from "../company.ts";
import { Turns } from "../turns.ts";
import { PATIENCE } from "./bounds.ts";
import { checked } from "./directory.ts";
import { ALL, type Keys } from "./keys.ts";
import { shownOf, unavailable } from "./line.ts";
import { type Link, now, Script } from "./link.ts";
import type { Lease } from "./lease.ts";
import showText from "./show.lua" with { type: "text" };

const SHOW = new Script(showText);

/** How somebody is to be shown, and what came of it. */
interface Showing {
  key: string;
  /** Nothing where they have gone. */
  guest?: Guest;
  /** Do the others not know yet that they are here? */
  comes: boolean;
  asked: number;
  /** Their name as all see it; an empty text where they have gone everywhere. */
  spelling?: string;
  /** The name that theirs looks like. */
  holder?: string;
  /** The keys of those who must give up their name: to them, or to others where they are one of those. */
  ousted?: string[];
  failure?: unknown;
}

/** What those who are here need of others. */
export interface GuestsOptions {
  /** Is told where it is not sure that somebody is shown as they are. */
  failed(): void;
  /** Has somebody of a key give up their name. Never fails. */
  oust(key: string): Promise<unknown>;
}

/** People and characters that are shown in one call: nobody else is served by Redis meanwhile. */
const TOGETHER = 200;
const CHARACTERS = 256 * 1024;

/** Those who are connected to this node, as the others are to see them. */
export class Guests {
  #link: Link;
  #keys: Keys;
  #lease: Lease;
  /** Those of this node; and which of them the others know of. */
  #here = new Map<string, Guest>();
  #known = new Set<string>();
  #calls = 0;
  #turns = new Turns((showings: Showing[]) => this.#act(showings));
  #options: GuestsOptions;

  constructor(link: Link, keys: Keys, lease: Lease, options: GuestsOptions) {
    this.#link = link;
    this.#keys = keys;
    this.#lease = lease;
    this.#options = options;
  }

  /** As {@linkcode Company.show}. */
  async show(guest: Guest): Promise<string> {
    const { key, username } = guest;
    const gone = guest.connections === 0;
    const comes = !gone && !this.#known.has(key);
    if (comes) checked(username);
    if (gone) this.#here.delete(key);
    else this.#here.set(key, guest);
    const showing = await this.#show({ key, guest: gone ? undefined : guest, comes });
    if (comes && showing.holder !== undefined) {
      if (this.#here.get(key) === guest) this.#here.delete(key);
      throw taken(username, showing.holder);
    }
    if (showing.failure !== undefined) this.#options.failed();
    if (comes && showing.failure !== undefined) throw unavailable(showing.failure);
    return showing.spelling || username;
  }

  /** Who is here: their keys. */
  keys(): string[] {
    return [...this.#here.keys()];
  }

  /** Shows anew how some people are here, or that they are not. Fails where that cannot be done. @throws {Error} */
  async again(keys: string[]) {
    const showings = await Promise.all(
      keys.map((key) => this.#show({ key, guest: this.#here.get(key), comes: false })),
    );
    const failed = showings.find(({ failure }) => failure !== undefined);
    if (failed) throw failed.failure;
  }

  /** Takes people of a node that has died out. @throws {Error} */
  async remove(seat: string, keys: string[], until: number) {
    await this.#run(seat, keys.map((key) => ({ key, comes: false, asked: 0 })), until, "");
  }

  /** Has everybody of this node gone. @throws {Error} */
  async leave() {
    const keys = this.keys();
    this.#here.clear();
    await this.again(keys);
  }

  async #show(wish: Pick<Showing, "key" | "guest" | "comes">): Promise<Showing> {
    const showing: Showing = { ...wish, asked: now() };
    await this.#turns.add(showing, 0);
    await Promise.all((showing.ousted ?? []).map((key) => this.#options.oust(key)));
    return showing;
  }

  async #act(showings: Showing[]) {
    const latest = Map.groupBy(showings, ({ key }) => key);
    const wishes = [...latest.values()].map((same) => ({
      ...same.at(-1)!,
      comes: same.some(({ comes }) => comes),
      asked: same[0]!.asked,
    }));
    let some: Showing[] = [];
    let characters = 0;
    const parts = [some];
    for (const wish of wishes) {
      characters += recordOf(wish).length;
      if (some.length === TOGETHER || (characters > CHARACTERS && some.length > 0)) {
        parts.push(some = []);
        characters = 0;
      }
      some.push(wish);
    }
    for (const part of parts) await this.#tryOut(part);
    for (const { key, guest, spelling, holder, ousted, failure } of wishes) {
      if (!guest) this.#known.delete(key);
      else if (spelling !== undefined) this.#known.add(key);
      for (const showing of latest.get(key)!) {
        Object.assign(showing, { spelling, holder, ousted, failure });
      }
    }
  }

  async #tryOut(wishes: Showing[]) {
    const until = wishes[0]!.asked + PATIENCE;
    try {
      while (true) {
        const seat = await this.#lease.held(until);
        if (await this.#run(seat, wishes, until, ++this.#calls)) return;
        this.#lease.lose(seat);
      }
    } catch (error) {
      for (const wish of wishes) wish.failure = error;
    }
  }

  /**
   * Shows some people of a node. Has the node not been taken for dead?
   *
   * @param number above those before: what was given up and is late is not done after the next @throws {Error}
   */
  async #run(seat: string, wishes: Showing[], until: number, number: number | "") {
    const { who, names, here, gone } = this.#keys.there(ALL);
    const values = wishes.flatMap((wish) => {
      const record = recordOf(wish);
      return [wish.comes && record !== "" ? "come" : "", wish.key, record];
    });
    const answers = await this.#link.run(
      SHOW,
      [who, names, here + seat, gone + seat, this.#keys.shown + seat],
      [this.#keys.look, seat, number, ...values],
      until,
    ) as string[];
    wishes.forEach((wish, i) => {
      if (answers[i]?.startsWith("@")) wish.holder = answers[i].slice(1);
      else [wish.spelling, ...wish.ousted] = answers[i]?.split("\n") ?? [];
    });
    return answers.length > 0;
  }
}

/** As `show.lua` has it. */
function recordOf({ guest }: Showing): string {
  if (!guest || guest.connections === 0) return "";
  const { username, name: shown, looks, rooms, connections, connectedAt } = guest;
  const about = [Math.round(connectedAt), connections, rooms.join(" ")];
  const fields = [...about, username, shownOf({ shown })];
  return `${fields.join("\t")}\t${[...looks].join("\t")}`;
}
