import type { Histogram, Tally } from "../hub/base/counts.ts";
import type { Filter } from "../hub/access/filter.ts";
import type { Hub } from "../hub.ts";
import type { Config } from "./config.ts";
import type { State } from "./context.ts";
import type { EventLoop } from "./event_loop.ts";

/** What an instrument is called and what it says. */
interface Described {
  /** Words joined by `_`, without the prefix, the unit and the suffix that an exporter adds. */
  name: string;
  /** One line of plain text. */
  help: string;
  /** Unit of the value; none: a plain number. */
  unit?: "bytes" | "seconds";
}

/** One value of an instrument, and the labels that tell it from its others. */
export interface Sample {
  value: number;
  labels: Record<string, string>;
}

/** Something that is read off the running server when somebody asks. */
export interface Meter extends Described {
  /** A counter only grows; a gauge goes up and down. */
  kind: "counter" | "gauge";
  read(): Sample[];
}

/** How values are spread. */
export interface Distribution extends Described {
  kind: "histogram";
  histogram: Histogram;
}

/** Any of them: what `/metrics` shows and OpenTelemetry exports. */
export type Instrument = Meter | Distribution;

/** Where the instruments read. */
export interface Sources {
  hub: Hub;
  config: Config;
  state: State;
  /** Answers to HTTP requests, by status. */
  answers: Tally<number>;
  eventLoop: EventLoop;
}

/** All instruments of a server. */
export function instruments(sources: Sources): Instrument[] {
  const { hub, config: { maxConnections }, state, answers, eventLoop } = sources;
  const { counts, engine } = hub;
  return [
    gauge("connections", "WebSockets and event streams held now", () => state.descriptors.held),
    gauge(
      "lingering_connections",
      "Connections of these that only the other end keeps",
      () => lingering(state),
    ),
    gauge("max_connections", "Connections beyond which none is taken", () => maxConnections),
    gauge("users", "People connected now", () => hub.people.online),
    gauge("rooms", "Rooms held now", () => hub.rooms.size),
    {
      kind: "gauge",
      name: "log",
      help: "Memory that messages take now",
      unit: "bytes",
      read: () => [
        { value: hub.holdings.rooms, labels: { in: "rooms" } },
        { value: hub.holdings.inboxes, labels: { in: "inboxes" } },
      ],
    },
    gauge("max_log", "Memory that messages may take", () => hub.holdings.bound, "bytes"),
    gauge("memory", "Resident memory of the process", () => Deno.memoryUsage().rss, "bytes"),
    {
      kind: "gauge",
      name: "engine_up",
      help: "Can messages be kept now?",
      read: () => {
        const { name, trouble } = engine.health;
        return [{ value: trouble ? 0 : 1, labels: { engine: name } }];
      },
    },
    gauge("engine", "Disk that what is kept takes", () => engine.health.bytes ?? 0, "bytes"),
    counter("engine_pages", "Pages read of what no window held", () => engine.health.pages),
    counter("engine_errors", "Times something could not be kept or read", () => {
      return engine.health.errors;
    }),
    ...befallen(engine.health.events),
    {
      kind: "histogram",
      name: "engine_delay",
      help: "How long keeping took, each time",
      unit: "seconds",
      histogram: engine.health.delays,
    },
    counter("messages", "Chat messages accepted", () => counts.messages),
    counter("deliveries", "Messages handed to readers, each one counted", () => counts.delivered),
    counters("commands", "Commands obeyed, by type", "type", () => Object.entries(counts.commands)),
    counters("moderation", "What moderators did, by act", "act", () => counts.acts),
    ...asked(hub.filter),
    counters("rejected", "Commands and requests refused, by code", "code", () => counts.rejected),
    counters("http_responses", "HTTP requests answered, by status", "status", () => answers),
    counter("slow_readers", "Connections dropped because nobody read them", () => counts.slow),
    counter("lost_descriptors", "File descriptors that are lost", () => state.descriptors.lost),
    counters(
      "resumes",
      "Rooms entered with since, resumed or not",
      "resumed",
      () => counts.resumes,
    ),
    counter("gaps", "Times a reader was told that messages are lost", () => counts.gaps),
    counter("evictions", "Chat messages that had to make room", () => counts.evicted),
    {
      kind: "histogram",
      name: "batch_messages",
      help: "Messages a reader was handed at once",
      histogram: counts.batches,
    },
    {
      kind: "histogram",
      name: "event_loop_delay",
      help: "How late the event loop ran a timer",
      unit: "seconds",
      histogram: eventLoop.delays,
    },
  ];
}

function gauge(name: string, help: string, read: () => number, unit?: Meter["unit"]): Meter {
  return { kind: "gauge", name, help, unit, read: () => [{ value: read(), labels: {} }] };
}

function counter(name: string, help: string, read: () => number): Meter {
  return { kind: "counter", name, help, read: () => [{ value: read(), labels: {} }] };
}

/** Several counters of one name, told apart by a label. */
function counters(
  name: string,
  help: string,
  label: string,
  read: () => Iterable<[key: string | number | boolean, value: number]>,
): Meter {
  const samples = () =>
    Array.from(read(), ([key, value]) => ({ value, labels: { [label]: String(key) } }));
  return { kind: "counter", name, help, read: samples };
}

/** Where a service is asked about messages, how that goes. */
function asked(filter?: Filter): Instrument[] {
  if (filter === undefined) return [];
  return [
    counters("filter", "Messages about which the service was asked", "outcome", () => {
      return filter.outcomes;
    }),
    {
      kind: "histogram",
      name: "filter_delay",
      help: "How long the service took to answer, each time",
      unit: "seconds",
      histogram: filter.seconds,
    },
  ];
}

/** Where an engine has something to tell of itself, that. */
function befallen(events?: Tally<string>): Meter[] {
  if (events === undefined) return [];
  return [counters("engine_events", "What befell the engine, by kind", "event", () => events)];
}

/** What is held and does not go on any more. */
const lingering = ({ descriptors, open }: State) => Math.max(0, descriptors.held - open.size);
