import { createHash } from "node:crypto";
import { decodeProtectedHeader, type JWTHeaderParameters, jwtVerify } from "jose";
import type { Identifier } from "../../hub/access/identifier.ts";
import type { Identity } from "../../hub/access/identity.ts";
import { clock } from "../../hub/base/clock.ts";
import { Limit } from "../../hub/base/limit.ts";
import { Queue } from "../../hub/base/queue.ts";
import { ChatError, LIMITS } from "../../messages.ts";
import type { Algorithm } from "./algorithms.ts";
import { identityOf, refused } from "./claims.ts";
import type { Keys } from "./provider.ts";
import { refusalOf } from "./refusal.ts";
import { isSealed, seal, unseal } from "./seal.ts";

/** Which tokens are good. */
export interface TokenRules {
  /** By which they may be signed. */
  algorithms: readonly Algorithm[];
  /** Who must have issued them. @default anybody */
  issuer?: string;
  /** For whom they must be. @default anybody */
  audience?: string;
  /** Seconds by which clocks may differ. @default 30 */
  leeway?: number;
  /** With what, and for how many milliseconds, people can come back without a new one. @default not at all */
  sessions?: { key: CryptoKey; age: number };
}

/** The type of a session, as its header says it. */
const SESSION = "parley-session";
/** How many tokens are known again that were good once. */
const KNOWN = 5_000;

/**
 * Knows people by JSON Web Tokens (RFC 7519), of an identity provider or of whoever knows a secret; and by
 * the sessions that they were given for one.
 */
export class Tokens implements Identifier {
  #keys: Keys;
  #rules: TokenRules & { leeway: number };
  /** More checks at once would hold up all else, and be done no sooner. */
  #checks = new Limit({ together: 2, full: tooMany });
  /** Who brought which token, by its hash. */
  #known = new Queue<string, Identity>();

  constructor(keys: Keys, { leeway = 30, ...rules }: TokenRules) {
    this.#keys = keys;
    this.#rules = { ...rules, leeway };
    // What was signed with a key that is gone is good no more.
    keys.changed = () => this.#known = new Queue();
  }

  inspect(token: string) {
    if (!this.#isSession(token)) this.#headerOf(token);
  }

  async identify(token: string): Promise<Identity> {
    const hash = createHash("sha256").update(token).digest("base64url");
    // Others may take its place while this is looked at.
    const known = this.#known;
    const before = known.get(hash);
    if (before && clock.date() < before.expires!) return before;
    const who = this.#isSession(token) ? await this.#reopen(token) : await this.#verify(token);
    known.push(hash, who);
    if (known.size > KNOWN) known.delete(known.oldest!.key);
    return who;
  }

  async session(who: Identity): Promise<string | undefined> {
    const { guest, username, name, rooms, admin, token } = who;
    const { sessions } = this.#rules;
    // Who has proven nothing must not come back as somebody who has.
    if (!sessions || guest) return undefined;
    const claims = { username, name, rooms, admin, jti: token };
    const session = await seal(sessions.key, SESSION, claims, clock.date() + sessions.age);
    // Else nobody could send it.
    return session.length <= LIMITS.token ? session : undefined;
  }

  /** Lets go of everything. */
  close() {
    this.#keys.close?.();
  }

  async #verify(token: string): Promise<Identity> {
    const { algorithms, issuer, audience, leeway } = this.#rules;
    const key = await this.#keys.of(this.#headerOf(token));
    const options = {
      ...{ algorithms: [...algorithms], issuer, audience, requiredClaims: ["exp"] },
      clockTolerance: leeway,
    };
    return this.#checks.do(async () => {
      try {
        const now = clock.date();
        const { payload } = await jwtVerify(token, key, { ...options, currentDate: new Date(now) });
        if (payload.iat !== undefined && payload.iat > now / 1_000 + leeway) {
          throw refused("iat", "says that it was issued in the future: is a clock wrong?");
        }
        return identityOf(payload, leeway);
      } catch (error) {
        throw refusalOf(error, this.#rules);
      }
    });
  }

  async #reopen(session: string): Promise<Identity> {
    try {
      const { key } = this.#rules.sessions!;
      return identityOf(await this.#checks.do(() => unseal(key, SESSION, session)), 0);
    } catch (error) {
      throw refusalOf(error, this.#rules);
    }
  }

  #isSession(token: string): boolean {
    return this.#rules.sessions !== undefined && isSealed(token, SESSION);
  }

  /**
   * What a token says of itself, where it can be one of those that are good here.
   *
   * @throws {ChatError} `unauthorized`
   */
  #headerOf(token: string): JWTHeaderParameters {
    const header = headerOf(token);
    const { algorithms } = this.#rules;
    if (algorithms.some((algorithm) => algorithm === header.alg)) return header;
    throw new ChatError(
      "unauthorized",
      `Cannot use this token: it must be signed by ${algorithms.join(", ")} (alg)`,
    );
  }
}

/** What is told where more wait for a check than may. */
export function tooMany(): ChatError {
  return new ChatError("unavailable", "Too many come with tokens at once: try again later", {
    retryAfter: 5_000,
  });
}

/** The header of what has the form of a JSON Web Token. @throws {ChatError} `unauthorized` */
function headerOf(token: string): JWTHeaderParameters {
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) {
    try {
      const header = decodeProtectedHeader(token);
      if (header.crit === undefined) return header as JWTHeaderParameters;
    } catch {
      // Its header is no JSON object.
    }
  }
  throw new ChatError(
    "unauthorized",
    "Cannot use this token: it must be a JSON Web Token, of three parts, and without crit",
  );
}
