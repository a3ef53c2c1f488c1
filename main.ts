/**
 * The front door: reads flags, opens the server, and closes it in good order on SIGINT or SIGTERM.
 *
 * @module
 */
import { parseArgs } from "node:util";
import manifest from "./deno.json" with { type: "json" };
import { Hub } from "./hub.ts";
import { Listener, type ListenOptions } from "./main/listener.ts";
import { type Config, routes } from "./routes.ts";

const HELP = `Parley ${manifest.version}, a realtime chat server

  --port N             port to listen on; 0: any that is free         8080
  --hostname NAME      address to listen on                           0.0.0.0
  --history N          chat messages held per room                    1000
  --memory N           MiB that all messages held may take together   256
  --rate N             commands per second per connection; 0: no limit  10
  --burst N            commands at once after a pause                 30
  --rate-address N     requests per second from one address, and in
                       proportion all else from there; 0: no limit,
                       which is the default with --rate 0             200
  --trust-proxy N      proxies whose X-Forwarded-* are believed       0
  --max-connections N  connections at the same time                   10000
  --announce N         people in a room above which nobody is told who
                       comes and goes, only how many are there        200
  --origin URL         origin whose pages may connect (repeatable)    any
  --idle-timeout N     seconds without a sign of life before a
                       connection is given up; 0: never               30
  --log-level LEVEL    debug, info, warn or error                     info
  --help               this text

DENO_SERVE_ADDRESS=tcp:HOST:PORT wins over --hostname and --port.`;

/** Most characters of a text in the log. */
const LONGEST = 200;
/** What `routes` makes. */
type Chat = ReturnType<typeof routes>;

const LEVELS = ["debug", "info", "warn", "error"] as const;
/** How long a stopping server still answers that it is stopping, in milliseconds. */
const NOTICE = 1_000;
/** How long a stopping server waits for its last requests, in milliseconds. */
const PATIENCE = 3_000;

/** Ends the program with one line; exit code 2 is a wrong call. */
function refuse(message: string, code = 2): never {
  // deno-lint-ignore no-console
  console.error(`parley: ${message}`);
  Deno.exit(code);
}

/** Reads `--rate -5` as `--rate=-5`, of which can be said what is wrong with it. */
function join(args: string[], arg: string): string[] {
  const flag = args.at(-1);
  const belongs = /^-\d/.test(arg) && flag?.startsWith("--") && !flag.includes("=");
  return belongs ? [...args.slice(0, -1), `${flag}=${arg}`] : [...args, arg];
}

function readFlags(args: string[]) {
  try {
    return parseArgs({
      args: args.reduce(join, []),
      options: {
        port: { type: "string", default: "8080" },
        hostname: { type: "string", default: "0.0.0.0" },
        history: { type: "string", default: "1000" },
        memory: { type: "string", default: "256" },
        rate: { type: "string", default: "10" },
        burst: { type: "string", default: "30" },
        "rate-address": { type: "string" },
        "trust-proxy": { type: "string", default: "0" },
        "max-connections": { type: "string", default: "10000" },
        announce: { type: "string", default: "200" },
        origin: { type: "string", multiple: true, default: [] },
        "idle-timeout": { type: "string", default: "30" },
        "log-level": { type: "string", default: "info" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    refuse(`${(error as Error).message.replaceAll("\n", " ")} (--help lists the flags)`);
  }
}

function whole(flag: string, text: string, least: number, most = 1_000_000): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  refuse(`--${flag} must be a whole number from ${least} to ${most}, not "${text}"`);
}

/** An origin as browsers send it: scheme, host and port, nothing after. */
function origin(text: string): string {
  if (URL.canParse(text) && new URL(text).origin === text) return text;
  refuse(`--origin must be an origin such as https://example.org, not "${text}"`);
}

/** Cuts short the texts of a log line: some of them come from strangers. */
const short = (_key: string, value: unknown) =>
  typeof value === "string" && value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;

/** What writes events of a level, and of those above it, to the log. */
export function logger(least: string): Config["log"] {
  const from = LEVELS.findIndex((level) => level === least);
  if (from < 0) refuse(`--log-level must be one of ${LEVELS.join(", ")}, not "${least}"`);
  return (level, event, fields = {}) => {
    if (LEVELS.indexOf(level) < from) return;
    // deno-lint-ignore no-console
    console.log(JSON.stringify({ time: new Date().toISOString(), level, event, ...fields }, short));
  };
}

function main() {
  const flags = readFlags(Deno.args);
  if (flags.help) {
    // deno-lint-ignore no-console
    return console.log(HELP);
  }
  const { version } = manifest;
  const log = logger(flags["log-level"]);
  const perAddress = flags["rate-address"];
  const port = whole("port", flags.port, 0, 65_535);
  const hub = new Hub({
    history: whole("history", flags.history, 1),
    memory: whole("memory", flags.memory, 16) * 1024 * 1024,
    announce: whole("announce", flags.announce, 0),
  });
  const chat = routes(hub, {
    version,
    rate: whole("rate", flags.rate, 0),
    burst: whole("burst", flags.burst, 1),
    rateAddress: perAddress === undefined ? undefined : whole("rate-address", perAddress, 0),
    trustProxy: whole("trust-proxy", flags["trust-proxy"], 0, 10),
    maxConnections: whole("max-connections", flags["max-connections"], 1),
    origins: flags.origin.map(origin),
    idleTimeout: whole("idle-timeout", flags["idle-timeout"], 0),
    log,
  });
  const listener = listen({
    hostname: flags.hostname,
    port,
    onListen: (address) => log("info", "start", { version, url: urlOf(address) }),
    handle: chat.handle,
    log,
  });
  outlive(log);
  stopInTime(listener, chat, log);
}

/** Opens the server, or ends the program with the reason why it cannot. */
function listen(options: ListenOptions): Listener {
  try {
    return new Listener(options);
  } catch (error) {
    const { hostname, port } = options;
    const why = error instanceof Deno.errors.AddrInUse
      ? "another program is listening there; choose another with --port"
      : (error as Error).message;
    refuse(`Cannot listen on ${hostname}:${port}: ${why}`, 1);
  }
}

/** Where this server is, as somebody on this machine would type it. */
function urlOf({ hostname, port }: { hostname: string; port: number }): string {
  const everywhere = hostname === "0.0.0.0" || hostname === "::";
  const host = everywhere ? "localhost" : hostname.includes(":") ? `[${hostname}]` : hostname;
  return `http://${host}:${port}/`;
}

/** Logs what nobody caught: one fault is no reason to end everybody's conversation. */
function outlive(log: Config["log"]) {
  addEventListener("error", (event) => {
    event.preventDefault();
    log("error", "uncaught", { error: String(event.error) });
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log("error", "uncaught", { error: String(event.reason) });
  });
}

/**
 * Stops in good order on the first signal, and at once on the second; and with exit code 1 where only a
 * new process helps.
 */
function stopInTime(listener: Listener, { drain, exhausted }: Chat, log: Config["log"]) {
  let stopping = false;
  async function stop(reason: string, code: number) {
    if (stopping) return;
    stopping = true;
    log(code === 0 ? "info" : "error", "stop", { reason });
    drain();
    await pause(NOTICE);
    await Promise.race([listener.shutdown(), pause(PATIENCE)]);
    Deno.exit(code);
  }
  const onSignal = () => stopping ? Deno.exit(1) : stop("signal", 0);
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  listener.failed.then(() => stop("nobody can come in", 1));
  exhausted.then(() => stop("too many file descriptors are lost", 1));
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

if (import.meta.main) main();
