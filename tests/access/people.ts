import type { Identifier } from "../../hub/access/identifier.ts";
import { type Identity, named } from "../../hub/access/identity.ts";
import { ChatError } from "../../messages.ts";

/** Somebody who has proven who they are. */
export function known(username: string, more: Partial<Identity> = {}): Identity {
  return { ...named(username), guest: false, token: `token of ${username}`, ...more };
}

/** Knows people by what is written down here. */
export class Register implements Identifier {
  readonly #people: ReadonlyMap<string, Identity>;

  /** @param people by their tokens */
  constructor(people: Record<string, Identity>) {
    this.#people = new Map(Object.entries(people));
  }

  inspect(token: string) {
    if (!this.#people.has(token)) throw new ChatError("unauthorized", "Nobody knows this token");
  }

  identify(token: string): Promise<Identity> {
    return Promise.resolve(this.#people.get(token)!);
  }

  session(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
