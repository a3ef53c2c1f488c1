/**
 * The servers that are measured: how to start each, pinned to a core, and what it needs.
 *
 * @module
 */
import type { DialectName } from "./load/dialects.ts";
import type { Target } from "./load/crowd.ts";
import { freePort, launch } from "./launch.ts";

/** One server that is measured. */
export interface Contender {
  /** As `--only` names it. */
  name: string;
  title: string;
  dialect: DialectName;
  /** Does it understand `since`? @default false */
  replay?: boolean;
  /** Does it keep what is said in a directory? It gets a fresh one whenever it starts. @default false */
  durable?: boolean;
  /** Environment variables that it is started with, given that directory. */
  env?(directory: string): Record<string, string>;
  /** The command line that serves on a port, and keeps what is said in a directory if it is durable. */
  command(port: number, directory: string): string[];
  /** The command line that tells the version of what it runs on; fails when that is missing. */
  version: string[];
  /** What of `prepare` it needs. */
  needs?: "npm" | "go";
}

const home = new URL(".", import.meta.url);
const path = (relative: string) => new URL(relative, home).pathname;

// As docs/operations.md installs it, without what would distort a measurement: the limit on commands,
// and notices of arrival, which no peer sends.
export const serve = (root: string, port: number, directory?: string): string[] => [
  ...[Deno.execPath(), "run", "--v8-flags=--max-semi-space-size=4"],
  ...["--no-prompt", "--allow-net", "--ignore-env"],
  ...directory ? [`--allow-read=${directory}`, `--allow-write=${directory}`] : [],
  ...[`${root}main.ts`, "--port", String(port), "--announce", "0", "--log-level", "error"],
  // All load comes from one address.
  ...["--rate", "0", "--rate-address", "0"],
  ...directory ? ["--data", directory] : [],
];
const parley = (port: number) => serve(path("../"), port);
const durable = (port: number, directory: string) => serve(path("../"), port, directory);

const bun = path("peers/node_modules/.bin/bun");
const chat = path("peers/bin/chat");

/** All servers, in the order of the report. */
export const contenders: Contender[] = [
  {
    name: "parley-v1",
    title: "Parley, chat.v1",
    dialect: "v1",
    replay: true,
    command: parley,
    version: [Deno.execPath(), "--version"],
  },
  {
    name: "parley",
    title: "Parley, plain",
    dialect: "plain",
    replay: true,
    command: parley,
    version: [Deno.execPath(), "--version"],
  },
  {
    name: "parley-sqlite",
    title: "Parley, chat.v1, on disk",
    dialect: "v1",
    replay: true,
    durable: true,
    command: durable,
    version: [Deno.execPath(), "--version"],
  },
  {
    name: "bun",
    title: "Bun, native publish",
    dialect: "plain",
    command: (port) => [bun, path("peers/bun.js"), String(port)],
    version: [bun, "--version"],
    needs: "npm",
  },
  {
    name: "go-batch",
    title: "Go + gorilla, batched",
    dialect: "v1",
    command: (port) => [chat, "-batch", "-addr", `127.0.0.1:${port}`],
    version: ["go", "version"],
    needs: "go",
  },
  {
    name: "go",
    title: "Go + gorilla",
    dialect: "plain",
    command: (port) => [chat, "-addr", `127.0.0.1:${port}`],
    version: ["go", "version"],
    needs: "go",
  },
  {
    name: "node",
    title: "Node + ws",
    dialect: "plain",
    command: (port) => ["node", path("peers/node_ws.js"), String(port)],
    version: ["node", "--version"],
    needs: "npm",
  },
  {
    name: "socket.io",
    title: "Node + Socket.IO",
    dialect: "socket.io",
    command: (port) => ["node", path("peers/socket_io.js"), String(port)],
    version: ["node", "--version"],
    needs: "npm",
  },
  {
    name: "deno",
    title: "Deno, callbacks",
    dialect: "plain",
    command: (port) => [Deno.execPath(), "run", "-A", path("peers/deno.js"), String(port)],
    version: [Deno.execPath(), "--version"],
  },
];

/** Parley of another version, whose files are in `root`, as one that is measured beside this version's. */
export function ofVersion(contender: Contender, version: string, root: string): Contender {
  return {
    ...contender,
    name: `${contender.name}@${version}`,
    title: `${contender.title}, ${version}`,
    command: (port) => serve(`${root}/`, port),
  };
}

/** With what every server is started: as in earnest, and without colours. */
export const QUIET: Record<string, string> = { NODE_ENV: "production", NO_COLOR: "1" };

/** A server under way. */
export interface RunningServer extends AsyncDisposable {
  target: Target;
}

/** How a server is started. */
export interface StartOptions {
  /** The only core that it may run on. @default any */
  core?: number;
  /** Where it keeps what is said. @default a directory of its own, until it is disposed of */
  directory?: string;
}

/**
 * Starts a server and waits until it takes connections.
 *
 * @throws {Error} with what the server said last, when it ends or takes over 10 s
 */
export async function start(
  contender: Contender,
  { core, directory }: StartOptions = {},
): Promise<RunningServer> {
  const port = freePort();
  const own = contender.durable && directory === undefined ? await Deno.makeTempDir() : undefined;
  const data = own ?? directory ?? "";
  await using begun = new AsyncDisposableStack();
  if (own) begun.defer(() => Deno.remove(own, { recursive: true }));
  const { pid } = begun.use(
    await launch({
      title: contender.title,
      command: contender.command(port, data),
      port,
      core,
      env: { ...QUIET, ...contender.env?.(data) },
    }),
  );
  const { dialect, replay = false } = contender;
  const all = begun.move();
  return {
    target: { port, dialect, replay, pid },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
