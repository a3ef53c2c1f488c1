import { Buffer } from "node:buffer";
import { Random } from "../fuzz/random.ts";
import { RawClient } from "../raw.ts";
import type { Issuer } from "./issuer.ts";
import { leakIn } from "./leaks.ts";
import { frame, handshake } from "./wire.ts";

/** What a server is known to do, beside what it does by itself. */
export interface Known {
  /** Has every address of the loopback device its own allowances there? */
  loopback?: boolean;
  /** Does it let in only pages of its own origin, and of others that it was told? */
  guarded?: boolean;
  /** The honest people, whose names are taken. */
  names?: readonly string[];
  /** Do names belong to people there, who prove it? Else whoever takes one is that person. */
  claimed?: boolean;
  /** Who issues tokens that are good there, where any are. */
  issuer?: Issuer;
  /** What no answer may ever have in it. */
  secrets?: readonly string[];
}

/** What came for a request: of a connection that ended without an answer, status 0. */
export interface Answer {
  status: number;
  head: string;
  body: string;
}

/** What is no fault of a server: it does not search, is full or stopping, or does not speak that HTTP. */
const ORDERLY = new Set([501, 503, 505]);
/** A close frame with 1011, among what else has come. */
// deno-lint-ignore no-control-regex
const FAULT = /\x88[\x02-\x7d]\x03\xf3/;
/** Milliseconds an answer may take. */
const PATIENCE = 5_000;

/** The server as one attack sees it, and what it is found to do wrong. */
export class Target {
  readonly host: string;
  readonly random: Random;
  readonly known: Known;
  /** Ends the attack, and every connection of it. */
  readonly signal: AbortSignal;
  /** How many inputs were tried. */
  tried = 0;
  /** What must not be, in words. */
  readonly found = new Set<string>();
  #lines = new Set<RawClient>();
  #address: string | undefined;
  #names = 0;
  #ended: Promise<undefined>;

  constructor(host: string, seed: number, signal: AbortSignal, known: Known = {}) {
    this.host = host;
    this.random = new Random(seed);
    this.signal = signal;
    this.known = known;
    this.#address = this.elsewhere();
    this.#ended = new Promise((resolve) =>
      signal.addEventListener("abort", () => resolve(undefined), { once: true })
    );
  }

  /** Is the time over? */
  get over(): boolean {
    return this.signal.aborted;
  }

  /** Notes what must not be, unless it is so. */
  expect(holds: boolean, otherwise: string) {
    if (!holds && !this.over) this.found.add(otherwise);
  }

  /** Another address to come from, where there are some. */
  elsewhere(): string | undefined {
    if (!this.known.loopback) return undefined;
    const byte = () => 1 + this.random.below(250);
    return `127.${byte()}.${byte()}.${byte()}`;
  }

  /** A name that nobody has. */
  name(): string {
    return `guest-${this.#names++}-${this.random.below(1e9).toString(36)}`;
  }

  /** A connection, of which nothing is said yet; none where the server takes it no more. */
  async open(from = this.#address): Promise<RawClient | undefined> {
    if (this.over) return undefined;
    try {
      const line = await RawClient.open(this.host, from);
      this.#lines.add(line);
      return line;
    } catch {
      return undefined;
    }
  }

  /** Ends a connection of this attack. */
  async close(line: RawClient, how: "end" | "reset" = "end") {
    this.#lines.delete(line);
    await (how === "reset" ? line.reset() : line[Symbol.asyncDispose]());
  }

  /** Ends all of them. */
  async leave() {
    await Promise.all([...this.#lines].map((line) => this.close(line)));
  }

  /** Sends bytes on a connection of their own, and gives the answer to them. */
  async ask(bytes: Uint8Array | string, from?: string): Promise<Answer> {
    const line = await this.open(from);
    if (!line) return { status: 0, head: "", body: "" };
    line.write(bytes);
    const answer = await this.answer(line);
    await this.close(line);
    return answer;
  }

  /** Asks for something without a fault of the server. */
  async askWell(bytes: Uint8Array | string, what: string): Promise<Answer> {
    const answer = await this.ask(bytes);
    this.expect(answer.status < 500 || ORDERLY.has(answer.status), `${answer.status} to ${what}`);
    return answer;
  }

  /** The answer that comes next on a connection. */
  async answer(line: RawClient): Promise<Answer> {
    let text = "";
    await this.#hear(line, PATIENCE, (heard) => whole(text = heard));
    const [head = "", ...rest] = text.split("\r\n\r\n");
    this.#judge(text);
    const status = Number(head.match(/^HTTP\/1\.[01] (\d{3}) /)?.[1] ?? 0);
    return { status, head, body: rest.join("\r\n\r\n") };
  }

  /**
   * A WebSocket, past its handshake; none where it is refused.
   *
   * @param headers in place of those of the same name
   */
  async talk(
    query: Record<string, string> = {},
    headers: readonly string[] = [],
    from = this.#address,
  ): Promise<RawClient | undefined> {
    const line = await this.open(from);
    if (!line) return undefined;
    const all = { username: this.name(), room: "attic", ...query };
    line.write(handshake(`/ws?${new URLSearchParams(all)}`, headers));
    const { status } = await this.answer(line);
    if (status === 101) return line;
    await this.close(line);
  }

  /** Holds a conversation in which bytes are sent, and gives all that came until they were read. */
  async tell(
    bytes: Uint8Array | readonly Uint8Array[],
    query: Record<string, string> = {},
    headers: readonly string[] = [],
  ): Promise<string> {
    const line = await this.talk(query, headers);
    if (!line) return "";
    for (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) line.write(piece);
    const heard = await this.settled(line);
    await this.close(line);
    return heard;
  }

  /** What comes on a WebSocket until all that was sent on it is obeyed, or it has ended. */
  async settled(line: RawClient, ms = PATIENCE): Promise<string> {
    const ref = `last-${this.#names++}`;
    // Whatever becomes of it, the answer has its `ref`.
    line.write(frame(JSON.stringify({ type: "last", ref })));
    return await this.hear(line, ms, (text) => text.includes(`"ref":"${ref}"`));
  }

  /** What comes on a connection until that is enough, it has ended, or the time is over. */
  async hear(
    line: RawClient,
    ms: number,
    enough: (text: string) => boolean = () => false,
  ): Promise<string> {
    const text = await this.#hear(line, ms, enough);
    this.#judge(text);
    return text;
  }

  /** Stays for as long as the attack goes on. */
  async stay() {
    await this.#ended;
  }

  /** Waits, but for no longer than the attack goes on. */
  pause(ms: number): Promise<void> {
    return this.#soon(new Promise(() => {}), ms).then(() => {});
  }

  /** Sends pieces with a pause before each, until the connection or the time is over. */
  async dribble(line: RawClient, bytes: Iterable<Uint8Array | string>, ms: number) {
    for (const piece of bytes) {
      await this.pause(ms);
      if (this.over || !line.open) return;
      await line.send(piece);
    }
  }

  async #hear(line: RawClient, ms: number, enough: (text: string) => boolean): Promise<string> {
    const until = performance.now() + ms;
    let text = "";
    while (!enough(text)) {
      const piece = await this.#soon(line.read(), until - performance.now());
      if (piece === undefined || piece.length === 0) break;
      text += Buffer.from(piece).toString("latin1");
    }
    return text;
  }

  /** What a promise brings; undefined where that is not before the attack is over, or takes too long. */
  async #soon<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(late.resolve, ms, undefined);
    try {
      return await Promise.race([promise, late.promise, this.#ended]);
    } finally {
      clearTimeout(timer);
    }
  }

  #judge(text: string) {
    const leak = leakIn(text, this.known.secrets);
    this.expect(!FAULT.test(text), "somebody is closed with 1011: a fault of the server");
    if (leak !== undefined) this.found.add(`an answer tells ${JSON.stringify(leak)}`);
  }
}

/** Is this an answer to a request, as long as its head says? */
function whole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const head = text.slice(0, end);
  if (/^HTTP\/1\.1 (1\d\d|204|304) /.test(head)) return true;
  const length = head.match(/^content-length: (\d+)/im)?.[1];
  if (length !== undefined) return text.length >= end + 4 + Number(length);
  return /^transfer-encoding: chunked/im.test(head) && text.endsWith("\r\n0\r\n\r\n");
}
