import { keyOf } from "../../../static/names.js";
import { looksOf, SYSTEM, taken } from "../../base/looks.ts";
import type { Part } from "../../base/sorted.ts";
import { type Called, type User, yieldsTo } from "../company.ts";
import type { Channel } from "../engine.ts";
import { ALL, type Keys } from "./keys.ts";
import type { Link } from "./link.ts";
import { partOf } from "./part.ts";

/** All who are connected, as they can be looked up. */
export class Directory {
  #link: Link;
  #keys: Keys;

  constructor(link: Link, keys: Keys) {
    this.#link = link;
    this.#keys = keys;
  }

  /** As {@linkcode Company.check}. @throws {ChatError} `name_taken` @throws {Error} */
  async check({ username, key }: Called, until: number) {
    const looks = checked(username);
    const holders = await this.#holders(looks, until);
    const holder = holders.find((holder) =>
      holder && holder.key !== key && !yieldsTo(holder.key, key)
    );
    if (holder) throw taken(username, holder.spelling);
  }

  /** Somebody by name, called as all see it; nothing of who is not known. @throws {Error} */
  async find(username: string, until: number): Promise<Called | undefined> {
    const [holder] = await this.#having([username], until);
    return holder && { username: holder.spelling, key: holder.key };
  }

  /** Somebody's name as all see it, where they are connected. @throws {Error} */
  async spelling(key: string, until: number): Promise<string | undefined> {
    const [user] = await this.#known([key], until);
    return user?.username;
  }

  /** As {@linkcode Company.users}. @throws {Error} */
  async users(part: Part, room: Channel | undefined, until: number) {
    const { names } = this.#keys.there(room ?? ALL);
    const { count, found } = await partOf(this.#link, names, part, until);
    const users = await this.#called(found, until);
    return { count, users: users.filter((user) => user !== undefined) };
  }

  /** What is known of those who have some names, which may belong to whoever took them. */
  async #called(names: string[], until: number): Promise<(User | undefined)[]> {
    const users = await this.#known(names.map(keyOf), until);
    const others = await this.#having(names.filter((_, i) => users[i] === undefined), until);
    const found = (await this.#known(others.map((holder) => holder?.key ?? ""), until)).values();
    return users.map((user) => user ?? found.next().value);
  }

  /** Who has some names, in whichever spelling. */
  async #having(names: string[], until: number) {
    // The first look is the same for all spellings.
    const looks = names.map((name) => [...looksOf(keyOf(name))][0]!);
    const holders = looks.length === 0 ? [] : await this.#holders(looks, until);
    return holders.map((holder, i) =>
      holder && keyOf(holder.spelling) === keyOf(names[i]!) ? holder : undefined
    );
  }

  /** Who has names that look so. */
  async #holders(looks: string[], until: number) {
    if (looks.length === 0) return [];
    const commands = looks.map((look) => ["get", this.#keys.look + look]);
    const found = await this.#link.all(commands, until) as (string | null)[];
    return found.map((text) => {
      if (text === null) return undefined;
      const [key, spelling] = text.split("\n") as [string, string];
      return { key, spelling };
    });
  }

  /** What is known of some people; nothing of whoever is not connected. */
  async #known(keys: string[], until: number): Promise<(User | undefined)[]> {
    if (keys.length === 0) return [];
    const [found] = await this.#link.fields([this.#keys.there(ALL).who], keys, until);
    return found!.map((lines) => lines === null ? undefined : userOf(lines));
  }
}

/** The looks of a name. @throws {ChatError} `name_taken` where it looks like that of nobody who comes */
export function checked(username: string): string[] {
  const looks = looksOf(username);
  for (const look of looksOf(SYSTEM)) if (looks.has(look)) throw taken(username, SYSTEM);
  return [...looks];
}

/** One person, of what each node says of them. */
function userOf(lines: string): User {
  const each = lines.split("\n").map((line) => {
    const [, began, connections, rooms, username, shown] = line.split("\t") as string[];
    return {
      began: Number(began),
      connections: Number(connections),
      rooms: rooms!,
      username: username!,
      shown,
    };
  });
  const oldest = each.reduce((one, other) => other.began < one.began ? other : one);
  const rooms = each.flatMap(({ rooms }) => rooms === "" ? [] : rooms.split(" "));
  return {
    username: oldest.username,
    rooms: [...new Set(rooms)].sort(),
    connections: each.reduce((sum, { connections }) => sum + connections, 0),
    connectedAt: new Date(oldest.began).toISOString(),
    ...oldest.shown ? { name: oldest.shown } : {},
  };
}
