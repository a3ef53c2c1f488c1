import { Frames, RawClient, textFrame } from "../raw.ts";
import type { Told } from "../support.ts";
import { inboxOf, type Truth } from "./truth.ts";

/** Things said that may wait for their echo: fewer than the frames a server queues. */
const OUTBOX = 40;

/** How far a guest has read a room or the inbox. */
interface Place {
  name: string;
  /** Every message after this id must come, in order; undefined: whatever comes next is the first. */
  at?: string;
  /** Where nothing is known but that what comes next is newer than this. */
  floor: string;
  /** How it was asked for on this connection; asked "now", the room's head says where it begins. */
  asked: "since" | "now" | "answered";
  /** Was `resumed: false` told, so that a gap must follow? */
  gapDue: boolean;
}

/** What the guest said and has not heard back. */
interface Pending {
  ref: string;
  room?: string;
  to?: string;
  content: string;
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
  /** Times it came back with `since`. */
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
  #frames = new Frames();
  #rooms = new Map<string, Place>();
  /** Rooms whose leaving the server has not confirmed. */
  #leaving = new Set<string>();
  #inbox: Place;
  #entry = "lobby";
  #pending = new Map<string, Pending>();
  #resent = new Set<string>();
  #last?: Pending;
  #count = 0;
  /** Bytes until it vanishes while it reads. */
  #fuse = Infinity;

  /** @param mark begins its `ref`s: nobody else's of the same name may begin so */
  constructor(host: string, name: string, mark: string, v1: boolean, truth: Truth) {
    this.#host = host;
    this.name = name;
    this.#mark = mark;
    this.#v1 = v1;
    this.#truth = truth;
    this.#inbox = place(inboxOf(name));
  }

  /** The rooms it is in or was cut out of. */
  get rooms(): string[] {
    return [...this.#rooms.keys()];
  }

  get connected(): boolean {
    return this.#client !== undefined;
  }

  /** Has it heard everything there is, and got an answer to all it said? */
  get settled(): boolean {
    return this.connected && this.#pending.size === 0 && this.#leaving.size === 0 &&
      [this.#inbox, ...this.#rooms.values()].every(({ name, at, floor }) =>
        this.#truth.next(name, at ?? floor) === undefined
      );
  }

  /** What is missing until it is {@linkcode settled}, for a failed run's message. */
  get missing(): string {
    const behind = [this.#inbox, ...this.#rooms.values()]
      .filter(({ name, at, floor }) => this.#truth.next(name, at ?? floor))
      .map(({ name, at }) => `${name} after ${at}`);
    const unheard = [...this.#pending.keys()];
    return `${this.name}: ${
      this.connected ? "connected" : "away"
    }, behind in [${behind}], unheard [${unheard}]`;
  }

  /** Connects, and resumes every room and the inbox from where they were. */
  async connect() {
    if (this.#client) return;
    this.#frames = new Frames();
    this.#fuse = Infinity;
    for (const room of this.#leaving) this.#rooms.delete(room);
    this.#leaving.clear();
    this.#entry = this.rooms[0] ?? "lobby";
    const entry = this.#follow(this.#entry);
    // One id goes for both, so the older of the two: some messages of the room may come again.
    const since = earlier(entry.at, this.#inbox.at);
    entry.at = this.#inbox.at = since;
    entry.asked = since === undefined ? "now" : "since";
    if (since !== undefined) {
      entry.floor = this.#inbox.floor = since;
      this.resumed++;
    }
    const query = { username: this.name, room: this.#entry, ...(since && { since }) };
    const headers = this.#v1 ? ["Sec-WebSocket-Protocol: chat.v1"] : [];
    const client = this.#client = await RawClient.talk(this.#host, query, headers);
    client.listen((bytes) => {
      if (client === this.#client) this.#hear(bytes);
    });
    for (const room of this.#rooms.values()) if (room !== entry) this.#enter(room);
    for (const pending of this.#pending.values()) this.#resend(pending);
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
    if (this.connected) this.#send({ type: "chat", ...said });
  }

  /** Says the last thing again, whether or not it is known to have arrived. */
  repeat() {
    const said = this.#last;
    if (!this.connected || !said) return;
    if (said.room === undefined || this.#isIn(said.room)) this.#resend(said);
  }

  /** Says everything again that has no answer: an echo may have been lost to a gap. */
  insist() {
    if (this.connected) { for (const pending of this.#pending.values()) this.#resend(pending); }
  }

  /** Enters a room. */
  join(room: string) {
    if (!this.connected || this.#rooms.has(room)) return;
    this.#enter(this.#follow(room));
  }

  /** Leaves a room, unless it still waits there for an answer, or it is the last. */
  leave(room: string) {
    if (!this.connected || !this.#isIn(room)) return;
    if (this.#rooms.size - this.#leaving.size < 2) return;
    if ([...this.#pending.values()].some((pending) => pending.room === room)) return;
    this.#leaving.add(room);
    this.#send({ type: "leave", room });
  }

  #follow(room: string): Place {
    let found = this.#rooms.get(room);
    if (!found) this.#rooms.set(room, found = place(room));
    return found;
  }

  #enter(room: Place) {
    room.asked = room.at === undefined ? "now" : "since";
    this.#send({ type: "join", room: room.name, since: room.at });
  }

  #isIn(room: string): boolean {
    return this.#rooms.has(room) && !this.#leaving.has(room);
  }

  #resend(said: Pending) {
    this.#resent.add(said.ref);
    this.#send({ type: "chat", ...said });
  }

  #send(command: Record<string, unknown>) {
    this.#client!.write(textFrame(JSON.stringify(command)));
  }

  #lose() {
    this.#client = undefined;
    for (const room of this.#rooms.values()) {
      room.gapDue = false;
      // A room that was empty gave no id to resume from: it begins anew.
      if (room.at === "") room.at = undefined;
    }
  }

  #hear(bytes: Uint8Array | undefined) {
    if (bytes === undefined) return this.#lose();
    const piece = bytes.subarray(0, this.#fuse);
    this.#fuse -= piece.length;
    try {
      for (const text of this.#frames.push(piece)) {
        for (const line of text.split("\n")) this.#obey(JSON.parse(line));
      }
    } catch (error) {
      this.fault ??= error as Error;
    }
    if (this.#fuse === 0) this.cut(false);
  }

  #obey(message: Told) {
    switch (message.type) {
      case "chat":
        return this.#take(message);
      case "room":
        return this.#look(message);
      case "join":
        return this.#pass(message);
      case "leave":
        // One's own is an answer, and may overtake what is still to come.
        if (message.username !== this.name) return this.#pass(message);
        if (this.#leaving.delete(message.room!)) {
          this.#rooms.delete(message.room!);
        }
        return;
      case "error":
        return this.#fail(message);
    }
  }

  #look({ room, head, resumed }: Told) {
    const place = this.#rooms.get(room!);
    if (!place || head === undefined) return;
    if (place.asked === "now") place.at ??= head ?? "";
    place.asked = "answered";
    place.gapDue = resumed === false;
  }

  /** What was said before somebody came or went must have come before that. */
  #pass(message: Told) {
    const { room, id } = message;
    const place = this.#rooms.get(room!);
    // After a gap nothing is known of when the first of what is still held was said.
    if (!place || (place.at === undefined && place.asked !== "now")) return;
    const next = place.at === undefined ? undefined : this.#truth.next(place.name, place.at);
    if (next && next.id < id) throw this.#wrong(message, `${next.id} after ${place.at}`);
    place.at = place.floor = id;
  }

  #take(message: Told) {
    const { id, ref = "", username } = message;
    const place = message.to ? this.#inbox : this.#rooms.get(message.room!);
    if (!place) throw this.#wrong(message, "a room it is not in");
    if (username === this.name) this.#pending.delete(ref);
    const expected = place.at === undefined ? undefined : this.#truth.next(place.name, place.at);
    if (expected?.id !== id && username === this.name && this.#resent.has(ref)) return;
    if (place.gapDue) throw this.#wrong(message, "a gap that was announced");
    const first = expected === undefined && place.at === undefined && id > place.floor;
    if (expected?.id !== id && !first) {
      throw this.#wrong(message, `${expected?.id} after ${place.at}`);
    }
    place.at = place.floor = id;
    this.heard++;
  }

  #fail(message: Told) {
    const { code, room, ref = "" } = message;
    // Said twice, it is refused twice.
    if (code === "no_such_user" && (this.#pending.delete(ref) || this.#resent.has(ref))) return;
    if (code !== "gap") throw this.#wrong(message, "no error");
    const place = room === undefined ? this.#inbox : this.#rooms.get(room);
    if (!place) throw this.#wrong(message, "a room it is in");
    const next = this.#truth.next(place.name, place.at ?? place.floor);
    if (place.at !== undefined && !(next && this.#truth.isLost(place.name, next))) {
      throw this.#wrong(message, `no gap after ${place.at}`);
    }
    this.gaps++;
    place.at = undefined;
    place.asked = "answered";
    place.gapDue = false;
  }

  #wrong({ content: _, ...message }: Told, expected: string): Error {
    return new Error(`${this.name} was told ${JSON.stringify(message)}, not ${expected}`);
  }
}

function place(name: string): Place {
  return { name, floor: "", asked: "now", gapDue: false };
}

function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a;
  return a < b ? a : b;
}
