/**
 * The engine that the settings ask for.
 *
 * @module
 */
import type { Engine } from "../hub/engine/engine.ts";
import { RedisEngine } from "../hub/engine/redis.ts";
import { RedisError } from "../hub/engine/redis/link.ts";
import { SqliteEngine } from "../hub/engine/sqlite.ts";
import { StoreError } from "../hub/engine/sqlite/store.ts";
import type { Config } from "../routes.ts";
import { refuse } from "./refuse.ts";
import type { Data, Settings, Shared } from "./settings.ts";

/** An engine that may come to a point where only a new process helps. */
export interface Kept extends Engine {
  /** Resolves then, with the reason. */
  readonly failed?: Promise<string>;
}

/** Opens where what is said is kept, or ends the program with the reason why it cannot. */
export async function openEngine(
  { data, redis, deployed }: Settings,
  log: Config["log"],
): Promise<Kept | undefined> {
  if (data) return openData(data, log);
  if (!redis) return undefined;
  const engine = join(redis, log);
  const ready = whenReady(engine);
  // It is started there when it is published, perhaps before there is a Redis: it has to listen.
  if (deployed) {
    ready.catch(({ message }) => log("warn", "engine not ready", { error: message }));
  } else {
    await ready.catch(({ message }) => refuse(message, 1));
  }
  return engine;
}

function openData({ directory, ...options }: Data, log: Config["log"]): Kept {
  try {
    return SqliteEngine.open(directory, { ...options, log });
  } catch (error) {
    if (error instanceof StoreError) refuse(error.message, 1);
    throw error;
  }
}

function join({ url, ...options }: Shared, log: Config["log"]): RedisEngine {
  return new RedisEngine(url, { ...options, log });
}

/** Waits until a Redis can be used. @throws {RedisError} that says in one line why it cannot */
async function whenReady(engine: RedisEngine) {
  try {
    await engine.ready();
  } catch (error) {
    throw error instanceof RedisError ? error : new RedisError(`Cannot use Redis: ${error}`);
  }
}
