/** A program that runs beside a test: what it prints is read line by line. */
export class Program implements AsyncDisposable {
  #child: Deno.ChildProcess;
  #lines: AsyncGenerator<string, void>;
  #input: WritableStreamDefaultWriter<Uint8Array>;

  /** Starts it in the project's folder. Errors it prints appear among those of the test. */
  constructor(command: string, args: string[], env: Record<string, string> = {}) {
    this.#child = new Deno.Command(command, {
      args,
      cwd: new URL("..", import.meta.url),
      env: { NO_COLOR: "1", ...env },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#lines = linesOf(this.#child.stdout);
    this.#input = this.#child.stdin.getWriter();
  }

  /** The next line that it prints. @throws {Error} when it ends without one */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("Cannot wait for a line: the program has ended");
    return value;
  }

  /** The next line that looks so; those before it are passed over. */
  async find(pattern: RegExp): Promise<string> {
    while (true) {
      const line = await this.line();
      if (pattern.test(line)) return line;
    }
  }

  /** Types a line into it. */
  async type(line: string) {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Asks it to stop as Ctrl-C does, and waits. Gives its exit code. */
  async stop(signal: Deno.Signal = "SIGINT"): Promise<number> {
    this.#child.kill(signal);
    return await this.ended();
  }

  /** Waits for its end. Gives its exit code. */
  async ended(): Promise<number> {
    // A program that nobody listens to may stop at a full pipe.
    for await (const _line of this.#lines);
    const { code } = await this.#child.status;
    await this.#input.close().catch(() => {});
    return code;
  }

  async [Symbol.asyncDispose]() {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.ended();
  }
}

async function* linesOf(output: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of output.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}
