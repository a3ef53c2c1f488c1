/** What Redis' one core does for a chat of many nodes, measured call by call. */
import { Redis } from "ioredis";
import { RedisEngine } from "../../hub/engine/redis.ts";
import { Keys } from "../../hub/engine/redis/keys.ts";
import type { Channel, Engine, Window } from "../../hub/engine/engine.ts";
import { contentOf } from "../load/marker.ts";
import { cpuTime } from "../load/usage.ts";
import { median } from "../statistics.ts";
import { RedisProcess } from "./redis.ts";

const PREFIX = "cost:";
/** Rooms in which something is said at the same time: each has one call under way. */
const ROOMS = 16;
/** Rooms that are looked over. */
const IDLE = 2_000;
/** Messages of a call, and nodes that it is told. */
export const STEPS = [1, 10, 100];
export const NODES = [2, 10, 50];

/** CPU time of Redis in µs. */
export interface RedisCosts {
  /** Of a call, by messages in it and by nodes that are told: `calls[steps][nodes]`. */
  calls: number[][];
  /** Of looking how one room stands. */
  look: number;
  /** Of somebody's coming into a room and leaving it; undefined where nobody is told of that. */
  visit?: number;
}

/** Measures it. @param milliseconds for which each is measured @param core the only one that Redis may run on */
export async function measureRedis(
  { milliseconds, repeat, core }: { milliseconds: number; repeat: number; core?: number },
): Promise<RedisCosts> {
  const cost = async (measured: () => Promise<number>) => {
    const values = [];
    for (let i = 0; i < repeat; i++) values.push(await measured());
    return median(values);
  };
  const calls: number[][] = [];
  for (const steps of STEPS) {
    const row = [];
    for (const nodes of NODES) row.push(await cost(() => say(steps, nodes, milliseconds, core)));
    calls.push(row);
  }
  const look = await cost(() => lookOver(milliseconds, core));
  return { calls, look, visit: await visit(milliseconds, core) };
}

/** Does something again and again, and gives Redis' CPU time for each time, in µs. */
async function during(pid: number, milliseconds: number, act: () => Promise<number>) {
  // The first ones make Redis know the scripts.
  await act();
  const began = performance.now();
  const before = cpuTime(pid);
  let count = 0;
  while (performance.now() - began < milliseconds) count += await act();
  return (cpuTime(pid) - before) * 1_000 / count;
}

async function say(steps: number, nodes: number, milliseconds: number, core?: number) {
  await using redis = await RedisProcess.start({}, core);
  const rooms = Array.from({ length: ROOMS }, (_, i) => `room${i}`);
  const keys = new Keys(PREFIX);
  const listeners = await Promise.all(Array.from({ length: nodes }, async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: redis.port });
    const names = rooms.map((room) => keys.live(`#${room}`)).join(" ");
    await connection.write(new TextEncoder().encode(`SUBSCRIBE ${names}\r\n`));
    return { connection, heard: connection.readable.pipeTo(new WritableStream()).catch(() => {}) };
  }));
  const engine = new RedisEngine(redis.url, { prefix: PREFIX });
  await engine.ready();
  const content = contentOf(0, 0, 0, 64);
  try {
    return await during(redis.pid, milliseconds, async () => {
      await Promise.all(rooms.flatMap((room) =>
        Array.from(
          { length: steps },
          () => engine.say([`#${room}`], { username: "user0001", content, room }),
        )
      ));
      return ROOMS;
    });
  } finally {
    await engine.end();
    for (const { connection } of listeners) connection.close();
    await Promise.all(listeners.map(({ heard }) => heard));
  }
}

/** A window that nobody looks through. */
const BLIND: Window = { begin() {}, append() {}, lose() {}, miss() {}, tear() {} };

async function lookOver(milliseconds: number, core?: number) {
  await using redis = await RedisProcess.start({}, core);
  const engine = new RedisEngine(redis.url, { prefix: PREFIX, look: 50 });
  await engine.ready();
  try {
    for (let i = 0; i < IDLE; i += 200) {
      await Promise.all(Array.from({ length: 200 }, async (_, j) => {
        const room = `room${i + j}`;
        await engine.say([`#${room}`], { username: "user0001", content: "hello", room });
        await engine.open(`#${room}`, BLIND);
      }));
    }
    // The first looks have more to do than the others.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const before = await hashesRead(redis.url);
    const cpu = cpuTime(redis.pid);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    const used = cpuTime(redis.pid) - cpu;
    return used * 1_000 / (await hashesRead(redis.url) - before);
  } finally {
    await engine.end();
  }
}

/** How often fields of a hash were asked for. */
async function hashesRead(url: string): Promise<number> {
  const redis = new Redis(url, { lazyConnect: true });
  await redis.connect();
  const stats = await redis.info("commandstats");
  redis.disconnect();
  return Number(stats.match(/cmdstat_hmget:calls=(\d+),/)?.[1] ?? 0);
}

async function visit(milliseconds: number, core?: number): Promise<number | undefined> {
  await using redis = await RedisProcess.start({}, core);
  const engine = new RedisEngine(redis.url, { prefix: PREFIX });
  await engine.ready();
  try {
    const { company }: Engine = engine;
    if (!company) return undefined;
    const rooms = Array.from({ length: ROOMS }, (_, i): Channel => `#room${i}`);
    for (const room of rooms) await engine.open(room, BLIND);
    return await during(redis.pid, milliseconds, async () => {
      await Promise.all(rooms.map(async (room, i) => {
        const username = `user${i}`;
        const notice = (type: "join" | "leave") => ({
          key: username,
          notice: { type, username, content: `${username} is there`, room: room.slice(1) } as const,
          announce: 200,
        });
        await company.enter(room, notice("join"));
        await company.leave(room, notice("leave"));
      }));
      return ROOMS;
    });
  } finally {
    await engine.end();
  }
}
