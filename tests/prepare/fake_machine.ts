import type { Machine } from "./machine.ts";

/** A machine that a test makes up. */
export class FakeMachine implements Machine {
  os: Machine["os"] = "linux";
  deno = "/usr/bin/deno";
  root = true;
  services = false;
  variables: Record<string, string> = { PATH: "/usr/local/bin:/usr/bin" };
  files = new Set<string>();
  /** What a command does, by its words: it says why it failed, if it does. */
  commands: (words: string) => string | undefined = () => undefined;
  /** Commands that were run, and lines that were told. */
  readonly ran: string[] = [];
  readonly told: string[] = [];
  /** Does something happen that no other run of the tests may do meanwhile? */
  #alone = false;

  variable(name: string): string | undefined {
    return this.variables[name];
  }

  has(path: string): boolean {
    return this.files.has(path);
  }

  folder(): string {
    return "/tmp/empty";
  }

  clear() {}

  run(words: string[]): Promise<string | undefined> {
    this.ran.push((this.#alone ? "alone: " : "") + words.join(" "));
    return Promise.resolve(this.commands(words.join(" ")));
  }

  async alone<T>(task: () => Promise<T>): Promise<T> {
    this.#alone = true;
    try {
      return await task();
    } finally {
      this.#alone = false;
    }
  }

  tell(line: string) {
    this.told.push(line);
  }
}
