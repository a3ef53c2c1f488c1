import { Program } from "../../program.ts";

/** Loaded before the program: its machine's clock is a minute ahead. */
const ahead = new URL("../../chat/ahead.ts", import.meta.url).pathname;

/** The program, which is killed and starts again where it was. */
export class Server implements AsyncDisposable {
  /** What it has said of faults of its own. */
  readonly faults: string[] = [];
  #program: Program;
  #args: string[];
  #env: Record<string, string>;
  #flags: string[];

  private constructor(
    program: Program,
    args: string[],
    env: Record<string, string>,
    flags: string[],
  ) {
    this.#program = program;
    this.#args = args;
    this.#env = env;
    this.#flags = flags;
  }

  /**
   * Starts it.
   *
   * @param directory where it keeps what is said; without it, in memory
   * @param env variables that it is started with
   */
  static async start(directory?: string, env: Record<string, string> = {}): Promise<Server> {
    const args = ["--rate", "0", ...directory ? ["--data", directory] : []];
    const flags = directory ? [`--allow-read=${directory}`, `--allow-write=${directory}`] : [];
    return new Server(await Program.start(args, env, flags), args, env, flags);
  }

  get host(): string {
    return this.#program.host;
  }

  /**
   * Kills it where it stands, and starts it again at once on the same port.
   *
   * @param early shall its clock be a minute ahead?
   * @throws {Error} when it does not start, with what it said
   */
  async kill(early: boolean) {
    const port = String(this.#program.port);
    await this[Symbol.asyncDispose]();
    const flags = [...this.#flags, ...early ? ["--preload", ahead] : []];
    this.#program = await Program.start([...this.#args, "--port", port], this.#env, flags);
  }

  async [Symbol.asyncDispose]() {
    await this.#program.crash();
    const { events, stderr } = await this.#program.ended();
    const told = events.filter(({ level }) => level === "error").map((event) =>
      JSON.stringify(event)
    );
    this.faults.push(...told, ...stderr ? [stderr] : []);
  }
}
