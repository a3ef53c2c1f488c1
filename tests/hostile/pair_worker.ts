/** The thread of the honest pair; see `pair.ts`. */
import { Frames, RawClient } from "../raw.ts";
import { within } from "../within.ts";

/** What the thread is told: to begin, or to say what became of what was said. */
export type Order = "report" | Beginning;

/** Who begins to talk, and where. */
interface Beginning {
  host: string;
  names: [string, string];
  room: string;
  /** A word in all that they tell each other in private. */
  secret: string;
  /** One for each, or none. */
  tokens: string[];
  from?: string;
  /** The file that says for how long the machine has kept the server waiting for a core (Linux). */
  schedule?: string;
}

/** What became of what was said. */
export interface Heard {
  /** Messages, each of which both have to hear. */
  said: number;
  lost: number;
  doubled: number;
  misordered: number;
  /** Milliseconds that 99 % of them took to the other one. */
  p99: number;
  /** The same without those in which the machine had no core for the server. */
  served: number;
  /** What else must not be, in words. */
  faults: string[];
}

/** Milliseconds between two messages of one person, unless the server wants it slower. */
const PACE = 50;
/** Milliseconds after which a message is lost. */
const LOST = 15_000;

/** A message on its way. */
interface Sent {
  at: number;
  /** As {@linkcode waited} says it. */
  waited: number;
  text: string;
  /** By whom, and whether in the room or in private; and which one of these it is. */
  speaker: string;
  number: number;
  /** Who has still to hear it. */
  missing: Set<string>;
}

let people: Person[] = [];
const sent = new Map<string, Sent>();
/** Of those who have heard what is reported. */
let delays: { all: number; served: number }[] = [];
let schedule: string | undefined;
/** The commands that the server takes in a second; 0: any number. */
const welcomed = Promise.withResolvers<number>();
let said = 0;
let doubled = 0;
let misordered = 0;
const faults = new Set<string>();

/** One of the two. */
class Person {
  readonly name: string;
  #line: RawClient;
  #frames = new Frames();
  #number = 0;
  /** The last id, by room or inbox; and the last number, by speaker too. */
  #ids = new Map<string, string>();
  #numbers = new Map<string, number>();

  constructor(name: string, line: RawClient) {
    this.name = name;
    this.#line = line;
    line.listen((bytes) => {
      if (bytes === undefined) faults.add(`${name} was cut off`);
      else {for (const frame of this.#frames.push(bytes)) {
          frame.split("\n").forEach((text) => this.#hear(text));
        }}
    });
  }

  /** Says the next thing: mostly in the room, sometimes in private. */
  say(other: string, secret: string) {
    const number = this.#number++;
    const ref = `${this.name} ${number}`;
    const to = number % 5 === 4 ? other : undefined;
    const text = `${number} ${to ? secret : ""} ${"é".repeat(number * 7 % 200)}.`;
    sent.set(ref, {
      ...{ at: performance.now(), waited: waited(), text, number },
      speaker: `${to === undefined ? "room" : "inbox"} ${this.name}`,
      missing: new Set(people.map(({ name }) => name)),
    });
    said++;
    this.#send({ type: "chat", content: text, ref, to });
  }

  /** Has this person heard something that was said later, and comes in its order? */
  isPast({ speaker, number }: Sent): boolean {
    return (this.#numbers.get(speaker) ?? -1) > number;
  }

  #send(command: object) {
    // The mask is all zeros.
    const body = new TextEncoder().encode(JSON.stringify(command));
    const length = body.length < 126
      ? [body.length | 128]
      : [254, body.length >> 8, body.length & 255];
    this.#line.write(new Uint8Array([0x81, ...length, 0, 0, 0, 0, ...body]));
  }

  #hear(text: string) {
    const message = JSON.parse(text);
    if (message.type === "welcome") welcomed.resolve(message.limits.rate);
    if (message.type === "error") return this.#refused(message);
    if (message.type !== "chat" || !people.some(({ name }) => name === message.username)) return;
    const { ref, id, content, username, to } = message;
    const channel = to === undefined ? "room" : "inbox";
    const number = Number(content.split(" ")[0]);
    const speaker = `${channel} ${username}`;
    const late = id <= (this.#ids.get(channel) ?? "") ||
      number <= (this.#numbers.get(speaker) ?? -1);
    if (late) misordered++;
    this.#ids.set(channel, id);
    this.#numbers.set(speaker, number);
    const waiting = sent.get(ref);
    if (!waiting?.missing.delete(this.name)) return void doubled++;
    if (content !== waiting.text) faults.add("a message was changed");
    if (username !== this.name) {
      const all = performance.now() - waiting.at;
      delays.push({ all, served: Math.max(0, all - (waited() - waiting.waited)) });
    }
    // Kept for a while, to know a second copy by.
    if (waiting.missing.size === 0) setTimeout(() => sent.delete(ref), LOST);
  }

  #refused({ code, content }: { code: string; content: string }) {
    faults.add(`${this.name} was told ${code}: ${content}`);
  }
}

/** Milliseconds for which the server's main thread and this one wanted to go on so far, and the machine had no core. */
function waited(): number {
  if (schedule === undefined) return 0;
  return [schedule, "/proc/thread-self/schedstat"].reduce(
    (sum, path) => sum + Number(Deno.readTextFileSync(path).split(" ")[1]) / 1e6,
    0,
  );
}

async function begin({ host, names, room, secret, tokens, from, ...more }: Beginning) {
  people = [];
  schedule = more.schedule;
  for (const [at, name] of names.entries()) {
    // One of each dialect.
    const dialect = at === 0 ? ["Sec-WebSocket-Protocol: chat.v1"] : [];
    const bearer = tokens[at] === undefined ? [] : [`Authorization: Bearer ${tokens[at]}`];
    const query = { username: name, room };
    const line = await RawClient.talk(host, query, [...dialect, ...bearer], from);
    people.push(new Person(name, line));
  }
  const rate = await within(welcomed.promise, "a welcome");
  setInterval(() => {
    const [one, other] = people;
    one!.say(other!.name, secret);
    other!.say(one!.name, secret);
  }, Math.max(PACE, rate && 1_250 / rate));
}

/** Waits until all that is said by now is heard, or must be taken for lost. */
async function report(): Promise<Heard> {
  const refs = [...sent].filter(([, { missing }]) => missing.size > 0).map(([ref]) => ref);
  const until = performance.now() + LOST;
  const missing = () => refs.filter((ref) => (sent.get(ref)?.missing.size ?? 0) > 0);
  const isOnItsWay = (ref: string) => {
    const message = sent.get(ref)!;
    return people.some((person) => message.missing.has(person.name) && !person.isPast(message));
  };
  while (missing().some(isOnItsWay) && performance.now() < until && faults.size === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const lost = missing();
  for (const ref of lost) sent.delete(ref);
  const heard: Heard = {
    said,
    lost: lost.length,
    doubled,
    misordered,
    p99: p99(delays.map(({ all }) => all)),
    served: p99(delays.map(({ served }) => served)),
    faults: [...faults],
  };
  delays = [];
  [said, doubled, misordered] = [0, 0, 0];
  faults.clear();
  return heard;
}

function p99(times: number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
}

/** This thread, as whoever started it speaks with it: the types of the other threads do not have that. */
const thread = globalThis as unknown as {
  onmessage: (event: MessageEvent<Order>) => void;
  postMessage(answer: unknown): void;
};

thread.onmessage = async ({ data }) => {
  try {
    thread.postMessage(data === "report" ? await report() : await begin(data) ?? "there");
  } catch (error) {
    thread.postMessage({ error: String(error) });
  }
};
