/**
 * Starts programs that listen on a port, and ends them.
 *
 * @module
 */

/** A program that is to be started. */
export interface Program {
  /** As errors name it. */
  title: string;
  command: string[];
  /** The port on which it will listen. */
  port: number;
  /** The only core that it may run on. @default any */
  core?: number;
  env?: Record<string, string>;
}

/** A program under way. */
export interface Launched extends AsyncDisposable {
  pid: number;
  /** Is settled once it has ended. */
  ended: Promise<unknown>;
}

/** A command line that keeps a process on one core, where the system can. */
export function pinned(core: number | undefined, command: string[]): string[] {
  return core === undefined ? command : ["taskset", "-c", String(core), ...command];
}

/** A port nobody listens on now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/**
 * Starts a program and waits until it takes connections.
 *
 * @throws {Error} with what it said last, when it ends or takes over 10 s
 */
export async function launch({ title, command, port, core, env }: Program): Promise<Launched> {
  const [program, ...args] = pinned(core, command);
  const child = new Deno.Command(program!, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    env,
  }).spawn();
  let isOver = false;
  const said = new Response(child.stderr).text();
  const ended = child.status.finally(() => isOver = true);
  const stop = async () => {
    if (!isOver) child.kill("SIGKILL");
    await ended;
    await said;
  };

  const deadline = Date.now() + 10_000;
  while (!await answers(port)) {
    if (isOver || Date.now() > deadline) {
      await stop();
      const last = (await said).trim().split("\n").at(-1);
      const why = last || (Date.now() > deadline ? "it does not listen after 10 s" : "it ended");
      throw new Error(`Cannot start ${title}: ${why}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return { pid: child.pid, ended, [Symbol.asyncDispose]: stop };
}

async function answers(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}
