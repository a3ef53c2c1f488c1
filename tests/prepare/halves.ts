/**
 * The tests in two processes beside each other: those with a browser, and all others. Either mostly waits,
 * so together they take little longer than one.
 *
 * @module
 */

/** What is tested with a browser. */
const BROWSER = "tests/browser";

/** The calls of `deno` that do what one call asks for: two where that is to run all tests. */
export function halvesOf(args: string[]): string[][] {
  const [command, ...others] = args;
  const isAll = command === "test" && others.every((arg) => arg.startsWith("--allow-"));
  return isAll ? [[...args, `--ignore=${BROWSER}`], [...args, BROWSER]] : [args];
}

/**
 * Runs some calls of a program beside each other. The first is heard at once, and each of the others once those
 * before it have ended, so that nothing is mixed up.
 *
 * @returns the first exit code that is not 0
 */
export async function runBeside(
  program: string,
  calls: string[][],
  env: Record<string, string>,
): Promise<number> {
  const [first, ...others] = calls.map((args, i) =>
    new Deno.Command(program, {
      ...{ args, env },
      ...(i === 0 ? {} : { stdout: "piped", stderr: "piped" }),
    }).spawn()
  );
  const listeners = pass([first!, ...others]);
  const ended = others.map((run) => run.output());
  const codes = [(await first!.status).code];
  for (const end of ended) {
    const { code, stdout, stderr } = await end;
    await say(stdout, Deno.stdout);
    await say(stderr, Deno.stderr);
    codes.push(code);
  }
  listeners[Symbol.dispose]();
  return codes.find((code) => code !== 0) ?? 0;
}

/** Passes on to what runs that it is to end. */
function pass(runs: Deno.ChildProcess[]): Disposable {
  const signals = Deno.build.os === "windows" ? [] : ["SIGINT", "SIGTERM"] as const;
  const running = new Set(runs);
  for (const run of runs) run.status.then(() => running.delete(run));
  const listeners = signals.map((signal) => {
    const listener = () => running.forEach((run) => run.kill(signal));
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  return { [Symbol.dispose]: () => listeners.forEach((remove) => remove()) };
}

function say(
  bytes: Uint8Array<ArrayBuffer>,
  { writable }: { writable: WritableStream<Uint8Array> },
) {
  return new Blob([bytes]).stream().pipeTo(writable, { preventClose: true });
}
