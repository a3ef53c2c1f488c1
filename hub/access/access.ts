import { ChatError } from "../../messages.ts";
import { keyOf } from "../../static/names.js";
import { clock } from "../base/clock.ts";
import type { Facts } from "../engine/facts.ts";
import { grants, type Identity, isKnown, named, type Rights } from "./identity.ts";
import { type Kind, refusal, Rulings } from "./rulings.ts";

/** Who may come in. */
export interface Policy {
  /** Can people prove who they are, by a token? @default false */
  tokens?: boolean;
  /** May those come in who have none; or only read? @default "on" */
  guests?: "on" | "read" | "off";
  /** Does a guest's name belong to who took it, while they are there? @default "open" */
  names?: "open" | "claimed";
}

/** The longest time for which people can come back, and can be kept from it, in days. */
export const LONGEST = 400;

/** The name of the fact that a token is revoked. */
export const revoked = (token: string) => `revoked ${token}`;

/**
 * What everybody may do: the one place that decides. Each method is asked before something is done, and
 * throws where it may not be.
 */
export class Access {
  readonly policy: Required<Policy>;
  /** What moderators have decided. */
  readonly rulings: Rulings;
  #facts: Facts;

  constructor(facts: Facts, { tokens = false, guests = "on", names = "open" }: Policy = {}) {
    this.#facts = facts;
    this.rulings = new Rulings(facts);
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
  enter(who: Rights) {
    const { guest, token, expires } = who;
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
    this.#obey("ban", who);
  }

  /** May somebody read a room? @throws {ChatError} `unauthorized`, `forbidden` */
  read(who: Rights, room: string) {
    this.enter(who);
    this.#obey("ban", who, room);
    if (this.knows(who, room)) return;
    throw new ChatError("forbidden", `You may not read ${room}: your token does not grant it`, {
      room,
    });
  }

  /** May somebody know of a room: does their token, if they have one, grant it? */
  knows({ rooms }: Rights, room: string): boolean {
    return !rooms || grants(rooms.read, room) || grants(rooms.write, room);
  }

  /** May somebody read a room, without a word of why not? */
  reads(who: Rights, room: string): boolean {
    try {
      this.read(who, room);
      return true;
    } catch {
      return false;
    }
  }

  /** May somebody come into a room? @throws {ChatError} `unauthorized`, `forbidden` */
  join(who: Identity, room: string) {
    this.read(who, room);
    this.#open(who, room);
  }

  /** May somebody say something in a room, or show that they are writing? @throws {ChatError} `unauthorized`, `forbidden`, `muted` */
  speak(who: Identity, room: string) {
    this.enter(who);
    this.#say(who);
    this.#obey("ban", who, room);
    this.#obey("mute", who, room);
    this.#open(who, room);
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

  /** Who it is that moderates, if they may. @throws {ChatError} `unauthorized`, `forbidden` */
  moderate(who: Rights): Identity {
    this.enter(who);
    if (who.admin && isKnown(who)) return who;
    throw new ChatError("forbidden", "You may not do this: it takes a token that says admin");
  }

  #say(who: Rights) {
    if (who.guest && this.policy.guests !== "on") {
      throw new ChatError("forbidden", "You may only read here: it takes a token to speak");
    }
    this.#obey("mute", who);
  }

  /** Obeys what was decided about somebody, in a room or everywhere. */
  #obey(kind: Kind, who: Rights, room?: string) {
    const ruling = this.rulings.find(kind, who, room);
    if (ruling) throw refusal(kind, ruling, room);
  }

  /** Obeys that a room is closed. */
  #open({ admin }: Rights, room: string) {
    if (admin || !this.rulings.settings(room).closed) return;
    throw new ChatError("forbidden", `You may not come in or speak in ${room}: it is closed`, {
      room,
    });
  }
}
