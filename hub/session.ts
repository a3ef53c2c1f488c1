import { type Hub, roomOf } from "../hub.ts";
import {
  ChatError,
  type Command,
  encode,
  gap,
  LIMITS,
  type Message,
  parse,
  PLAIN,
  type Resume,
} from "../messages.ts";
import type { Batch } from "./batch.ts";
import { Feed } from "./feed.ts";
import type { Member } from "./people.ts";
import { Allowance, type Rate, tooFast } from "./rate.ts";
import type { Room } from "./room.ts";
import type { Pause, Socket } from "./socket.ts";

/** The server's terms for a conversation. */
export interface Terms extends Rate {
  version: string;
}

/** What a client asked for when it connected. */
export interface Wishes extends Resume {
  username: string;
  /** The room it enters first. */
  room: string;
  /** Does it speak `chat.v1`, or else the plain dialect? */
  v1: boolean;
}

/** Malformed frames in a row before the conversation ends with 4400. */
const MALFORMED = 5;
/** Commands over the rate in a row before the conversation ends with 4429. */
const FLOODED = 50;

/** One conversation: a loop that obeys what the client says, and a loop that tells it what happens. */
export class Session {
  #hub: Hub;
  #socket: Socket;
  #terms: Terms;
  #wishes: Wishes;
  #member: Member;
  /** Is nothing lost of the private messages it asked for? */
  #resumed: boolean;
  #allowance: Allowance;
  #malformed = 0;
  #flooded = 0;

  constructor(hub: Hub, socket: Socket, terms: Terms, wishes: Wishes) {
    this.#hub = hub;
    this.#socket = socket;
    this.#terms = terms;
    this.#wishes = wishes;
    this.#allowance = new Allowance(terms);
    const { member, resumed } = hub.connect(wishes.username, new Feed(), wishes.since);
    this.#member = member;
    this.#resumed = resumed;
  }

  /** Holds the conversation, from the first frame to the last. */
  async run() {
    try {
      await this.#begin();
      const told = this.#deliver();
      for await (const frame of this.#socket) await this.#hear(frame);
      // Ends the feed as well, and so the other loop.
      this.#hub.dismiss(this.#member);
      await told;
    } finally {
      this.#hub.dismiss(this.#member);
    }
  }

  #begin(): Pause {
    const { rate, burst, version } = this.#terms;
    const { room, since, last } = this.#wishes;
    const { content, frame, rooms } = LIMITS;
    this.#tell({
      type: "welcome",
      username: this.#member.person.username,
      session: crypto.randomUUID(),
      limits: { content, frame, rooms, rate, burst },
      version,
    });
    const pause = this.#join(room, { since, last });
    return this.#resumed ? pause : this.#tell(this.#gap(undefined));
  }

  /** Never throws: nobody waits for it until the other loop has ended. */
  async #deliver() {
    try {
      for await (const batch of this.#member.feed) {
        if (this.#socket.ending) return;
        await this.#pass(batch);
      }
    } catch (fault) {
      this.#socket.fail(fault);
    }
  }

  #pass(batch: Batch): Pause {
    const { rooms, person: { username } } = this.#member;
    const { v1 } = this.#wishes;
    const room = rooms.get(batch.room ?? "");
    // It was read from a room that was left since.
    if (batch.room !== undefined && !room) return;
    if (batch.gap) this.#tell(...(room ? [room.state(false)] : []), this.#gap(batch.room));
    const heard = batch.for(username);
    this.#hub.counts.deliver(v1 ? heard.entries.length : heard.plain.length);
    if (!v1) return this.#socket.write(...heard.plain);
    return this.#socket.write(...(heard.entries.length > 0 ? [heard.text] : []));
  }

  #hear(frame: string): Pause {
    try {
      const pause = this.#obey(frame);
      this.#malformed = 0;
      return pause;
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      return this.#refuse(error);
    }
  }

  /** Obeys one frame, which costs one token of the allowance whatever is in it. */
  #obey(frame: string): Pause {
    const wait = this.#allowance.take();
    this.#flooded = wait === 0 ? 0 : this.#flooded + 1;
    const command = parse(frame);
    const ref = command.type === "chat" ? command.ref : undefined;
    try {
      if (wait > 0) throw tooFast(wait);
      const pause = this.#dispatch(command);
      this.#hub.counts.commands[command.type]++;
      return pause;
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      throw new ChatError(error.code, error.message, { ref, ...error.about });
    }
  }

  /** Leaves when all is told that was said until now: above all the echo of its own last words. */
  async #leave({ name, log }: Room) {
    for (const batch of this.#member.feed.unread(log)) await this.#pass(batch);
    await this.#socket.write(this.#hub.leave(name, this.#member).text);
  }

  #dispatch(command: Command): Pause {
    const { person } = this.#member;
    switch (command.type) {
      case "chat": {
        const { content, to, ref } = command;
        const { entry, again } = to === undefined
          ? this.#hub.say(person.username, this.#room(command.room).name, content, ref)
          : this.#hub.whisper(person, to, content, ref);
        return again ? this.#socket.write(entry.text) : undefined;
      }
      case "join":
        return this.#join(command.room, command);
      case "leave":
        return this.#leave(this.#room(command.room));
      case "typing": {
        const { to } = command;
        this.#hub.typing(person, to === undefined ? { room: this.#room(command.room) } : { to });
      }
    }
  }

  #join(name: string, resume: Resume): Pause {
    const state = this.#hub.join(name, this.#member, resume);
    return this.#tell(state, ...(state.resumed === false ? [this.#gap(name)] : []));
  }

  #refuse(error: ChatError): Pause {
    this.#hub.counts.reject(error.code);
    const pause = this.#tell(error.toMessage());
    const malformed = error.code === "bad_json" || error.code === "bad_message";
    this.#malformed = malformed ? this.#malformed + 1 : 0;
    if (this.#malformed === MALFORMED) this.#socket.close(4400, "too many malformed frames");
    if (this.#flooded === FLOODED) this.#socket.close(4429, "too many commands");
    return pause;
  }

  #gap(room: string | undefined): Message {
    this.#hub.counts.gaps++;
    return gap(room);
  }

  #tell(...messages: Message[]): Pause {
    const told = messages.filter(({ type }) => this.#wishes.v1 || PLAIN.has(type));
    return this.#socket.write(...told.map(encode));
  }

  #room(name = this.#wishes.room) {
    return roomOf(this.#member, name);
  }
}
