import type { Identifier } from "../hub/access/identifier.ts";
import type { Identity } from "../hub/access/identity.ts";
import { type Soon, whenThere } from "../hub/base/soon.ts";
import type { Hub } from "../hub.ts";
import { ChatError } from "../messages.ts";
import { keyOf } from "../static/names.js";

/** What somebody says who is about to come in. */
export interface Wish {
  /** In its one form; may be missing where there is a token. */
  username?: string;
  token?: string;
  /** The network that they come from. */
  address?: string;
  /** The room that they want to enter first. */
  room: string;
}

/** Somebody who is about to come in, from the request to the conversation. */
export class Arrival {
  /** Who it is, once that is known: at once, where there is no token, or what a token says can be seen at once. */
  who?: Identity;
  #hub: Hub;
  #identifier?: Identifier;
  #wish: Wish;

  /** @param identifier is there where there is a token */
  constructor(hub: Hub, identifier: Identifier | undefined, wish: Wish) {
    this.#hub = hub;
    this.#identifier = identifier;
    this.#wish = wish;
    const { token, username, address } = wish;
    if (token === undefined) this.who = { ...hub.access.newcomer(username!), address };
  }

  /**
   * Looks at what can be told at once.
   *
   * @throws {ChatError} `unauthorized`, `forbidden`, `name_taken`
   */
  inspect() {
    const who = this.who ?? this.#identifier!.inspect(this.#wish.token!);
    if (who) this.#admit(who);
  }

  /** Looks at everything, where nobody comes in after all. @throws {ChatError} as {@linkcode inspect}; `unavailable` */
  check(): Soon<void> {
    return whenThere(this.#known(), (who) => this.#hub.everywhere.check(who));
  }

  /**
   * Keeps their name from others until they are in: then it is theirs.
   *
   * @param begin takes them in, once it has asked who they are
   * @throws {ChatError} as {@linkcode check}
   */
  async enter<T>(begin: (known: () => Soon<Identity>) => Promise<T>): Promise<T> {
    const { looks } = this.#hub.people;
    if (this.who) looks.hold(this.who);
    let held = this.who;
    try {
      return await begin(() =>
        whenThere(this.#known(), (who) => {
          if (!held) looks.hold(held = who);
          return who;
        })
      );
    } finally {
      if (held) looks.release(held);
    }
  }

  #known(): Soon<Identity> {
    if (this.who) return this.who;
    return whenThere(this.#identifier!.identify(this.#wish.token!), (who) => this.#admit(who));
  }

  /** Lets somebody in who may come in, and whose name is free. @throws {ChatError} */
  #admit(known: Identity): Identity {
    const { username = known.username, room, address } = this.#wish;
    if (keyOf(username) !== keyOf(known.username)) {
      throw new ChatError(
        "forbidden",
        "Cannot let you in by this name: your token, or session, has another",
      );
    }
    // A guest may spell it in another way.
    const who = { ...known, address, ...(known.guest && { username }) };
    this.#hub.access.join(who, room);
    this.#hub.here.check(who);
    return this.who = who;
  }
}
