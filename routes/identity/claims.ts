import type { JWTPayload } from "jose";
import type { Grants, Identity } from "../../hub/access/identity.ts";
import { ChatError, LIMITS } from "../../messages.ts";
import { keyOf, ROOM_RULE, toRoom, toUsername, USERNAME_RULE } from "../../static/names.js";

/** Most characters of what is shown of somebody. */
const NAME = 64;
/** Most rooms that a token can name. */
const ROOMS = 256;

/**
 * Who somebody is, as their token says, whose signature is right.
 *
 * @param leeway seconds by which it is good for longer
 * @throws {ChatError} `unauthorized`
 */
export function identityOf(claims: JWTPayload, leeway: number): Identity {
  const username = usernameOf(claims);
  return {
    username,
    key: keyOf(username),
    name: nameOf(claims.name, username),
    guest: false,
    rooms: roomsOf(claims.rooms),
    admin: claims.admin === true,
    expires: (claims.exp! + leeway) * 1_000,
    token: idOf(claims.jti),
  };
}

/** A refusal that says which claim is wrong, and what would be right; never what was there. */
export function refused(claim: string, rule: string): ChatError {
  return new ChatError("unauthorized", `Cannot use this token: "${claim}" ${rule}`);
}

function usernameOf({ username, sub }: JWTPayload): string {
  const [claim, given] = username === undefined ? ["sub", sub] : ["username", username];
  if (typeof given !== "string") {
    throw refused(claim, 'must be a text; the name is in "username", or else in "sub"');
  }
  const name = toUsername(given);
  if (name !== undefined) return name;
  throw refused(claim, `cannot be a username: ${USERNAME_RULE}`);
}

function nameOf(given: unknown, username: string): string | undefined {
  if (given === undefined) return undefined;
  const name = typeof given === "string" ? toUsername(given, NAME) : undefined;
  if (name !== undefined) return name === username ? undefined : name;
  throw refused("name", `must be 1 to ${NAME} characters, none of them invisible`);
}

function idOf(given: unknown): string | undefined {
  if (given === undefined) return undefined;
  if (typeof given === "string" && given !== "" && given.length <= LIMITS.tokenId) return given;
  throw refused("jti", `must be a text of 1 to ${LIMITS.tokenId} characters`);
}

/** A claim that is there must be right: what is misspelt must not grant everything. */
function roomsOf(given: unknown): Grants | undefined {
  if (given === undefined) return undefined;
  if (Array.isArray(given)) return grantsOf([], given);
  const { read, write } = Object(given) as Record<keyof Grants, unknown>;
  const lists = [read ?? [], write ?? []];
  if ((read ?? write ?? null) !== null && lists.every(Array.isArray)) {
    return grantsOf(lists[0] as unknown[], lists[1] as unknown[]);
  }
  throw refused("rooms", 'must be a list, or {"read":[…],"write":[…]}');
}

function grantsOf(read: unknown[], write: unknown[]): Grants {
  if (read.length + write.length > ROOMS) {
    throw refused("rooms", `must name at most ${ROOMS} rooms: use a beginning such as team-*`);
  }
  return { read: read.map(grantOf), write: write.map(grantOf) };
}

/** The name of a room in its one form, or with what such names begin, and a star. */
function grantOf(given: unknown): string {
  const text = typeof given === "string" ? given : "";
  const grant = text.endsWith("*") ? beginningOf(text.slice(0, -1)) : toRoom(text);
  if (grant !== undefined) return grant;
  throw refused("rooms", `has what is no room, nor the beginning of one and a *: ${ROOM_RULE}`);
}

function beginningOf(text: string): string | undefined {
  // It is one if it is a name together with something after it.
  const whole = toRoom(`${text}x`);
  return whole === undefined ? undefined : `${whole.slice(0, -1)}*`;
}
