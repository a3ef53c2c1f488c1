import {
  ChatError,
  type Measure,
  type Moderated,
  type Moderation,
  type Settings,
  type Terms,
} from "../../messages.ts";
import { keyOf } from "../../static/names.js";
import { clock } from "../base/clock.ts";
import type { Counts } from "../base/counts.ts";
import type { Soon } from "../base/soon.ts";
import type { Called, Company } from "../engine/company.ts";
import type { Act, Channel, Engine, Stamp } from "../engine/engine.ts";
import type { Entry } from "../log/batch.ts";
import type { Access } from "./access.ts";
import type { Rights } from "./identity.ts";
import type { Kind, Ruling } from "./rulings.ts";
import { sentence } from "./words.ts";

/** Seconds for which somebody stays away who is sent away. */
const AWAY = 10;

/** Writes one event to the log. */
export type Log = (level: "info" | "warn", event: string, fields?: object) => void;

/** What a moderator needs of the hub. */
export interface Means {
  access: Access;
  engine: Engine;
  company: Company;
  counts: Counts;
  log: Log;
}

/** What somebody is to have done to them. */
export type Order = { type: Measure; username: string; room?: string } & Terms;

/** What was done, as it is told; and what holds about somebody then, if anything. */
export interface Done {
  entry: Entry;
  ruling?: Ruling;
}

/** Carries out what moderators decide: looks whether they may, keeps it, tells of it and logs it. */
export class Moderator {
  #means: Means;

  constructor(means: Means) {
    this.#means = means;
  }

  /** Obeys a command. @returns what is told of it @throws {ChatError} as what it asks for */
  async obey(who: Rights, command: Moderation): Promise<Entry> {
    switch (command.type) {
      case "delete":
        return await this.delete(who, command.room, command.re, command.why);
      case "clear":
        return await this.clear(who, command.room, command.why);
      case "set": {
        const { type: _, room, ...wish } = command;
        return (await this.set(who, room, wish)).entry;
      }
      default:
        return (await this.act(who, command)).entry;
    }
  }

  /**
   * Does something about somebody.
   *
   * @throws {ChatError} `unauthorized`, `forbidden`, `bad_message`, `no_such_user`, `unavailable`
   */
  async act(who: Rights, order: Order): Promise<Done> {
    const { access, company } = this.#means;
    const { key, username: by } = access.moderate(who);
    const { type, username, room } = order;
    const found = await company.find(username);
    const whom = found ?? { username, key: keyOf(username) };
    if (whom.key === key) {
      throw new ChatError("bad_message", `Cannot ${type} yourself: another moderator can`, {
        room,
      });
    }
    if (type === "kick" && !found) throw nobody(username, "nobody of that name is here", room);
    const ruling = await this.#decide(order, whom, by);
    const until = ruling?.until;
    const entry = await this.#tell(room === undefined ? `@${whom.key}` : `#${room}`, {
      ...{ type: "moderated", act: type, username: whom.username, room, by },
      content: sentence({ ...order, act: type, username: whom.username, by }),
      why: order.why,
      until: until === undefined ? undefined : new Date(until).toISOString(),
    });
    this.#log(type, by, { username: whom.username, room, for: order.for, why: order.why });
    return { entry, ruling };
  }

  /** Changes what holds in a room. @returns all that holds then @throws {ChatError} `unauthorized`, `forbidden`, `unavailable` */
  async set(
    who: Rights,
    room: string,
    { why, ...wish }: Settings & { why?: string },
  ): Promise<{ entry: Entry; settings: Settings }> {
    const { access } = this.#means;
    const { username: by } = access.moderate(who);
    const settings = await access.rulings.change(room, wish);
    const entry = await this.#tell(`#${room}`, {
      ...{ type: "moderated", act: "set", room, by },
      content: sentence({ act: "set", room, by, why, ...settings }),
      why,
      ...settings,
    });
    this.#log("set", by, { room, ...settings, why });
    return { entry, settings };
  }

  /** Takes back a message. @throws {ChatError} `unauthorized`, `forbidden`, `no_such_message`, `unavailable` */
  async delete(who: Rights, room: string, re: string, why?: string): Promise<Entry> {
    const { username: by } = this.#means.access.moderate(who);
    return await this.#takeBack({ type: "delete", re, room, by, why });
  }

  /** Takes back all that was said in a room. @throws {ChatError} `unauthorized`, `forbidden`, `unavailable` */
  async clear(who: Rights, room: string, why?: string): Promise<Entry> {
    const { username: by } = this.#means.access.moderate(who);
    return await this.#takeBack({ type: "clear", room, by, why });
  }

  /** Who may not do something, in a room or anywhere. @throws {ChatError} `unauthorized`, `forbidden` */
  list(who: Rights, kind: Kind, room?: string): Ruling[] {
    this.#means.access.moderate(who);
    return this.#means.access.rulings.list(kind, room);
  }

  /** Keeps what is to hold about somebody. @returns that, if anything */
  async #decide(order: Order, whom: Called, by: string): Promise<Ruling | undefined> {
    const { rulings } = this.#means.access;
    const { type, room, why, address } = order;
    const kind = type === "mute" || type === "unmute" ? "mute" : "ban";
    if (type === "unmute" || type === "unban") {
      if (await rulings.lift(kind, whom.username, room)) return undefined;
      throw nobody(
        whom.username,
        type === "unban" ? "they are not banned" : "they are not muted",
        room,
      );
    }
    const now = clock.date();
    const seconds = type === "kick" ? AWAY : order.for;
    const ruling: Ruling = {
      ...{ username: whom.username, by, at: new Date(now).toISOString(), why },
      until: seconds === undefined ? undefined : now + seconds * 1_000,
      kick: type === "kick" || undefined,
      guests: whom.key.startsWith("#") || undefined,
      address: address || undefined,
    };
    return await rulings.set(kind, whom, ruling, room);
  }

  async #takeBack(act: Act): Promise<Entry> {
    const { type, room, by, why } = act;
    const entry = await this.#means.engine.takeBack(`#${room}`, act);
    this.#log(type, by, { room, re: "re" in act ? act.re : undefined, why });
    return entry;
  }

  #tell(channel: Channel, told: Omit<Moderated, keyof Stamp>): Soon<Entry> {
    return this.#means.engine.tell(channel, told);
  }

  #log(act: Moderated["act"] | Act["type"], by: string, fields: object) {
    this.#means.counts.acts.count(act);
    this.#means.log("info", "moderation", { act, by, ...fields });
  }
}

function nobody(username: string, why: string, room?: string): ChatError {
  return new ChatError("no_such_user", `Cannot do this to ${username}: ${why}`, { room });
}
