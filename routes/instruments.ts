import { setImmediate } from "node:timers/promises";
import type { Hub } from "../hub.ts";
import type { State } from "./context.ts";

/** One value, or several told apart by one label. */
export type Reading = number | { label: string; values: Iterable<[string, number]> };

/** Something that can be read off the running server. */
export interface Instrument {
  /** Words joined by `_`, without a prefix or a unit's suffix. */
  name: string;
  help: string;
  /** A counter only grows; a gauge goes up and down. */
  kind: "counter" | "gauge";
  /** Unit of the value, as a Prometheus name ends; none: a plain number. */
  unit?: "bytes" | "seconds";
  read(): Reading | Promise<Reading>;
}

/** All instruments of a server but the histogram of batches, which `hub.counts` holds itself. */
export function instruments(hub: Hub, state: State): Instrument[] {
  const { counts } = hub;
  return [
    gauge("connections", "Conversations and event streams now", () => state.open.size),
    gauge("users", "People connected now", () => hub.people.online),
    gauge("rooms", "Rooms held now", () => hub.rooms.size),
    gauge("log", "Encoded chat messages held in rooms now", () => bytesHeld(hub), "bytes"),
    gauge("memory", "Resident memory", () => Deno.memoryUsage().rss, "bytes"),
    gauge("event_loop_delay", "How long one turn of the event loop took", turn, "seconds"),
    counter("messages", "Chat messages accepted", () => counts.messages),
    counter("deliveries", "Messages handed to readers", () => counts.delivered),
    counter("commands", "Commands obeyed, by type", () => ({
      label: "type",
      values: Object.entries(counts.commands),
    })),
    counter("rejected", "Commands refused, by error code", () => ({
      label: "code",
      values: counts.rejected,
    })),
    counter("slow_readers", "Readers dropped because they stopped reading", () => counts.slow),
    counter("resumed", "Readers that came back and missed nothing", () => counts.resumed),
    counter("gaps", "Times a reader was told that messages are lost", () => counts.gaps),
    counter("evictions", "Chat messages that left a log to make room", () => counts.evicted),
  ];
}

function gauge(name: string, help: string, read: Instrument["read"], unit?: Instrument["unit"]) {
  return { name, help, kind: "gauge" as const, read, unit };
}

function counter(name: string, help: string, read: Instrument["read"]) {
  return { name, help, kind: "counter" as const, read };
}

function bytesHeld({ rooms }: Hub): number {
  let bytes = 0;
  for (const [, { log }] of rooms.entries()) bytes += log.bytes;
  return bytes;
}

/** Measured when it is asked for: a timer of its own would keep an idle server busy. */
async function turn(): Promise<number> {
  const began = performance.now();
  await setImmediate();
  return (performance.now() - began) / 1_000;
}
