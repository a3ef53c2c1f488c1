/**
 * Redis, as a pair of servers of which one is the master, and the Sentinel that says which.
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import { RedisServer } from "../../redis/server.ts";

/** What the Sentinel calls the two. */
const NAME = "chat";
/**
 * Nothing that was acknowledged is lost with a process; and of two that take themselves for the master, only
 * the one with a replica may be written to.
 */
const SETTINGS = {
  ...{ appendonly: "yes", appendfsync: "always", "repl-diskless-sync-delay": "0" },
  ...{ "min-replicas-to-write": "1", "min-replicas-max-lag": "3" },
};
/** Milliseconds after which the Sentinel takes over from a master that is killed for good. */
const DOWN = 1_000;
/** Milliseconds for which it otherwise waits: longer than a master is ever away. */
const PATIENT = 120_000;
/** Milliseconds until a replica is told again whose it is. */
const AGAIN = 5_000;
/** Milliseconds for a failover, and for a replica to have everything. */
const PATIENCE = 30_000;
/** Milliseconds for which nothing is written until the master is another one. */
const PAUSE = 2 * PATIENCE;

/** A master, its replica, and a Sentinel; until it is disposed of. */
export class Store implements AsyncDisposable {
  #master: RedisServer;
  #replica: RedisServer;
  #sentinel: Sentinel;

  private constructor(master: RedisServer, replica: RedisServer, sentinel: Sentinel) {
    this.#master = master;
    this.#replica = replica;
    this.#sentinel = sentinel;
  }

  /** Starts all of it. @param path of `redis-server` */
  static async start(path: string): Promise<Store> {
    await using stack = new AsyncDisposableStack();
    const master = stack.use(await RedisServer.start(path, { settings: SETTINGS }));
    const replica = stack.use(await RedisServer.start(path, { settings: SETTINGS }));
    await replica.command("REPLICAOF", "127.0.0.1", `${master.port}`);
    const sentinel = stack.use(await Sentinel.start(path, master.port));
    stack.move();
    return new Store(master, replica, sentinel);
  }

  /** Where the master is. */
  get host(): string {
    return `127.0.0.1:${this.#master.port}`;
  }

  /** By which a node finds the master itself. */
  get url(): string {
    return `redis+sentinel://127.0.0.1:${this.#sentinel.port}/${NAME}`;
  }

  /** The master's process. */
  get pid(): number {
    return this.#master.pid;
  }

  /** Has the master do a command. */
  command(name: string, ...values: string[]): Promise<unknown> {
    return this.#master.command(name, ...values);
  }

  /** Kills the master, and starts it again after so many milliseconds. */
  async kill(pause: number) {
    await this.#master.kill();
    await wait(pause);
    await this.#master.start();
  }

  /** Stops the master for so many milliseconds. */
  async stop(milliseconds: number) {
    this.#master.signal("SIGSTOP");
    try {
      await wait(milliseconds);
    } finally {
      this.#master.signal("SIGCONT");
    }
  }

  /** Ends all connections of a type to the master. */
  async disconnect(type: "normal" | "pubsub") {
    await this.command("CLIENT", "KILL", "TYPE", type);
  }

  /**
   * Has the replica become the master. A Redis gives a replica what it has acknowledged only afterwards, so
   * that a failover may lose it; here nobody may write until the replica has everything, and so nothing is lost.
   *
   * @param killed is the master killed then, so that the Sentinel has to notice it itself?
   */
  async failover(killed: boolean) {
    const [old, next] = [this.#master, this.#replica];
    await this.#given(0);
    await old.command("CLIENT", "PAUSE", `${PAUSE}`, "WRITE");
    try {
      await this.#given(Number((await this.#state()).master_repl_offset));
      if (killed) {
        await this.#sentinel.set("down-after-milliseconds", DOWN);
        await old.kill();
      }
      await this.#sentinel.lead(next.port, !killed);
      // Whoever connects from now on is led to the other one.
      [this.#master, this.#replica] = [next, old];
      if (killed) await old.start();
      await old.command("REPLICAOF", "127.0.0.1", `${next.port}`);
    } finally {
      await this.#sentinel.set("down-after-milliseconds", PATIENT);
      if (!killed) await old.command("CLIENT", "UNPAUSE");
    }
  }

  /** Ends all at once, where nothing can be waited for. */
  remove() {
    for (const one of [this.#sentinel, this.#master, this.#replica]) one.remove();
  }

  async [Symbol.asyncDispose]() {
    await this.#sentinel[Symbol.asyncDispose]();
    await this.#replica[Symbol.asyncDispose]();
    await this.#master[Symbol.asyncDispose]();
  }

  /** How the master stands to its replica. */
  async #state(): Promise<Record<string, string>> {
    const text = await this.command("INFO", "replication") as string;
    const lines = text.split("\r\n").filter((line) => line.includes(":"));
    return Object.fromEntries(lines.map((line) => line.split(/:(.*)/).slice(0, 2)));
  }

  /** Waits until the replica has everything up to an offset; it may have to be told again whose it is. */
  async #given(offset: number) {
    let again = performance.now() + AGAIN;
    await eventually("a replica that has everything", async () => {
      const { slave0 = "" } = await this.#state();
      const [, has] = slave0.match(/state=online,offset=(\d+)/) ?? [];
      if (has !== undefined) return Number(has) >= offset;
      if (performance.now() < again) return false;
      again = performance.now() + AGAIN;
      await this.#replica.command("REPLICAOF", "127.0.0.1", `${this.#master.port}`);
      return false;
    });
  }
}

/** What knows which of two is the master, and makes the other one that. */
class Sentinel implements AsyncDisposable {
  #server: RedisServer;

  private constructor(server: RedisServer) {
    this.#server = server;
  }

  static async start(path: string, master: number): Promise<Sentinel> {
    const sentinel = [
      `sentinel monitor ${NAME} 127.0.0.1 ${master} 1`,
      `sentinel down-after-milliseconds ${NAME} ${PATIENT}`,
    ].join("\n");
    const started = new Sentinel(await RedisServer.start(path, { sentinel }));
    try {
      // It must know the replica before it can make it anything.
      await eventually("a Sentinel that knows the replica", async () => {
        const replicas = await started.command("REPLICAS", NAME) as unknown[];
        return replicas.length === 1;
      });
      return started;
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
  }

  get port(): number {
    return this.#server.port;
  }

  /** Has it do a command. */
  command(name: string, ...values: string[]): Promise<unknown> {
    return this.#server.command("SENTINEL", name, ...values);
  }

  /** Changes a setting. */
  async set(name: string, value: number) {
    await this.command("SET", NAME, name, `${value}`);
  }

  /** Waits until the master is the one on a port. @param asked shall it be asked for that, and not see it itself? */
  async lead(port: number, asked: boolean) {
    await this.set("failover-timeout", asked ? PATIENCE : DOWN * 3);
    await eventually("another master", async () => {
      const fields = await this.command("MASTER", NAME) as string[];
      const of = (name: string) => fields[fields.indexOf(name) + 1];
      if (of("port") === `${port}`) return true;
      // It may agree, and then give it up.
      if (asked && !of("flags")!.includes("failover_in_progress")) {
        await this.command("FAILOVER", NAME);
      }
      return false;
    });
  }

  /** Ends it at once. */
  remove() {
    this.#server.remove();
  }

  async [Symbol.asyncDispose]() {
    await this.#server[Symbol.asyncDispose]();
  }
}

/** Waits until something is so; to fail is not to be so. */
async function eventually(what: string, check: () => Promise<boolean>) {
  const end = performance.now() + PATIENCE;
  while (!await check().catch(() => false)) {
    if (performance.now() > end) throw new Error(`Cannot wait any longer for ${what}`);
    await wait(50);
  }
}
