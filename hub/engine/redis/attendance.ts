import { presenceOf } from "../stamped.ts";
import type { Passage, User } from "../company.ts";
import type { Channel } from "../engine.ts";

/** Somebody's name, and what is shown instead of it, where that differs. */
export type Names = Pick<User, "username" | "name">;

/** Who of this node is in which room, as it is to be. */
export class Attendance {
  #rooms = new Map<Channel, Map<string, Names>>();
  #announce = 200;

  /** Those in a room: their names, by key. */
  in(room: Channel): ReadonlyMap<string, Names> {
    return this.#rooms.get(room) ?? new Map();
  }

  /** The rooms in which there is anybody. */
  rooms(): Channel[] {
    return [...this.#rooms.keys()];
  }

  /** Is somebody in a room? */
  has(room: Channel, key: string): boolean {
    return this.in(room).has(key);
  }

  enter(room: Channel, { key, notice, announce }: Passage) {
    this.#announce = announce;
    const people = this.#rooms.get(room) ?? new Map<string, Names>();
    const { username, name } = notice;
    this.#rooms.set(room, people.set(key, { username, name }));
  }

  leave(room: Channel, { key, announce }: Passage) {
    this.#announce = announce;
    const people = this.#rooms.get(room);
    if (people?.delete(key) && people.size === 0) this.#rooms.delete(room);
  }

  /** Of more people nobody is told who comes and goes, as was last said here. */
  get announce(): number {
    return this.#announce;
  }

  /** That somebody comes or goes whom nobody here has had do so. */
  passage(kind: "enter" | "leave", room: Channel, key: string, names: Names): Passage {
    const type = kind === "enter" ? "join" : "leave";
    return { key, notice: presenceOf(room, type, names), announce: this.#announce };
  }
}
