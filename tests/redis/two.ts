import { assertEquals } from "@std/assert";
import { RedisEngine, type RedisOptions } from "../../hub/engine/redis.ts";
import { ChatError } from "../../messages.ts";
import type { Proxy } from "../chat/proxy.ts";
import { Glass } from "../engine/contract.ts";
import { until } from "../support.ts";
import type { RedisServer } from "./server.ts";

/** Two nodes, as two engines on one Redis, each with a window onto one room; until they are disposed of. */
export class Two implements AsyncDisposable {
  readonly engines: RedisEngine[];
  readonly glasses = [new Glass(), new Glass()];
  /** What both windows must have: the id of each message that was acknowledged, by what it says. */
  readonly said = new Map<string, string>();
  /** Answers of `unavailable`. */
  refusals = 0;
  readonly prefix: string;
  #speaking = true;

  private constructor(urls: string[], prefix: string, options: RedisOptions) {
    this.prefix = prefix;
    this.engines = urls.map((url) => new RedisEngine(url, { prefix, ...options }));
  }

  /** @param urls where each of them finds Redis */
  static async meet(urls: string[], options: RedisOptions = {}): Promise<Two> {
    const two = new Two(urls, `${crypto.randomUUID()}:`, { look: 300, ...options });
    for (const [i, engine] of two.engines.entries()) {
      await engine.ready();
      await engine.open("#den", two.glasses[i]!);
    }
    return two;
  }

  /** Has the nodes talk while something happens. */
  async talk(meanwhile: () => Promise<unknown>) {
    this.#speaking = true;
    const speakers = this.engines.flatMap((engine, i) =>
      [1, 2, 3].map((j) => this.#speak(engine, `${i}${j}${crypto.randomUUID()}`))
    );
    try {
      await meanwhile();
    } finally {
      this.#speaking = false;
      await Promise.all(speakers);
    }
  }

  /** Says something until it is acknowledged. */
  async say(engine: RedisEngine, content: string) {
    while (true) {
      try {
        const draft = { username: "ann", content, room: "den", ref: content };
        this.said.set(content, (await engine.say(["#den"], draft)).entry.id);
        return;
      } catch (error) {
        if (!(error instanceof ChatError) || error.code !== "unavailable") throw error;
        this.refusals++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /** Waits until both windows have everything, and looks that it is there once and in one order. */
  async agree() {
    const told = () =>
      this.glasses.map(({ entries }) => entries.filter(({ type }) => type === "chat"));
    const has = (ids: string[]) => {
      const there = new Set(ids);
      return [...this.said.values()].every((id) => there.has(id));
    };
    await until(() => told().every((entries) => has(entries.map(({ id }) => id))));
    const [one, other] = told().map((entries) => entries.map(({ text }) => JSON.parse(text)));
    assertEquals(one, other);
    const contents = one!.map(({ content }) => content);
    assertEquals(contents.length, new Set(contents).size, "something was said twice");
    for (const { content, id } of one!) assertEquals(this.said.get(content), id);
  }

  async [Symbol.asyncDispose]() {
    await Promise.all(this.engines.map((engine) => engine.end()));
  }

  async #speak(engine: RedisEngine, who: string) {
    for (let i = 0; this.#speaking; i++) {
      await this.say(engine, `${who} ${i}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

/** Waits for so long. */
export const pass = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Another node, which comes to a Redis that has lost what was said since it was saved, and says something,
 * while the first of two is kept from it.
 *
 * @param proxy by which that one finds it, and which lets nothing pass afterwards
 */
export async function comeAfterLoss(server: RedisServer, proxy: Proxy, { prefix }: Two) {
  proxy.stall();
  await server.kill();
  await server.start();
  const engine = new RedisEngine(server.url, { prefix });
  await engine.ready();
  const glass = new Glass();
  await engine.open("#den", glass);
  const { entry } = await engine.say(["#den"], { username: "cid", content: "past", room: "den" });
  return { engine, glass, entry, [Symbol.asyncDispose]: () => engine.end() };
}
