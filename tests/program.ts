/**
 * The program in a process of its own, as `deno task start` runs it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import manifest from "../deno.json" with { type: "json" };

/** The top folder of the project. */
export const root = new URL("..", import.meta.url);
/** The words of the `start` task after `deno`, without the module it runs. */
const rights = manifest.tasks.start.command.split(" ").slice(1, -1);

/** A command that runs a module with the rights of `deno task start`, and with more flags of Deno. */
export function command(
  module: string,
  args: string[] = [],
  env: Record<string, string> = {},
  flags: string[] = [],
  files = 0,
) {
  const words = [Deno.execPath(), ...rights, ...flags, module, ...args];
  const limit = files === 0 ? [] : ["sh", "-c", `ulimit -n ${files}; exec "$@"`, "sh"];
  const [first, ...rest] = [...limit, ...words];
  return new Deno.Command(first!, {
    args: rest,
    cwd: root,
    env: { NO_COLOR: "1", ...env },
    stdout: "piped",
    stderr: "piped",
  });
}

/** The names of tasks in `deno.json`. */
export type Task = keyof typeof manifest.tasks;

/**
 * A command that runs what a task runs, in another directory, so that `./data` is there.
 *
 * @param args come after its own
 * @param options `module`: to be run in place of the task's, with its rights
 */
export function task(
  name: Task,
  cwd: string,
  args: string[] = [],
  { module, env = {}, stdin }: {
    module?: string;
    env?: Record<string, string>;
    /** Is {@linkcode run} to give it some input? */
    stdin?: "piped";
  } = {},
) {
  const words = manifest.tasks[name].command.split(" ").slice(1)
    .map((word) => word.endsWith(".ts") ? fileURLToPath(new URL(module ?? word, root)) : word);
  return new Deno.Command(Deno.execPath(), {
    args: [...words, ...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin,
    stdout: "piped",
    stderr: "piped",
  });
}

/** A command that runs the server as Deno Deploy does: with all permissions, no flags, and variables. */
export const deployed = (env: Record<string, string>): Deno.Command =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "main.ts"],
    cwd: root,
    env: {
      NO_COLOR: "1",
      PARLEY_HOSTNAME: "127.0.0.1",
      PARLEY_PORT: "0",
      PARLEY_RATE: "0",
      ...env,
    },
    stdout: "piped",
    stderr: "piped",
  });

/** Runs a command to its end. */
export async function run(command: Deno.Command, input?: string) {
  const child = command.spawn();
  const hung = setTimeout(() => child.kill("SIGKILL"), 20_000);
  if (input !== undefined) await new Blob([input]).stream().pipeTo(child.stdin);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(hung);
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** What all servers here are told: a free port of the loopback device, and no limit by address. */
const LOCAL = ["--hostname", "127.0.0.1", "--port", "0", "--rate-address", "0"];

/** How the program ended. */
export interface Ended {
  code: number;
  /** Its log, line by line. */
  // deno-lint-ignore no-explicit-any
  events: any[];
  stderr: string;
}

/** The running program. */
export class Program implements AsyncDisposable {
  /** `HOST:PORT` */
  readonly host: string;
  #child: Deno.ChildProcess;
  #log: { text: string };
  #ended: Promise<Ended>;

  private constructor(
    host: string,
    child: Deno.ChildProcess,
    log: { text: string },
    ended: Promise<Ended>,
  ) {
    this.host = host;
    this.#child = child;
    this.#log = log;
    this.#ended = ended;
  }

  /**
   * Starts it, by default on a free port of the loopback device and without a limit by address, as all
   * clients have the same there, and waits until it listens.
   *
   * @param files how many descriptors it may have; 0: as many as this process
   * @throws {Error} when it ends instead, with what it said
   */
  static start(
    args: string[] = [],
    env: Record<string, string> = {},
    flags: string[] = [],
    files = 0,
  ): Promise<Program> {
    return Program.spawn(command("main.ts", [...LOCAL, ...args], env, flags, files));
  }

  /** Starts it as `deno task start:durable` does, in a directory: what is said is in `data` there. */
  static durable(cwd: string, args: string[] = [], env: Record<string, string> = {}) {
    return Program.spawn(task("start:durable", cwd, [...LOCAL, ...args], { env }));
  }

  /** Starts what a command runs, as {@linkcode start} does. */
  static async spawn(command: Deno.Command): Promise<Program> {
    const child = command.spawn();
    const stderr = new Response(child.stderr).text();
    const started = Promise.withResolvers<string>();
    const log = { text: "" };
    const ended = (async () => {
      let listening = false;
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
        log.text += text;
        if (listening) continue;
        const [, url] = log.text.match(/"event":"start".*"url":"([^"]+)".*\n/) ?? [];
        if (url === undefined) continue;
        listening = true;
        started.resolve(url);
      }
      const { code } = await child.status;
      started.reject(new Error(`Cannot start the program: ${await stderr}`));
      return { code, events: eventsOf(log.text), stderr: await stderr };
    })();
    return new Program(new URL(await started.promise).host, child, log, ended);
  }

  /** How it was called, as everybody on this machine can see (Linux). */
  get words(): string {
    return Deno.readTextFileSync(`/proc/${this.#child.pid}/cmdline`);
  }

  /** Its log until now, line by line. */
  get events(): Ended["events"] {
    return eventsOf(this.#log.text);
  }

  get port(): number {
    return Number(this.host.split(":")[1]);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** How many file descriptors it has now, where the system tells (Linux). */
  get files(): number {
    return [...Deno.readDirSync(`/proc/${this.pid}/fd`)].length;
  }

  /** The address of the page. */
  get url(): string {
    return `http://${this.host}/`;
  }

  /** What it says of itself at `/api/stats`. */
  async stats(): Promise<Record<string, number>> {
    return await (await fetch(`http://${this.host}/api/stats`)).json();
  }

  /** Sends it a signal. */
  kill(signal: Deno.Signal) {
    this.#child.kill(signal);
  }

  /** Waits for its end. */
  ended(): Promise<Ended> {
    return this.#ended;
  }

  /** Ends it without a chance to say goodbye. */
  async crash() {
    try {
      this.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#ended;
  }

  async [Symbol.asyncDispose]() {
    await this.crash();
  }
}

/** The whole lines of a log. */
const eventsOf = (log: string): Ended["events"] =>
  log.split("\n").slice(0, -1).map((line) => JSON.parse(line));
