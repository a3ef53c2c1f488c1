/**
 * The front door: reads flags, opens the server, and closes it in good order on SIGINT or SIGTERM.
 *
 * @module
 */
import { parseArgs } from "node:util";
import config from "./deno.json" with { type: "json" };
import { Hub } from "./hub.ts";
import { routes } from "./routes.ts";

const HELP = `Parley ${config.version}, a realtime chat server

  --port N               port to listen on                        8080
  --hostname NAME        address to listen on                     0.0.0.0
  --history N            chat messages held per room              1000
  --rate N               commands per second per connection; 0: no limit   10
  --burst N              commands at once after a pause           30
  --max-connections N    connections at the same time             10000
  --origin URL           allowed origin of browsers (repeatable)  any
  --log-level LEVEL      debug, info, warn, error                 info
  --help                 this text`;

const LEVELS = ["debug", "info", "warn", "error"] as const;

/** Ends the program with one line; exit code 2 is a wrong call. */
function refuse(message: string, code = 2): never {
  // deno-lint-ignore no-console
  console.error(`parley: ${message}`);
  Deno.exit(code);
}

function readFlags() {
  try {
    return parseArgs({
      args: Deno.args,
      options: {
        port: { type: "string", default: "8080" },
        hostname: { type: "string", default: "0.0.0.0" },
        history: { type: "string", default: "1000" },
        rate: { type: "string", default: "10" },
        burst: { type: "string", default: "30" },
        "max-connections": { type: "string", default: "10000" },
        origin: { type: "string", multiple: true, default: [] },
        "log-level": { type: "string", default: "info" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    refuse(`${(error as Error).message.split("\n")[0]} (--help lists the flags)`);
  }
}

function whole(flag: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most)) {
    refuse(`--${flag} must be a whole number from ${least} to ${most}, not "${text}"`);
  }
  return value;
}

if (import.meta.main) {
  const flags = readFlags();
  if (flags.help) {
    // deno-lint-ignore no-console
    console.log(HELP);
    Deno.exit(0);
  }
  const level = LEVELS.indexOf(flags["log-level"] as typeof LEVELS[number]);
  if (level < 0) refuse(`--log-level must be one of ${LEVELS.join(", ")}`);
  const log = (at: typeof LEVELS[number], event: string, fields: object = {}) => {
    if (LEVELS.indexOf(at) < level) return;
    // deno-lint-ignore no-console
    console.log(JSON.stringify({ time: new Date().toISOString(), level: at, event, ...fields }));
  };

  const hub = new Hub({ history: whole("history", flags.history, 1, 1_000_000) });
  const { handle, drain } = routes(hub, {
    version: config.version,
    rate: whole("rate", flags.rate, 0, 1_000_000),
    burst: whole("burst", flags.burst, 1, 1_000_000),
    maxConnections: whole("max-connections", flags["max-connections"], 1, 1_000_000),
    origins: flags.origin,
    log,
  });

  let server: Deno.HttpServer;
  try {
    server = Deno.serve({
      port: whole("port", flags.port, 0, 65_535),
      hostname: flags.hostname,
      onListen: ({ hostname, port }) =>
        log("info", "start", { version: config.version, url: `http://${hostname}:${port}/` }),
    }, handle);
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse ? "it is in use" : (error as Error).message;
    refuse(`Cannot listen on ${flags.hostname}:${flags.port}: ${why}`, 1);
  }

  let stopping = false;
  const stop = async () => {
    if (stopping) Deno.exit(1);
    stopping = true;
    log("info", "stop");
    drain();
    await Promise.race([server.shutdown(), new Promise((resolve) => setTimeout(resolve, 4_000))]);
    Deno.exit(0);
  };
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
}
