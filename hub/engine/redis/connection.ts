import { clearTimeout, setTimeout } from "node:timers";
import { Redis } from "ioredis";
import type { Address } from "./address.ts";
import { adviceOnError, adviceOnServer, readServer } from "./advice.ts";
import { ENDED } from "./bounds.ts";

/** What a connection tells. */
export interface ConnectionEvents {
  /** Something was published. */
  message(name: string, text: string): void;
  /**
   * There is one, on which only the probe is subscribed to.
   *
   * @param before was there one before, and was it to the same process of Redis?
   */
  up(before: "none" | "same" | "another"): void;
  /** It was lost, and is being made again. */
  down(): void;
}

/** Milliseconds within which a first connection is there, or it is told why not. */
const START = 2_500;
/** Milliseconds until a connection is tried again: at first, and at most. */
const AGAIN = 50;
const LONG = 1_000;
/** Milliseconds that one attempt at connecting takes at most. */
const ATTEMPT = 3_000;

/** A connection to Redis that comes back by itself, and is used only once it is known what is at its end. */
export class Connection {
  readonly client: Redis;
  #address: Address;
  #probe: string;
  #events: ConnectionEvents;
  #isUp = false;
  #error?: string;
  /** Connections in a row that were of no use. */
  #failures = 0;
  /** The process that was last connected to. */
  #run = "";
  #first = Promise.withResolvers<void>();
  #reviver?: ReturnType<typeof setTimeout>;
  #ended = false;

  /** @param probe a name to which nobody else publishes */
  constructor(address: Address, probe: string, events: ConnectionEvents) {
    this.#address = address;
    this.#probe = probe;
    this.#events = events;
    this.client = new Redis({
      ...address,
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: null,
      connectTimeout: ATTEMPT,
      // What was asked for on it is asked for on the next one anyway.
      disconnectTimeout: 1,
      sentinelCommandTimeout: LONG,
      // Where a failover was asked for, the old master goes on for seconds as if nothing were.
      failoverDetector: address.sentinels !== undefined,
      sentinelReconnectStrategy: () => LONG,
      sentinelRetryStrategy: (times) => Math.min(AGAIN * times, LONG),
      retryStrategy: () => Math.min(AGAIN * ++this.#failures, LONG),
      // It has become a replica: the address may lead to another one by now. All that is under way fails so.
      reconnectOnError: ({ message }) =>
        message.startsWith("READONLY") && this.client.stream.writable,
    });
    this.client.on("error", ({ message, name }: Error) => this.#fail(message || name));
    this.client.on("sentinelError", ({ message }: Error) => this.#error = this.adviceOn(message));
    this.client.on("close", () => this.#drop());
    this.client.on("ready", () => this.#rise());
    this.client.on("end", () => this.#revive());
    this.client.on("message", (name: string, text: string) => {
      if (name !== probe) events.message(name, text);
    });
    // Who waits for the first is told; who comes later asks again.
    this.#first.promise.catch(() => {});
  }

  /** Can it be used? */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Why it cannot. */
  get trouble(): string {
    return this.#error ?? "there is no connection to Redis";
  }

  /** Connects. It goes on trying whether that succeeds or not. @throws {Error} that says what to do */
  async start() {
    const timer = setTimeout(() => this.#fail("it does not answer"), START);
    this.client.connect().catch(() => {});
    try {
      await this.#first.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Gives the connection up, in good order if whoever is at its end still reads; makes another one. */
  renew() {
    if (this.client.status === "ready") this.client.disconnect(true);
  }

  /** The same for one at whose end nobody reads: it would not be closed in good order. */
  destroy() {
    if (this.client.status !== "connecting") this.client.stream?.destroy();
  }

  /** Ends it for good. */
  async end() {
    this.#ended = true;
    clearTimeout(this.#reviver);
    this.#fail(ENDED);
    const isThere = ["connecting", "connect", "ready"].includes(this.client.status);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.client.once("end", resolve);
    this.client.disconnect();
    this.client.stream?.destroy();
    // While it waits to connect again, there is nothing that would end, but for its timer.
    if (!isThere) setTimeout(resolve, 5);
    this.#drop();
    await promise;
  }

  async #rise() {
    const { client } = this;
    const { connectionEpoch: nth } = client as unknown as { connectionEpoch: number };
    const isPast = () => nth !== (client as unknown as { connectionEpoch: number }).connectionEpoch;
    try {
      const server = readServer(await client.info());
      const advice = adviceOnServer(server);
      if (advice !== undefined) throw new Error(advice);
      // In an older protocol, nothing can be asked for on a connection that something is published on.
      await client.call("HELLO", "3");
      await client.subscribe(this.#probe);
      if (isPast() || client.status !== "ready") return;
      const before = this.#run === "" ? "none" : this.#run === server.run ? "same" : "another";
      this.#run = server.run;
      this.#failures = 0;
      this.#error = undefined;
      this.#isUp = true;
      this.#first.resolve();
      this.#events.up(before);
    } catch (error) {
      if (isPast()) return;
      const why = error instanceof Error ? error.message : String(error);
      // Why it cannot be written to any more is known then.
      if (!why.includes("writeable")) this.#fail(why);
      this.renew();
    }
  }

  /** Goes on where the client has given up, as when it hears of a failover while it asks the Sentinels for the master. */
  #revive() {
    if (this.#ended) return;
    this.#reviver = setTimeout(() => this.client.connect().catch(() => {}), AGAIN);
  }

  #fail(error: string) {
    // Of each of the Sentinels it was told already what is wrong.
    if (!/^All sentinels/.test(error)) this.#error = this.adviceOn(error);
    // Where none of the Sentinels can help, they are asked again for ever, and nothing is closed.
    this.#first.reject(new Error(this.trouble));
  }

  #drop() {
    const wasUp = this.#isUp;
    this.#isUp = false;
    this.#first.reject(new Error(this.adviceOn(this.#error ?? "the connection was closed")));
    if (wasUp) this.#events.down();
  }

  /** What an error means, and what to do. */
  adviceOn(error: string): string {
    return error.startsWith("Cannot ") ? error : adviceOnError(error, this.#address);
  }
}
