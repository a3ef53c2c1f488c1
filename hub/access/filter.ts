import { clearTimeout, setTimeout } from "node:timers";
import { ChatError, parseContent } from "../../messages.ts";
import { Histogram, Tally } from "../base/counts.ts";
import { clock } from "../base/clock.ts";
import { Limit } from "../base/limit.ts";
import { textOf } from "../base/text.ts";

/** What the service is asked about: a message that somebody wants to say. */
export interface Question {
  username: string;
  /** What is shown instead, where that differs. */
  name?: string;
  /** In a room, or else to somebody. */
  room?: string;
  to?: string;
  content: string;
}

/** How the service is asked. */
export interface FilterOptions {
  url: string;
  /** Milliseconds that an answer may take. @default 1000 */
  timeout?: number;
  /** What becomes of messages that it does not answer about: said, or refused? @default "closed" */
  fail?: "open" | "closed";
  /** Questions under way at the same time; up to 10,000 others wait for their turn. @default 256 */
  parallel?: number;
  /** Writes one event to the log. */
  log?(level: "info" | "warn", event: string, fields?: object): void;
}

/** What the service says. */
interface Verdict {
  allow: boolean;
  why?: string;
  content?: string;
}

/** Bytes of an answer. */
const ANSWER = 64 * 1024;
/** Milliseconds without a failure after which it answers again: it may fail now and then, and one line is enough. */
const CALM = 10_000;
/** Characters of why it refuses something. */
const WHY = 200;

/** Asks an operator's service about each message before it is said. */
export class Filter {
  /** What came of the questions. */
  readonly outcomes = new Tally(["allowed", "changed", "refused", "failed"]);
  /** Seconds that answers took, also those that did not come. */
  readonly seconds = new Histogram([0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]);
  #options: Required<Omit<FilterOptions, "parallel">>;
  #limit: Limit;
  /** When a question last failed, by `clock.now()`; undefined where it is known that it answers. */
  #failed?: number;

  constructor(options: FilterOptions) {
    const { url, timeout = 1_000, fail = "closed", parallel = 256, log = () => {} } = options;
    this.#options = { url, timeout, fail, log };
    const full = () => new Unanswered("too much waits for it");
    this.#limit = new Limit({ together: parallel, full });
  }

  /**
   * Asks about a message.
   *
   * @returns what may be said: its content, or what the service has made of it
   * @throws {ChatError} `forbidden`; `unavailable` where there is no answer
   */
  async ask(question: Question): Promise<string> {
    const began = clock.now();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.#options.timeout);
    try {
      const verdict = await this.#limit.do(() => this.#post(question, late.signal), late.signal);
      this.#hear();
      return this.#obey(verdict, question);
    } catch (fault) {
      if (fault instanceof ChatError) throw fault;
      return this.#fail(late.signal.aborted ? "it took too long" : whyOf(fault), question);
    } finally {
      clearTimeout(timer);
      this.seconds.record((clock.now() - began) / 1_000);
    }
  }

  #obey({ allow, why, content }: Verdict, question: Question): string {
    if (allow) {
      this.outcomes.count(content === undefined ? "allowed" : "changed");
      return content ?? question.content;
    }
    this.outcomes.count("refused");
    // It is about this message, and not about the room.
    throw new ChatError("forbidden", `Cannot say this${why === undefined ? "" : `: ${why}`}`);
  }

  /** Gives what becomes of a message about which there is no answer. */
  #fail(why: string, { content, room }: Question): string {
    this.outcomes.count("failed");
    const { fail, log } = this.#options;
    if (this.#failed === undefined) log("warn", "filter fails", { why, fail });
    this.#failed = clock.now();
    if (fail === "open") return content;
    throw new ChatError("unavailable", "Cannot say this now: nobody can look at it, try again", {
      room,
      retryAfter: 2_000,
    });
  }

  #hear() {
    if (this.#failed === undefined || clock.now() - this.#failed < CALM) return;
    this.#options.log("info", "filter answers");
    this.#failed = undefined;
  }

  async #post(question: Question, signal: AbortSignal): Promise<Verdict> {
    const answer = await fetch(this.#options.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(question),
      // Whoever it would lead to was not chosen by the operator.
      redirect: "manual",
      signal,
    });
    if (answer.status !== 200) {
      await answer.body?.cancel();
      throw new Unanswered(`it answers ${answer.status}`);
    }
    const text = await textOf(answer.body, ANSWER);
    if (text === undefined) throw new Unanswered(`its answer is over ${ANSWER} bytes`);
    return readVerdict(text);
  }
}

/** That there is no answer, for a reason that may be told. */
class Unanswered extends Error {}

/** Why there is no answer. What else it says may have an address in it, and that a secret. */
function whyOf(fault: unknown): string {
  return fault instanceof Unanswered ? fault.message : "it cannot be reached";
}

function readVerdict(text: string): Verdict {
  try {
    const { allow, why, content } = JSON.parse(text);
    if (typeof allow === "boolean") {
      return {
        allow,
        why: typeof why === "string" && why.trim() !== ""
          ? [...why.trim()].slice(0, WHY).join("")
          : undefined,
        content: content === undefined ? undefined : parseContent(content),
      };
    }
  } catch {
    // It is told below.
  }
  throw new Unanswered('its answer is not {"allow":true} or {"allow":false}');
}
