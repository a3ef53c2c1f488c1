/**
 * The front door: reads flags, opens the server, and closes it in good order on SIGINT or SIGTERM.
 *
 * @module
 */
import manifest from "./deno.json" with { type: "json" };
import { Hub } from "./hub.ts";
import type { Soon } from "./hub/base/soon.ts";
import type { Engine } from "./hub/engine/engine.ts";
import { RedisEngine } from "./hub/engine/redis.ts";
import { RedisError } from "./hub/engine/redis/link.ts";
import { SqliteEngine } from "./hub/engine/sqlite.ts";
import { StoreError } from "./hub/engine/sqlite/store.ts";
import { helpOf } from "./main/flags.ts";
import { Listener, type ListenOptions } from "./main/listener.ts";
import { logger } from "./main/log.ts";
import { orRefuse, refuse } from "./main/refuse.ts";
import { type Data, FLAGS, readSettings, type Shared } from "./main/settings.ts";
import { type Config, routes } from "./routes.ts";

const { version } = manifest;

const HELP = `Parley ${version}, a realtime chat server

${helpOf(FLAGS)}

DENO_SERVE_ADDRESS=tcp:HOST:PORT wins over --hostname and --port.`;

/** How long a stopping server still answers that it is stopping, in milliseconds. */
const NOTICE = 1_000;
/** How long a stopping server waits for its last requests, and for the disk, in milliseconds. */
const PATIENCE = 3_000;

async function main() {
  const settings = orRefuse(() => readSettings(Deno.args));
  if (!settings) {
    // deno-lint-ignore no-console
    return console.log(HELP);
  }
  const log = logger(settings["log-level"]);
  const { hostname, port, history, memory, announce, data, redis } = settings;
  const engine = data ? openEngine(data, log) : redis && await joinEngine(redis, log);
  const hub = new Hub({ history, memory: memory * 1024 * 1024, announce, engine });
  const chat = routes(hub, {
    version,
    rate: settings.rate,
    burst: settings.burst,
    rateAddress: settings["rate-address"],
    trustProxy: settings["trust-proxy"],
    maxConnections: settings["max-connections"],
    origins: settings.origin,
    idleTimeout: settings["idle-timeout"],
    log,
  });
  const listener = listen({ hostname, port, handle: chat.handle, log });
  outlive(log);
  stopInTime({ listener, chat, hub, engine, log });
  // Last: whoever waits for this line may send a signal at once.
  log("info", "start", { version, url: urlOf(listener.address) });
}

/** Opens what is kept, or ends the program with the reason why it cannot. */
function openEngine({ directory, ...options }: Data, log: Config["log"]): SqliteEngine {
  try {
    return SqliteEngine.open(directory, { ...options, log });
  } catch (error) {
    if (error instanceof StoreError) refuse(error.message, 1);
    throw error;
  }
}

/** Connects to the Redis that many servers share, or ends the program with the reason why it cannot. */
async function joinEngine({ url, ...options }: Shared, log: Config["log"]): Promise<RedisEngine> {
  const engine = new RedisEngine(url, { ...options, log });
  try {
    await engine.ready();
    return engine;
  } catch (error) {
    refuse(error instanceof RedisError ? error.message : `Cannot use Redis: ${error}`, 1);
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
  engine?: Engine & { failed?: Promise<string> };
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
    log(code === 0 ? "info" : "error", "stop", { reason });
    chat.drain();
    await pause(NOTICE);
    await settled(listener.shutdown());
    await settled(hub.end());
    Deno.exit(code);
  }
  const settled = (end: Soon<void>) => Promise.race([Promise.allSettled([end]), pause(PATIENCE)]);
  const onSignal = () => stopping ? Deno.exit(1) : stop("signal", 0);
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  listener.failed.then(() => stop("nobody can come in", 1));
  chat.exhausted.then(() => stop("too many file descriptors are lost", 1));
  engine?.failed?.then((why) => stop(`what is said cannot be kept: ${why}`, 1));
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

if (import.meta.main) main();
