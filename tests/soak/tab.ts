import { Chat, type ChatError } from "../../static/chat.js";
import { Proxy } from "../chat/proxy.ts";
import type { Told } from "../support.ts";
import { Place } from "./place.ts";
import { inboxOf, type Truth } from "./truth.ts";

/** What it knows of itself. */
export interface TabOptions {
  name: string;
  /** Begins its `ref`s: nobody else's of the same name may begin so. */
  mark: string;
  /** The room it enters first. */
  room: string;
  random: () => number;
}

/** The client library behind a bad network of its own, which checks what it hands over as a guest does. */
export class Tab implements AsyncDisposable {
  readonly name: string;
  readonly network: Proxy;
  heard = 0;
  gaps = 0;
  resumed = 0;
  /** The first thing it was told that is not true. */
  fault?: Error;
  #mark: string;
  #truth: Truth;
  #chat: Chat;
  #rooms = new Map<string, Place>();
  #inbox: Place;
  /** Rooms of which a gap was told, but not yet its message. */
  #missed = new Set<string>();
  #pending = new Set<string>();
  #count = 0;

  constructor(host: string, { name, mark, room, random }: TabOptions, truth: Truth) {
    this.name = name;
    this.#mark = mark;
    this.#truth = truth;
    this.#inbox = new Place(inboxOf(name), truth);
    this.#rooms.set(room, new Place(room, truth));
    this.network = new Proxy(host, { delay: 2, split: 0.1, repeat: 0.05, straggle: 0.5, random });
    this.#chat = new Chat(`ws://${this.network.host}/ws`, {
      username: name,
      room,
      random,
      backoff: { min: 1, max: 20 },
      patience: 1_500,
    });
    this.#chat.addEventListener("message", ({ detail }: CustomEventInit<Told>) => {
      this.#check(detail!, () => this.#hear(detail!));
    });
    this.#chat.addEventListener("gap", ({ detail }: CustomEventInit<{ room: string | null }>) => {
      this.#check(detail!, () => this.#miss(detail!.room));
    });
  }

  /** The rooms it is in or was cut out of. */
  get rooms(): string[] {
    return [...this.#rooms.keys()];
  }

  /** What is missing until it has heard everything there is, and got an answer to all it said. */
  get missing(): string[] {
    const rooms = [...this.#rooms.values()];
    return [
      ...this.#chat.state === "online" ? [] : ["a connection"],
      ...[this.#inbox, ...rooms].filter(({ behind }) => behind)
        .map(({ name, since }) => `what comes in ${name} after ${since}`),
      ...[...this.#pending].map((ref) => `an answer to ${ref}`),
      ...rooms.flatMap((room) => room.strangers),
    ];
  }

  /** Says something in a room it is in, or to somebody. */
  async say(target: { room: string } | { to: string }, content: string) {
    const ref = `${this.#mark}-${this.#count++}`;
    this.#pending.add(ref);
    try {
      const { id } = await this.#chat.send(content, { ...target, ref });
      const places = "room" in target ? [target.room] : [inboxOf(target.to), inboxOf(this.name)];
      if (!places.every((place) => this.#truth.has(place, id))) {
        this.fault ??= new Error(`${ref} of ${this.name} was said nowhere`);
      }
    } catch (error) {
      const { code } = error as ChatError;
      if (!["unconfirmed", "unavailable"].includes(code) && this.#truth.heard(this.name, ref)) {
        this.fault ??= new Error(`${ref} of ${this.name} was said, not ${code}`);
      }
    }
    this.#pending.delete(ref);
  }

  /** Enters a room. */
  join(room: string) {
    if (this.#rooms.has(room)) return;
    this.#rooms.set(room, new Place(room, this.#truth));
    this.#chat.join(room);
  }

  /** Leaves a room. */
  leave(room: string) {
    if (this.#rooms.delete(room)) this.#chat.leave(room);
  }

  /** Leaves a room and enters it again, to read on from where it is. */
  rejoin(room: string) {
    const place = this.#rooms.get(room);
    if (place?.since === undefined) return;
    this.#chat.leave(room);
    this.#missed.delete(room);
    this.#chat.join(room, { since: place.since });
    place.begin(place.since);
  }

  async [Symbol.asyncDispose]() {
    this.#chat.close();
    await this.network[Symbol.asyncDispose]();
    await this.#chat[Symbol.asyncDispose]();
  }

  #hear(message: Told) {
    const { type, id, at, room } = message;
    const place = room === undefined ? this.#inbox : this.#rooms.get(room);
    if (type === "typing") return;
    if (!place) throw new Error("it is not in that room");
    switch (type) {
      case "welcome": {
        const { since } = place;
        if (since !== undefined) this.resumed++;
        return place.enter({ at, resumed: since === undefined ? undefined : at === since });
      }
      case "room":
        if (at !== undefined) place.enter(message);
        return;
      case "chat":
        place.take(id);
        this.heard++;
        return;
      case "join":
      case "leave":
        return place.pass(message);
      case "error":
        // Of a room it says in words what an event has said before.
        if (room !== undefined && !this.#missed.delete(room)) throw new Error("nothing was lost");
    }
  }

  #miss(room: string | null) {
    const place = room === null ? this.#inbox : this.#rooms.get(room);
    if (!place) throw new Error("it is not in that room");
    place.gap(room === null);
    if (room !== null) this.#missed.add(room);
    this.gaps++;
  }

  #check(told: object, hear: () => void) {
    try {
      hear();
    } catch (error) {
      const text = JSON.stringify(told).slice(-300);
      this.fault ??= new Error(`${this.name} was told ${text}: ${(error as Error).message}`);
    }
  }
}
