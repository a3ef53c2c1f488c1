/**
 * The front door: reads flags, opens the server, and closes it in good order on SIGINT or SIGTERM.
 *
 * @module
 */
import manifest from "./deno.json" with { type: "json" };
import { Hub } from "./hub.ts";
import { Filter } from "./hub/access/filter.ts";
import { clock } from "./hub/base/clock.ts";
import type { Soon } from "./hub/base/soon.ts";
import { type Kept, openEngine } from "./main/engine.ts";
import { environment, variables } from "./main/environment.ts";
import { helpOf, helpOfVariables, VARIABLE } from "./main/flags.ts";
import { identifierOf, sessionsOf } from "./main/identity.ts";
import { Listener, type ListenOptions } from "./main/listener.ts";
import { logger } from "./main/log.ts";
import { orRefuse, refuse } from "./main/refuse.ts";
import { readSecret } from "./main/secret.ts";
import { FLAGS, OTHERS, READ, readSettings } from "./main/settings.ts";
import { type Config, routes } from "./routes.ts";

const { version } = manifest;

const HELP = `Parley ${version}, a realtime chat server

${helpOf(FLAGS)}

DENO_SERVE_ADDRESS=tcp:HOST:PORT wins over --hostname and --port.

${helpOfVariables(FLAGS)}`;

/** How long a stopping server still answers that it is stopping, in milliseconds. */
const NOTICE = 1_000;
/** A signal so many milliseconds after another one is the same. */
const ECHO = 500;
/** How long a server takes to stop, in milliseconds. Deno Deploy kills it after 5,000. */
const LIMIT = 3_700;
/** How much of that is left for the engine, whatever the last requests take, in milliseconds. */
const LAST = 1_500;
/** What is told where instances share nothing, though there may be several of them. */
const ALONE = "every instance is a chat of its own: give them one Redis, with PARLEY_REDIS";

async function main() {
  const settings = orRefuse(() => readSettings(Deno.args, environment(READ)));
  if (!settings) {
    // deno-lint-ignore no-console
    return console.log(HELP);
  }
  const log = logger(settings["log-level"]);
  warnOfVariables(log);
  const { hostname, port, history, memory, announce, auth, guests } = settings;
  const secret = orRefuse(() => settings.secret && readSecret(settings.secret));
  const tokens = await identifierOf(auth, secret, log);
  const engine = await openEngine(settings, log);
  const note = settings.deployed && !settings.redis ? ALONE : undefined;
  const filter = settings.filter && new Filter({ ...settings.filter, log });
  const policy = { tokens: auth !== undefined, guests, names: settings.names };
  const bounds = { history, memory: memory * 1024 * 1024, announce };
  const hub = new Hub({ ...bounds, engine, policy, filter, log });
  const chat = routes(hub, {
    version,
    rate: settings.rate,
    burst: settings.burst,
    rateAddress: settings["rate-address"],
    trustProxy: settings["trust-proxy"],
    maxConnections: settings["max-connections"],
    origins: settings.origin,
    idleTimeout: settings["idle-timeout"],
    identifier: settings.names === "claimed" ? sessionsOf(hub, secret, tokens) : tokens,
    sessions: auth?.sessions,
    note,
    log,
  });
  const listener = listen({
    hostname,
    port,
    reusePort: settings["reuse-port"],
    handle: chat.handle,
    log,
  });
  outlive(log);
  stopInTime({ listener, chat, hub, engine, log });
  if (note) log("warn", "instances share nothing", { note });
  // Last: whoever waits for this line may send a signal at once.
  log("info", "start", { version, url: urlOf(listener.address) });
}

/** Tells of variables that look like flags, and are none: perhaps their names are misspelt. */
function warnOfVariables(log: Config["log"]) {
  const unknown = variables(VARIABLE).filter((name) => !READ.includes(name));
  for (const name of unknown) {
    if (!OTHERS.test(name)) log("warn", "unknown variable", { name });
  }
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

/** All that ends with the program. */
interface Running {
  listener: Listener;
  chat: ReturnType<typeof routes>;
  hub: Hub;
  engine?: Kept;
  log: Config["log"];
}

/**
 * Stops in good order on the first signal, and at once on the second; and with exit code 1 where only a
 * new process helps.
 */
function stopInTime({ listener, chat, hub, engine, log }: Running) {
  let stopping = false;
  async function stop(reason: string, code: number) {
    if (stopping) return;
    stopping = true;
    const until = performance.now() + LIMIT;
    log(code === 0 ? "info" : "error", "stop", { reason });
    chat.drain();
    await pause(NOTICE);
    await settled(listener.shutdown(), until - LAST);
    await settled(hub.end(), until);
    Deno.exit(code);
  }
  const settled = (end: Soon<void>, until: number) =>
    Promise.race([Promise.allSettled([end]), pause(until - performance.now())]);
  let signalled = -Infinity;
  const onSignal = () => {
    // Of one Ctrl-C a task is told twice: by the terminal, and by what runs it.
    const isEcho = clock.now() - signalled < ECHO;
    signalled = clock.now();
    if (stopping && !isEcho) Deno.exit(1);
    stop("signal", 0);
  };
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  listener.failed.then(() => stop("nobody can come in", 1));
  chat.exhausted.then(() => stop("too many file descriptors are lost", 1));
  engine?.failed?.then((why) => stop(`what is said cannot be kept: ${why}`, 1));
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

if (import.meta.main) main();
