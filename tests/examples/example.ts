/** How an example is run. */
export interface ExampleOptions {
  /** Variables of its environment, beside those of the test. */
  env?: Record<string, string>;
  /** Which of its outputs is read. @default "stdout" */
  read?: "stdout" | "stderr";
}

/** An example in a process of its own: what it prints is read line by line. */
export class Example implements AsyncDisposable {
  #child: Deno.ChildProcess;
  #lines: AsyncGenerator<string, void>;
  #input: WritableStreamDefaultWriter<Uint8Array>;

  /** Starts it in the project's folder. What is not read appears among the test's own output. */
  constructor(command: string, args: string[], { env, read = "stdout" }: ExampleOptions = {}) {
    this.#child = new Deno.Command(command, {
      args,
      cwd: new URL("../..", import.meta.url),
      env: { NO_COLOR: "1", ...env },
      stdin: "piped",
      stdout: "inherit",
      stderr: "inherit",
      [read]: "piped",
    }).spawn();
    this.#lines = linesOf(this.#child[read]);
    this.#input = this.#child.stdin.getWriter();
  }

  /** The next line that looks so; those before it are passed over. @throws {Error} at the end */
  async find(pattern: RegExp): Promise<string> {
    while (true) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`Cannot find a line like ${pattern}: the example has ended`);
      if (pattern.test(value)) return value;
    }
  }

  /** Types a line into it. */
  async type(line: string) {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Asks it to stop as Ctrl-C does, and waits for its end. Gives its exit code. */
  async stop(): Promise<number> {
    this.#child.kill("SIGINT");
    return await this.end();
  }

  /** Ends its input and waits for its end. Gives its exit code. */
  async end(): Promise<number> {
    await this.#input.close().catch(() => {});
    // A program that nobody reads would wait at a full pipe.
    for await (const _line of this.#lines);
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose]() {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.end();
  }
}

async function* linesOf(
  output: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of output.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}
