/**
 * What looking for a tool, and bringing one, asks of the machine: one place for a test to stand in.
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";

/** The machine, as far as it matters. */
export interface Machine {
  readonly os: typeof Deno.build.os;
  /** The program that runs this. */
  readonly deno: string;
  /** May this process install what it likes? */
  readonly root: boolean;
  /** Would a service that a package brings be started? */
  readonly services: boolean;
  /** A variable of the environment. */
  variable(name: string): string | undefined;
  /** Is there a file of this name? */
  has(path: string): boolean;
  /** A folder for what is needed only until it is cleared. */
  folder(): string;
  /** Removes that folder. */
  clear(): void;
  /** Runs a command to its end, for so many seconds at most: why it failed, if it did. */
  run(words: string[], seconds: number): Promise<string | undefined>;
  /** Does something while no other run of the tests on this machine does. */
  alone<T>(task: () => Promise<T>): Promise<T>;
  /** Tells whoever waits, in one line. */
  tell(line: string): void;
}

/** Milliseconds to wait for another run of the tests. */
const PATIENCE = 300_000;

/** The real one. */
export class ThisMachine implements Machine {
  readonly os = Deno.build.os;
  #folder?: string;
  #over: AbortSignal;

  /** @param over ends what is run, and lets nothing more begin */
  constructor(over = new AbortController().signal) {
    this.#over = over;
  }

  get deno(): string {
    return Deno.execPath();
  }

  get root(): boolean {
    return Deno.uid() === 0;
  }

  get services(): boolean {
    return exists("/run/systemd/system");
  }

  variable(name: string): string | undefined {
    return Deno.env.get(name) || undefined;
  }

  has(path: string): boolean {
    return exists(path, { isFile: true });
  }

  folder(): string {
    return this.#folder ??= Deno.makeTempDirSync({ prefix: "parley-" });
  }

  async run([program, ...args]: string[], seconds: number): Promise<string | undefined> {
    const end = AbortSignal.any([this.#over, AbortSignal.timeout(seconds * 1_000)]);
    const late = "it took too long";
    if (end.aborted) return late;
    const env = { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C", NO_COLOR: "1" };
    const options = { args, env, stdin: "null", stdout: "null", stderr: "piped" } as const;
    let stop = () => {};
    try {
      const child = new Deno.Command(program!, { ...options, detached: true }).spawn();
      // Detached it leads a group, so that what it started itself ends with it.
      stop = () => kill(this.os === "windows" ? child.pid : -child.pid);
      end.addEventListener("abort", stop);
      const { success, code, stderr } = await child.output();
      if (success) return undefined;
      if (end.aborted) return late;
      return reason(new TextDecoder().decode(stderr)) || `it ended with ${code}`;
    } catch (error) {
      return (error as Error).message;
    } finally {
      end.removeEventListener("abort", stop);
    }
  }

  async alone<T>(task: () => Promise<T>): Promise<T> {
    // The one file that all runs on this machine have in common.
    using file = await Deno.open(this.deno);
    const end = performance.now() + PATIENCE;
    while (!await file.tryLock(true) && performance.now() < end) await wait(250);
    return await task();
  }

  tell(line: string) {
    Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
  }

  clear() {
    if (this.#folder) Deno.removeSync(this.#folder, { recursive: true });
  }
}

/** Of all that a command says on its way to failure: its first complaint, or its last line. */
function reason(said: string): string {
  const lines = stripVTControlCharacters(said).trim().split("\n");
  return lines.find((line) => /^E: |\b[Ee]rror\b|FATAL/.test(line)) ?? lines.at(-1)!;
}

/** Ends a process, or the group of a negative number. */
function kill(pid: number) {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

function exists(path: string, { isFile = false } = {}): boolean {
  try {
    const found = Deno.statSync(path);
    return !isFile || found.isFile;
  } catch {
    return false;
  }
}
