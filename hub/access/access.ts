import { ChatError } from "../../messages.ts";
import { keyOf } from "../../static/names.js";
import { clock } from "../base/clock.ts";
import type { Facts } from "../engine/facts.ts";
import { grants, type Identity, named, type Rights } from "./identity.ts";

/** Who may come in. */
export interface Policy {
  /** Can people prove who they are, by a token? @default false */
  tokens?: boolean;
  /** May those come in who have none; or only read? @default "on" */
  guests?: "on" | "read" | "off";
  /** Does a guest's name belong to who took it, while they are there? @default "open" */
  names?: "open" | "claimed";
}

/** The name of the fact that a token is revoked. */
export const revoked = (token: string) => `revoked ${token}`;

/**
 * What everybody may do: the one place that decides. Each method is asked before something is done, and
 * throws where it may not be.
 */
export class Access {
  readonly policy: Required<Policy>;
  #facts: Facts;

  constructor(facts: Facts, { tokens = false, guests = "on", names = "open" }: Policy = {}) {
    this.#facts = facts;
    this.policy = { tokens, guests, names };
  }

  /** Somebody who proves nothing, and comes for the first time: where names are claimed, this one becomes theirs. */
  newcomer(username: string): Identity {
    return this.guest(username, this.policy.names === "claimed" ? crypto.randomUUID() : undefined);
  }

  /**
   * Somebody who proves nothing.
   *
   * @param owner who the name belongs to, where names are claimed
   */
  guest(username: string, owner?: string): Identity {
    const { tokens, names } = this.policy;
    if (!tokens && names === "open") return named(username);
    // No name begins so: nobody is taken for somebody who has proven who they are.
    return { ...named(username), key: `#${owner ?? ""}#${keyOf(username)}`, owner };
  }

  /**
   * May somebody come in, or go on?
   *
   * @throws {ChatError} `unauthorized`, `forbidden`
   */
  enter({ guest, token, expires }: Rights) {
    if (guest && this.policy.guests === "off") {
      throw new ChatError(
        "unauthorized",
        "Cannot let you in without a token: send one as a bearer",
      );
    }
    if (expires !== undefined && clock.date() >= expires) {
      throw new ChatError("unauthorized", "Cannot use this token any more: it has expired");
    }
    if (token !== undefined && this.#facts.get(revoked(token))) {
      throw new ChatError("unauthorized", "Cannot use this token any more: it is revoked");
    }
  }

  /** May somebody read a room? @throws {ChatError} `unauthorized`, `forbidden` */
  read(who: Rights, room: string) {
    this.enter(who);
    const { rooms } = who;
    if (!rooms || grants(rooms.read, room) || grants(rooms.write, room)) return;
    throw new ChatError("forbidden", `You may not read ${room}: your token does not grant it`, {
      room,
    });
  }

  /** May somebody come into a room? @throws {ChatError} `unauthorized`, `forbidden` */
  join(who: Identity, room: string) {
    this.read(who, room);
  }

  /** May somebody say something in a room, or show that they are writing? @throws {ChatError} `unauthorized`, `forbidden`, `muted` */
  speak(who: Identity, room: string) {
    this.enter(who);
    this.#say(who);
    if (!who.rooms || grants(who.rooms.write, room)) return;
    throw new ChatError("forbidden", `You may not speak in ${room}: your token does not grant it`, {
      room,
    });
  }

  /** May somebody write to another, or show that they are writing? @throws {ChatError} `unauthorized`, `forbidden`, `muted` */
  whisper(who: Identity) {
    this.enter(who);
    this.#say(who);
    if (this.hasInbox(who)) return;
    throw new ChatError("forbidden", "You may not write to one person alone: guests cannot here");
  }

  /** Has somebody private messages? Where others prove who they are, guests have none. */
  hasInbox({ guest }: Rights): boolean {
    return !guest || !this.policy.tokens;
  }

  /**
   * The key of whose private messages are meant by a name, whether they are there or not; nothing where
   * these are of whoever has the name, and go with them.
   */
  inboxOf(username: string): string | undefined {
    const { tokens, names } = this.policy;
    return tokens || names === "open" ? keyOf(username) : undefined;
  }

  /** May somebody see who is there, and which rooms there are? @throws {ChatError} `unauthorized` */
  look(who: Rights) {
    this.enter(who);
  }

  /** May somebody moderate? @throws {ChatError} `unauthorized`, `forbidden` */
  moderate(who: Rights) {
    this.enter(who);
    if (who.admin) return;
    throw new ChatError("forbidden", "You may not do this: it takes a token that says admin");
  }

  #say({ guest }: Rights) {
    if (!guest || this.policy.guests === "on") return;
    throw new ChatError("forbidden", "You may only read here: it takes a token to speak");
  }
}
