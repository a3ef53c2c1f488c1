/**
 * The server as its users start it: a process of its own, on a free port.
 *
 * @module
 */

/** The top folder of the project. */
export const ROOT = new URL("../../", import.meta.url);

/** A running server, until it is disposed of. */
export class Server implements AsyncDisposable {
  #process: Deno.ChildProcess;
  readonly port: number;

  private constructor(process: Deno.ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  /** Starts one on a port (0: any free one), with further flags. */
  static async start(port = 0, ...flags: string[]): Promise<Server> {
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--allow-net", "--ignore-env", "main.ts"],
        ...["--hostname", "127.0.0.1", "--port", `${port}`, "--log-level", "info", ...flags],
      ],
      cwd: ROOT,
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const log = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n")) {
      const { value, done } = await log.read();
      if (done) throw new Error(`Cannot start the server: it ended after "${text}"`);
      text += value;
    }
    const { url } = JSON.parse(text.slice(0, text.indexOf("\n")));
    drain(log);
    return new Server(process, Number(new URL(url).port));
  }

  /** The address of the page. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Ends it without a chance to say goodbye. */
  async kill() {
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }

  async [Symbol.asyncDispose]() {
    try {
      await this.kill();
    } catch {
      // A test has killed it already.
    }
  }
}

/** Reads on and forgets: a pipe that fills up would stop the server. */
async function drain(log: ReadableStreamDefaultReader<string>) {
  while (!(await log.read()).done);
}
