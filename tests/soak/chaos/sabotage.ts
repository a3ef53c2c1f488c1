/**
 * Faults of a node that must be found: loaded before the program, `sabotage.ts?KIND` makes one of them.
 *
 * @module
 */
import { Hub } from "../../../hub.ts";
import { RedisEngine } from "../../../hub/engine/redis.ts";
import { Line } from "../../../hub/engine/redis/line.ts";
import { Link, Script } from "../../../hub/engine/redis/link.ts";
import type { Channel } from "../../../hub/engine/engine.ts";
import type { Entry } from "../../../hub/log/batch.ts";

/** It happens once in so many times. */
const SELDOM = 100;

/** What can be wrong, by its name. */
const FAULTS: Record<string, () => void> = {
  /** Readers of a node are not told some of what is said. */
  lose() {
    appendBy((append) => {
      const now = seldom();
      return (entry) => {
        if (!now() || entry.type !== "chat") append(entry);
      };
    });
  },
  /** Readers of a node are told some of it in another order. */
  swap() {
    appendBy((append) => {
      const now = seldom();
      let held: Entry | undefined;
      return (entry) => {
        if (!held && entry.type === "chat" && now()) {
          held = entry;
          return;
        }
        append(entry);
        if (held) append(held);
        held = undefined;
      };
    });
  },
  /** Some of what is said is published, and not kept. */
  forget() {
    const now = seldom();
    const run = Link.prototype.run;
    const add = "redis.call('XADD', channel.log";
    const forgets = new Map<string, Script>();
    Link.prototype.run = function (script, ...rest) {
      if (!script.text.includes(add) || !now()) return run.call(this, script, ...rest);
      const without = script.text.replace(/redis\.call\('XADD', channel\.log[^\n]*/, "");
      const other = forgets.get(script.sum) ?? new Script(without);
      forgets.set(script.sum, other);
      return run.call(this, other, ...rest);
    };
  },
  /** Some of it is said twice. */
  double() {
    const now = seldom();
    const add = Line.prototype.add;
    Line.prototype.add = async function (step) {
      if (step.kind === "chat" && now()) await add.call(this, { ...step, ref: "" });
      await add.call(this, step);
    };
  },
  /** Some private messages are told to somebody else as well. */
  stray() {
    const inboxes = new Set<Channel>();
    const say = RedisEngine.prototype.say;
    RedisEngine.prototype.say = function (channels, draft) {
      if (!channels[0]!.startsWith("@")) return say.call(this, channels, draft);
      const other = [...inboxes].find((inbox) => !channels.includes(inbox));
      for (const inbox of channels) inboxes.add(inbox);
      return say.call(this, other ? [...channels, other] : channels, draft);
    };
  },
  /** It takes more and more memory, and descriptors. */
  hoard() {
    const kept: unknown[] = [];
    setInterval(() => {
      kept.push(new Uint8Array(1024 * 1024).fill(1));
      kept.push(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
    }, 500);
  },
  /** Who goes stays in the lists. */
  haunt() {
    Hub.prototype.dismiss = () => undefined as never;
  },
};

/** Has every window of a node given what comes in another way. */
function appendBy(other: (append: (entry: Entry) => void) => (entry: Entry) => void) {
  const open = RedisEngine.prototype.open;
  RedisEngine.prototype.open = function (channel, window) {
    const append = other((entry) => window.append(entry));
    return open.call(this, channel, {
      begin: (origin) => window.begin(origin),
      append,
      lose: (id) => window.lose(id),
      miss: (id) => window.miss(id),
      tear: (id) => window.tear(id),
    });
  };
}

/** Is it so now? Every so many times. */
function seldom(): () => boolean {
  let count = 0;
  return () => ++count % SELDOM === 0;
}

const kind = new URL(import.meta.url).search.slice(1);
const make = FAULTS[kind];
if (!make) throw new Error(`Cannot sabotage by ${kind}: there are ${Object.keys(FAULTS)}`);
make();
