import { Buffer } from "node:buffer";
import { Frames, RawClient, textFrame } from "../raw.ts";
import type { Told } from "../support.ts";
import { Place } from "./place.ts";
import { inboxOf, type Truth } from "./truth.ts";

/** Things said that may wait for their echo: fewer than the frames a server queues. */
const OUTBOX = 40;

/** What the guest said and has not heard back. */
interface Pending {
  ref: string;
  room?: string;
  to?: string;
  content: string;
}

/** What it knows of itself. */
export interface GuestOptions {
  name: string;
  /** Begins its `ref`s: nobody else's of the same name may begin so. */
  mark: string;
  /** Does it speak `chat.v1`, or else the plain dialect? */
  v1: boolean;
}

/**
 * A client that checks everything it is told against the truth, at once: each message of a room it
 * follows must be the next one after the last, through any number of cuts, unless it was told a gap,
 * and a gap must be one.
 */
export class Guest {
  readonly name: string;
  /** Gaps it was told. */
  gaps = 0;
  /** Times it came back with a place. */
  resumed = 0;
  /** Messages it has heard in their turn. */
  heard = 0;
  /** The first thing it was told that is not true. */
  fault?: Error;
  #host: string;
  #mark: string;
  #v1: boolean;
  #truth: Truth;
  #client?: RawClient;
  /** Connections that were given up, and whose server has not been told. */
  #ghosts: RawClient[] = [];
  /** Does the network swallow everything, in both directions? */
  #silent = false;
  #frames = new Frames();
  #rooms = new Map<string, Place>();
  /** Rooms whose leaving the server has not confirmed, and the place from which they are entered again. */
  #leaving = new Map<string, { again: boolean; since?: string }>();
  #inbox: Place;
  #pending = new Map<string, Pending>();
  #resent = new Set<string>();
  #last?: Pending;
  #count = 0;
  /** Bytes until it vanishes while it reads. */
  #fuse = Infinity;

  constructor(host: string, { name, mark, v1 }: GuestOptions, truth: Truth) {
    this.#host = host;
    this.name = name;
    this.#mark = mark;
    this.#v1 = v1;
    this.#truth = truth;
    this.#inbox = new Place(inboxOf(name), truth);
  }

  /** The rooms it is in or was cut out of. */
  get rooms(): string[] {
    return [...this.#rooms.keys()];
  }

  get connected(): boolean {
    return this.#client !== undefined;
  }

  /** What is missing until it has heard everything there is, and got an answer to all it said. */
  get missing(): string[] {
    const behind = [this.#inbox, ...this.#rooms.values()].filter((place) => place.behind);
    return [
      ...this.#client && !this.#silent ? [] : ["a connection"],
      ...behind.map(({ name, since }) => `what comes in ${name} after ${since}`),
      ...[...this.#pending.keys()].map((ref) => `an answer to ${ref}`),
      ...[...this.#leaving.keys()].map((room) => `the end of ${room}`),
      ...[...this.#rooms.values()].flatMap((place) => place.strangers),
    ];
  }

  /**
   * Connects, and reads on from where it was in every room and its private messages.
   *
   * @param together is one place given for both, the older of the two?
   */
  async connect(together = false) {
    if (this.#client && !this.#silent) return;
    if (this.#client) this.#ghosts.push(this.#client);
    this.#lose();
    const [entry = this.#follow("lobby")] = this.#rooms.values();
    const inbox = together ? undefined : this.#inbox.since;
    const since = together ? earlier(entry.since, this.#inbox.since) : entry.since;
    entry.begin(since);
    this.#inbox.begin(inbox ?? since);
    if (since !== undefined) this.resumed++;
    const places = Object.entries({ since, inbox }).filter(([, id]) => id !== undefined);
    const query = { username: this.name, room: entry.name, ...Object.fromEntries(places) };
    const headers = this.#v1 ? ["Sec-WebSocket-Protocol: chat.v1"] : [];
    const client = this.#client = await RawClient.talk(this.#host, query, headers);
    const others = [...this.#rooms.values()].filter((place) => place !== entry);
    for (const place of others) place.begin(place.since);
    this.#send(...others.map((place) => join(place.name, place.since)));
    this.insist();
    client.listen((bytes) => {
      if (client === this.#client && !this.#silent) this.#hear(bytes);
    });
  }

  /** Vanishes at once, or in the middle of a frame of its own. */
  async cut(within: boolean) {
    const client = this.#client;
    if (!client) return;
    if (within) {
      const bytes = textFrame(JSON.stringify({ type: "chat", content: "never whole" }));
      client.write(bytes.subarray(0, bytes.length - 3));
    }
    this.#lose();
    await client.reset();
  }

  /** Vanishes once so many more bytes have come, wherever in a frame that is. */
  cutAfter(bytes: number) {
    this.#fuse = bytes;
  }

  /** From now on the network swallows everything, and tells neither side. */
  silence() {
    if (this.#client) this.#silent = true;
  }

  /** The server is told at last that connections are gone. */
  async bury() {
    for (const ghost of this.#ghosts.splice(0)) await ghost.reset();
  }

  pause() {
    this.#client?.pause();
  }

  resume() {
    this.#client?.resume();
  }

  /** Says something in a room it is in, or to somebody. */
  say(target: { room: string } | { to: string }, content: string) {
    if (this.#pending.size >= OUTBOX || ("room" in target && !this.#isIn(target.room))) return;
    const said = this.#last = { ref: `${this.#mark}-${this.#count++}`, ...target, content };
    this.#pending.set(said.ref, said);
    this.#send({ type: "chat", ...said });
  }

  /** Says the last thing again, whether or not it is known to have arrived. */
  repeat() {
    const said = this.#last;
    if (said && (said.room === undefined || this.#isIn(said.room))) this.#resend(said);
  }

  /** Says everything again that has no answer: an echo may have been lost to a gap. */
  insist(room?: string) {
    for (const said of this.#pending.values()) {
      const inside = said.room === undefined || this.#isIn(said.room);
      if (inside && (room === undefined || room === said.room)) this.#resend(said);
    }
  }

  /** Shows that it is writing. */
  type(room: string) {
    if (this.#isIn(room)) this.#send({ type: "typing", room });
  }

  /** Enters a room. */
  join(room: string) {
    if (!this.connected || this.#rooms.has(room)) return;
    this.#send(join(room, this.#follow(room).since));
  }

  /** Leaves a room, right behind what it says there. */
  leave(room: string) {
    if (!this.connected || !this.#isIn(room) || this.#leaving.has(room)) return;
    this.#leaving.set(room, { again: false });
    this.#send({ type: "leave", room });
  }

  /** Leaves a room and enters it again in one go, behind other frames, to read on from where it is. */
  rejoin(room: string) {
    const since = this.#rooms.get(room)?.since;
    if (!this.connected || since === undefined || this.#leaving.has(room)) return;
    this.#leaving.set(room, { again: true, since });
    this.#send({ type: "typing", room }, { type: "leave", room }, join(room, since));
  }

  #follow(room: string): Place {
    const place = new Place(room, this.#truth);
    this.#rooms.set(room, place);
    return place;
  }

  #isIn(room: string): boolean {
    return this.#rooms.has(room) && this.#leaving.get(room)?.again !== false;
  }

  #resend(said: Pending) {
    this.#resent.add(said.ref);
    this.#send({ type: "chat", ...said });
  }

  /** Sends commands in one piece. */
  #send(...commands: Record<string, unknown>[]) {
    if (!this.#client || this.#silent || commands.length === 0) return;
    const frames = commands.map((command) => textFrame(JSON.stringify(command)));
    this.#client.write(Buffer.concat(frames));
  }

  /** Has no connection any more. What it was about to leave it has left. */
  #lose() {
    this.#client = undefined;
    this.#silent = false;
    this.#frames = new Frames();
    this.#fuse = Infinity;
    for (const [room, { again }] of this.#leaving) if (!again) this.#forget(room);
    this.#leaving.clear();
  }

  #forget(room: string) {
    this.#rooms.delete(room);
    this.#giveUp(room);
  }

  /** Waits for no answers any more to what it said in a room. */
  #giveUp(room: string) {
    for (const said of this.#pending.values()) {
      if (said.room === room) this.#pending.delete(said.ref);
    }
  }

  #hear(bytes: Uint8Array | undefined) {
    if (bytes === undefined) return this.#lose();
    const piece = bytes.subarray(0, this.#fuse);
    this.#fuse -= piece.length;
    const texts = this.#frames.push(piece);
    for (const line of texts.flatMap((text) => text.split("\n"))) {
      try {
        this.#obey(JSON.parse(line));
      } catch (error) {
        const { message } = error as Error;
        this.fault ??= new Error(`${this.name} was told ${line.slice(-300)}: ${message}`);
      }
    }
    if (this.#fuse === 0) this.cut(false);
  }

  #obey(message: Told) {
    switch (message.type) {
      case "welcome":
        return this.#greeted(message);
      case "room":
        if (message.at !== undefined) this.#place(message).enter(message);
        return;
      case "chat":
        return this.#take(message);
      case "leave":
        if (message.username === this.name) this.#left(message);
        else this.#place(message).pass(message);
        return;
      case "join":
        return this.#place(message).pass(message);
      case "error":
        return this.#fail(message);
    }
  }

  #greeted({ at }: Told) {
    const { since } = this.#inbox;
    this.#inbox.enter({ at, resumed: since === undefined ? undefined : at === since });
  }

  /** Has left a room: everything that was said there before must have come, also what it said itself. */
  #left(message: Told) {
    const { room = "" } = message;
    const place = this.#place(message);
    const leaving = this.#leaving.get(room);
    if (!leaving) throw new Error("it did not leave");
    place.pass(message);
    const unheard = [...this.#pending.values()].find((said) => said.room === room);
    if (unheard && !leaving.again) throw new Error(`without an answer to ${unheard.ref}`);
    this.#leaving.delete(room);
    if (leaving.again) place.begin(leaving.since);
    else this.#forget(room);
  }

  #take(message: Told) {
    const { id, ref = "", username } = message;
    const place = this.#place(message);
    const own = username === this.name;
    if (own) this.#pending.delete(ref);
    // Said again, it is answered at once.
    if (own && this.#resent.has(ref) && place.isCopy(id)) return;
    place.take(id);
    this.heard++;
  }

  #fail(message: Told) {
    const { code, room, ref = "" } = message;
    // What could not be said is said again later; what could not be read or entered, on a new connection.
    if (code === "unavailable") {
      if (this.#pending.has(ref)) this.#resent.add(ref);
      else if (ref === "") this.cut(false);
      return;
    }
    // Said twice, it is refused twice.
    if (code === "no_such_user" && (this.#pending.delete(ref) || this.#resent.has(ref))) return;
    if (code !== "gap") throw new Error("it made no mistake");
    this.#place(message).gap(!this.#v1 || room === undefined);
    this.gaps++;
    if (room === undefined || this.#isIn(room)) this.insist(room);
    else this.#giveUp(room);
  }

  /** What a message is about. */
  #place({ to, room, type }: Told): Place {
    if (room === undefined && (to !== undefined || type === "error")) return this.#inbox;
    const place = this.#rooms.get(room ?? "");
    if (!place) throw new Error("it is not in that room");
    return place;
  }
}

function earlier(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || b === undefined || a < b ? a : b;
}

function join(room: string, since: string | undefined) {
  return { type: "join", room, since };
}
