import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Access } from "../../hub/access/access.ts";
import { type Identifier, noTokens } from "../../hub/access/identifier.ts";
import type { Identity } from "../../hub/access/identity.ts";
import { clock } from "../../hub/base/clock.ts";
import { type Soon, whenThere } from "../../hub/base/soon.ts";
import { ChatError } from "../../messages.ts";
import { guestKey } from "./keys.ts";

/** With what each begins: no token does. */
const BEGINNING = "guest.";
/** For how long one can be used after it was given out, in milliseconds. */
const LASTS = 30 * 86_400_000;

/** What a session says. */
interface Claims {
  username: string;
  owner: string;
  /** When it was given out, and when it ends: milliseconds since the epoch. */
  issued: number;
  expires: number;
}

/**
 * Knows guests by the sessions that they were given, where names belong to people: signed, so that nobody
 * else can make one, and of a form that no token has.
 */
export class Sessions implements Identifier {
  #access: Access;
  #secret: () => Soon<Uint8Array>;
  #tokens?: Identifier;
  #key?: Uint8Array;

  /**
   * @param secret gives what all servers of the chat share, and nobody else knows; may fail for the moment
   * @param tokens is asked of what is no session @default nobody can prove anything else
   */
  constructor(access: Access, secret: () => Soon<Uint8Array>, tokens?: Identifier) {
    this.#access = access;
    this.#secret = secret;
    this.#tokens = tokens;
  }

  inspect(token: string): Identity | void {
    if (!token.startsWith(BEGINNING)) return this.#others.inspect(token);
    const key = this.#keyNow();
    // It has to be asked for: then it is looked at once it is there.
    if (key instanceof Promise) key.catch(() => {});
    else return this.#read(token, key);
  }

  identify(token: string): Soon<Identity> {
    if (!token.startsWith(BEGINNING)) return this.#others.identify(token);
    return whenThere(this.#keyNow(), (key) => this.#read(token, key));
  }

  session(who: Identity): Soon<string | undefined> {
    const { username, owner } = who;
    if (owner === undefined) return this.#tokens?.session(who);
    const issued = clock.date();
    const claims: Claims = { username, owner, issued, expires: issued + LASTS };
    const text = BEGINNING + Buffer.from(JSON.stringify(claims)).toString("base64url");
    return whenThere(this.#keyNow(), (key) => `${text}.${signatureOf(text, key)}`);
  }

  /** @throws {ChatError} `unauthorized` */
  get #others(): Identifier {
    if (this.#tokens) return this.#tokens;
    throw noTokens();
  }

  #keyNow(): Soon<Uint8Array> {
    return this.#key ?? whenThere(this.#secret(), (secret) => this.#key = guestKey(secret));
  }

  /** Who was given a session. @throws {ChatError} `unauthorized` */
  #read(session: string, key: Uint8Array): Identity {
    const end = session.lastIndexOf(".");
    const text = session.slice(0, end);
    if (!isSame(session.slice(end + 1), signatureOf(text, key))) {
      throw new ChatError(
        "unauthorized",
        "Cannot use this session: this server did not give it out",
      );
    }
    const { username, owner, expires }: Claims = JSON.parse(
      Buffer.from(text.slice(BEGINNING.length), "base64url").toString(),
    );
    if (clock.date() >= expires) {
      throw new ChatError("unauthorized", "Cannot use this session any more: it has expired");
    }
    return { ...this.#access.guest(username, owner), returns: true };
  }
}

function signatureOf(text: string, key: Uint8Array): string {
  return createHmac("sha256", key).update(text).digest("base64url");
}

/** Are two texts the same? How long that takes tells nothing about where they differ. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
