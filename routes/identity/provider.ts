import { createLocalJWKSet, errors, type JWTHeaderParameters } from "jose";
import { clock } from "../../hub/base/clock.ts";
import { ChatError } from "../../messages.ts";
import type { Config } from "../config.ts";
import { fetchKeys, publicKeys } from "./fetch_keys.ts";

/** Has the keys by which tokens are checked. */
export interface Keys {
  /**
   * The key of a token, by its header.
   *
   * @throws {ChatError} `unauthorized` where there is none; `unavailable` where that cannot be told
   */
  of(header: JWTHeaderParameters): CryptoKey | Promise<CryptoKey>;
  /** Is called when there are other keys than before. */
  changed?: () => void;
  /** Lets go of everything. */
  close?(): void;
}

/** Milliseconds between two times that the provider is asked because of a key that nobody knows. */
const SELDOM = 30_000;
/** Milliseconds after which it is asked again that gave no answer. */
const RETRY = 5_000;
/** Milliseconds after which it is asked for what has changed: so many, and up to as many more. */
const FRESH = 300_000;

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** The public keys of an identity provider, which may change, and may be out of reach: then those known hold. */
export class ProviderKeys implements Keys {
  changed?: () => void;
  #url: URL;
  #log: Config["log"];
  #keys?: KeySet;
  /** What it answered last. */
  #text?: string;
  /** Why they could not be read the last time; nothing where they could. */
  #trouble?: string = "nobody has asked for them yet";
  #asked = -Infinity;
  #asking?: Promise<void>;
  #timer?: ReturnType<typeof setTimeout>;
  #closing = new AbortController();

  /** Begins to read them: who comes before that is done waits for it. */
  constructor(url: URL, log: Config["log"]) {
    this.#url = url;
    this.#log = log;
    this.#ask();
  }

  async of(header: JWTHeaderParameters): Promise<CryptoKey> {
    const known = await this.#find(header);
    if (known) return known;
    await this.#renew();
    const found = await this.#find(header);
    if (found) return found;
    if (this.#trouble !== undefined) throw unknown(RETRY);
    throw new ChatError(
      "unauthorized",
      "Cannot use this token: its provider has no such key (kid)",
    );
  }

  close() {
    this.#closing.abort();
    clearTimeout(this.#timer);
  }

  async #find(header: JWTHeaderParameters): Promise<CryptoKey | undefined> {
    try {
      return await this.#keys?.(header);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined;
      throw new ChatError(
        "unauthorized",
        error instanceof errors.JWKSMultipleMatchingKeys
          ? "Cannot use this token: its header must say which key it is signed with (kid), and no two may be called so"
          : "Cannot use this token: the key it is signed with cannot be used",
      );
    }
  }

  /** Reads them anew, or waits for who does. @throws {ChatError} `unavailable` where that was done a moment ago */
  #renew(): Promise<void> {
    const since = clock.now() - this.#asked;
    if (this.#asking || since >= SELDOM) return this.#ask();
    // There may be a new key by now, of which nobody here can know.
    if (this.#trouble !== undefined) throw unknown(RETRY);
    throw unknown(SELDOM - since, "its key is not known yet, and was asked for a moment ago");
  }

  #ask(): Promise<void> {
    return this.#asking ??= this.#read().finally(() => {
      this.#asking = undefined;
      this.#planNext();
    });
  }

  async #read() {
    this.#asked = clock.now();
    try {
      this.#take(await fetchKeys(this.#url, this.#closing.signal));
      this.#trouble = undefined;
    } catch (error) {
      const { message } = error as Error;
      // Once, and not every few seconds.
      if (this.#trouble !== message) this.#log("warn", "keys not read", { error: message });
      this.#trouble = message;
    }
  }

  /** @throws {Error} where there is no key in it that can be used */
  #take(text: string) {
    if (text === this.#text && this.#trouble === undefined) return;
    const keys = publicKeys(text);
    if (text !== this.#text) {
      this.#keys = createLocalJWKSet({ keys });
      this.#text = text;
      this.changed?.();
    }
    this.#log("info", "keys read", { keys: keys.length });
  }

  #planNext() {
    if (this.#closing.signal.aborted) return;
    clearTimeout(this.#timer);
    const wait = this.#trouble === undefined ? FRESH * (1 + Math.random()) : RETRY;
    this.#timer = setTimeout(() => this.#ask(), wait);
    Deno.unrefTimer(this.#timer);
  }
}

/** Of a token whose key is not known, and cannot be asked for. @param retryAfter milliseconds */
function unknown(
  retryAfter: number,
  why = "the keys of its provider cannot be read for the moment",
): ChatError {
  return new ChatError("unavailable", `Cannot tell whether this token is good: ${why}`, {
    retryAfter,
  });
}
