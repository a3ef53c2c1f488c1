import { keyOf } from "../../static/names.js";

/** Rooms by name, or by how their names begin: `team-*`. */
export interface Grants {
  read: readonly string[];
  /** Those are read too. */
  write: readonly string[];
}

/** What somebody may do, who may not have said yet who they are. */
export interface Rights {
  /** In its one form; missing where nobody has asked for it. */
  readonly username?: string;
  /** Has nobody proven who this is? */
  readonly guest: boolean;
  /** Rooms that they may read, and speak in. @default all */
  readonly rooms?: Grants;
  /** May they moderate? */
  readonly admin: boolean;
  /** When that ends, in milliseconds since the epoch. @default never */
  readonly expires?: number;
  /** The id of the token that says so, by which it can be revoked. */
  readonly token?: string;
  /** The network that they come from, where that is known; it is told nobody. */
  readonly address?: string;
}

/** Who somebody is, and what they may do. */
export interface Identity extends Rights {
  readonly username: string;
  /** Tells them from everybody else, whatever they are called; the same for all spellings of their name. */
  readonly key: string;
  /** What is shown instead of the username, where that differs. */
  readonly name?: string;
  /** To whom a guest's name belongs, where names are claimed. Nobody else is told. */
  readonly owner?: string;
  /** Do they come back, and take their name over from connections of before? */
  readonly returns?: boolean;
}

/** Whoever looks in, and does not say who they are. */
export const ANYBODY: Rights = { guest: true, admin: false };

/** Has somebody said who they are? */
export function isKnown(who: Rights | Identity): who is Identity {
  return who.username !== undefined;
}

/** Somebody of whom nobody asks more than a name. */
export function named(username: string): Identity {
  return { username, key: keyOf(username), guest: true, admin: false };
}

/** Is a room among some that are granted? */
export function grants(rooms: readonly string[], room: string): boolean {
  return rooms.some((granted) =>
    granted.endsWith("*") ? room.startsWith(granted.slice(0, -1)) : room === granted
  );
}
