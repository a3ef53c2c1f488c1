import manifest from "../../deno.json" with { type: "json" };
import { root, type Task } from "../program.ts";
import { within } from "../within.ts";
import { Issuer } from "./issuer.ts";
import type { Place } from "./siege.ts";
import type { Known } from "./target.ts";
import { Vitals } from "./vitals.ts";

/** Whose pages the server lets in. */
const ORIGIN = "https://chat.example";

/** What its sessions are signed with, where it takes tokens. */
const SECRET = "a secret that is long enough for this: 0123456789";

/** What it is started with: the limits of the default, but for a pair that says a lot. */
const FLAGS = [
  ...["--hostname", "127.0.0.1", "--port", "0", "--origin", ORIGIN],
  ...["--rate", "25", "--burst", "100"],
];

/**
 * Our own server, started as `deno task start` does, until it is disposed of. Its log goes to a file: a pipe
 * would hold it up whenever this process, which attacks it, has no time to read.
 */
export class Ours implements AsyncDisposable {
  /** `HOST:PORT` */
  readonly host: string;
  #child: Deno.ChildProcess;
  #folder: string;
  /** What else is known of it. */
  #known: Known;

  private constructor(host: string, child: Deno.ChildProcess, folder: string, known: Known) {
    this.host = host;
    this.#child = child;
    this.#folder = folder;
    this.#known = known;
  }

  /** Starts it, and waits until it listens. @throws {Error} when it ends instead */
  static start(flags: readonly string[] = []): Promise<Ours> {
    return Ours.#start("start", flags, {});
  }

  /** Starts one in which names belong to the guests who took them. */
  static claimed(): Promise<Ours> {
    return Ours.#start("start", ["--names", "claimed"], { claimed: true });
  }

  /** Starts one that takes tokens, and guests too, so that these can try to pass for others. */
  static async guarded(): Promise<Ours> {
    const issuer = await Issuer.make();
    const flags = ["--auth", `jwks:${issuer.url}`, "--guests", "on", "--sessions", "1h"];
    return await Ours.#start("start:env", flags, { claimed: true, issuer, secrets: [SECRET] });
  }

  static async #start(task: Task, flags: readonly string[], known: Known): Promise<Ours> {
    const folder = await Deno.makeTempDir({ prefix: "hostile-" });
    await Deno.writeTextFile(logOf(folder), "");
    const words = manifest.tasks[task].command.split(" ").slice(1);
    const child = new Deno.Command("sh", {
      args: ["-c", 'exec "$@" >"$0"', logOf(folder), Deno.execPath(), ...words, ...FLAGS, ...flags],
      cwd: root,
      env: { NO_COLOR: "1", ...known.issuer && { PARLEY_SECRET: SECRET } },
    }).spawn();
    const ended = child.status.then(() => true);
    const soon = () => new Promise<false>((resolve) => setTimeout(resolve, 20, false));
    let url: string | undefined;
    while (url === undefined && !await Promise.race([ended, soon()])) {
      url = events(folder).find(({ event }) => event === "start")?.url as string | undefined;
    }
    const ours = new Ours(url ? new URL(url).host : "", child, folder, known);
    if (url !== undefined) return ours;
    await ours[Symbol.asyncDispose]();
    throw new Error("Cannot start the server to attack");
  }

  /** Its log until now, line by line. */
  get events(): Record<string, unknown>[] {
    return events(this.#folder);
  }

  /** How many file descriptors it has now. */
  get files(): number {
    return [...Deno.readDirSync(`/proc/${this.#child.pid}/fd`)].length;
  }

  /** What is known of it. */
  place(seed: number): Place {
    const { issuer } = this.#known;
    const { pid } = this.#child;
    const token = issuer && ((username: string) => issuer.token(username));
    const schedule = Deno.build.os === "linux" ? `/proc/${pid}/task/${pid}/schedstat` : undefined;
    return {
      ...this.#known,
      seed,
      loopback: true,
      guarded: true,
      letters: { from: "127.0.0.2", token, schedule },
      vitals: new Vitals(this),
    };
  }

  async [Symbol.asyncDispose]() {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await within(this.#child.status, "the end of the server");
    await this.#known.issuer?.[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

const logOf = (folder: string) => `${folder}/log`;

/** The whole lines of a log. */
const events = (folder: string): Record<string, unknown>[] =>
  Deno.readTextFileSync(logOf(folder)).split("\n").slice(0, -1).map((line) => JSON.parse(line));
