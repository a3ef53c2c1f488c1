import { freePort, launch, type Launched } from "../launch.ts";

/** Milliseconds for which a Redis that has ended is away. */
const AWAY = 500;

/** A `redis-server` of the benchmark's own, which comes back by itself when somebody kills it. */
export class RedisProcess implements AsyncDisposable {
  readonly port = freePort();
  #folder: string;
  #settings: Record<string, string>;
  #core?: number;
  #process!: Launched;
  #isOver = false;
  #starting: Promise<void>;

  private constructor(folder: string, settings: Record<string, string>, core?: number) {
    this.#folder = folder;
    this.#settings = settings;
    this.#core = core;
    this.#starting = this.#start();
  }

  /** Starts one. @param settings in the words of `redis.conf` @param core the only one that it may run on */
  static async start(settings: Record<string, string>, core?: number): Promise<RedisProcess> {
    const folder = await Deno.makeTempDir({ prefix: "parley-bench-redis-" });
    const redis = new RedisProcess(folder, settings, core);
    await redis.#starting;
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process.pid;
  }

  async [Symbol.asyncDispose]() {
    this.#isOver = true;
    await this.#starting.catch(() => {});
    await this.#process[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #start() {
    const settings = {
      ...{ port: `${this.port}`, bind: "127.0.0.1", dir: this.#folder, save: "" },
      ...{ daemonize: "no", logfile: "redis.log" },
      ...this.#settings,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const { port } = this;
    const command = ["redis-server", ...args];
    this.#process = await launch({ title: "Redis", command, port, core: this.#core });
    this.#process.ended.then(() => {
      if (!this.#isOver) this.#starting = this.#return();
    });
  }

  async #return() {
    await new Promise((resolve) => setTimeout(resolve, AWAY));
    if (!this.#isOver) await this.#start();
  }
}
