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
import { Feed } from "./feed.ts";
import type { Member } from "./people.ts";
import { Allowance, type Rate, tooFast } from "./rate.ts";
import type { Ending, Socket } from "./socket.ts";

/** What a client asked for when it connected. */
export interface SessionOptions extends Rate, Resume {
  username: string;
  /** The room it enters first. */
  room: string;
  /** Does it speak `chat.v1`, or else the plain dialect? */
  v1: boolean;
  version: string;
}

/** Malformed frames in a row before the conversation ends with 4400. */
const MALFORMED = 5;
/** Commands over the rate in a row before the conversation ends with 4429. */
const FLOODED = 50;

/**
 * Holds one conversation over a socket, from the first frame to the last.
 *
 * @returns why it ended
 */
export async function converse(
  hub: Hub,
  socket: Socket,
  options: SessionOptions,
): Promise<Ending> {
  await socket.opened;
  if (!socket.ending) await new Session(hub, socket, options).run();
  return socket.ending!;
}

/** One conversation: a loop that obeys what the client says, and a loop that tells it what happens. */
class Session {
  #hub: Hub;
  #socket: Socket;
  #options: SessionOptions;
  #member: Member;
  /** Is nothing lost of the private messages it asked for? */
  #resumed: boolean;
  #allowance: Allowance;
  #malformed = 0;
  #flooded = 0;

  constructor(hub: Hub, socket: Socket, options: SessionOptions) {
    this.#hub = hub;
    this.#socket = socket;
    this.#options = options;
    this.#allowance = new Allowance(options);
    const { member, resumed } = hub.connect(options.username, new Feed(), options.since);
    this.#member = member;
    this.#resumed = resumed;
  }

  /** It ends when one of the loops does, and is over when both have. */
  async run() {
    const loops: Promise<void>[] = [];
    try {
      await this.#begin();
      loops.push(this.#receive(), this.#deliver());
      await Promise.race(loops);
    } catch (error) {
      // The other loop waits for the socket: it would not end by itself.
      this.#socket.close(1011, "a fault of the server");
      throw error;
    } finally {
      this.#hub.dismiss(this.#member);
      await Promise.allSettled(loops);
    }
  }

  async #begin() {
    const { rate, burst, version, room, since, last } = this.#options;
    const { content, frame, rooms } = LIMITS;
    await this.#tell({
      type: "welcome",
      username: this.#member.person.username,
      session: crypto.randomUUID(),
      limits: { content, frame, rooms, rate, burst },
      version,
    });
    await this.#join(room, { since, last });
    if (!this.#resumed) await this.#tell(this.#gap(undefined));
  }

  async #receive() {
    for await (const frame of this.#socket) {
      try {
        await this.#obey(frame);
        this.#malformed = 0;
      } catch (error) {
        if (!(error instanceof ChatError)) throw error;
        await this.#refuse(error);
      }
    }
  }

  async #deliver() {
    const { feed, rooms, person: { username } } = this.#member;
    const { v1 } = this.#options;
    for await (const batch of feed) {
      if (this.#socket.ending) return;
      const room = rooms.get(batch.room ?? "");
      // It was read from a room that was left since.
      if (batch.room !== undefined && !room) continue;
      if (batch.gap) {
        await this.#tell(...(room ? [room.state(false)] : []), this.#gap(batch.room));
      }
      const heard = batch.for(username);
      this.#hub.counts.deliver(v1 ? heard.entries.length : heard.plain.length);
      if (!v1) await this.#socket.write(...heard.plain);
      else if (heard.entries.length > 0) await this.#socket.write(heard.text);
    }
  }

  /** Obeys one frame, which costs one token of the allowance whatever is in it. */
  async #obey(frame: string) {
    const wait = this.#allowance.take();
    this.#flooded = wait === 0 ? 0 : this.#flooded + 1;
    const command = parse(frame);
    const ref = command.type === "chat" ? command.ref : undefined;
    try {
      if (wait > 0) throw tooFast(wait);
      await this.#dispatch(command);
      this.#hub.counts.commands[command.type]++;
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      throw new ChatError(error.code, error.message, { ref, ...error.about });
    }
  }

  async #dispatch(command: Command) {
    const { person } = this.#member;
    switch (command.type) {
      case "chat": {
        const { content, to, ref } = command;
        const { entry, again } = to === undefined
          ? this.#hub.say(person.username, this.#room(command.room).name, content, ref)
          : this.#hub.whisper(person, to, content, ref);
        if (again) await this.#socket.write(entry.text);
        break;
      }
      case "join":
        await this.#join(command.room, command);
        break;
      case "leave":
        await this.#socket.write(this.#hub.leave(command.room, this.#member).text);
        break;
      case "typing": {
        const { to } = command;
        this.#hub.typing(person, to === undefined ? { room: this.#room(command.room) } : { to });
      }
    }
  }

  async #join(name: string, resume: Resume) {
    const state = this.#hub.join(name, this.#member, resume);
    await this.#tell(state, ...(state.resumed === false ? [this.#gap(name)] : []));
  }

  async #refuse(error: ChatError) {
    this.#hub.counts.reject(error.code);
    await this.#tell(error.toMessage());
    const malformed = error.code === "bad_json" || error.code === "bad_message";
    this.#malformed = malformed ? this.#malformed + 1 : 0;
    if (this.#malformed === MALFORMED) this.#socket.close(4400, "too many malformed frames");
    if (this.#flooded === FLOODED) this.#socket.close(4429, "too many commands");
  }

  #gap(room: string | undefined): Message {
    this.#hub.counts.gaps++;
    return gap(room);
  }

  /** Writes messages without a pause between them, in which the other loop could write its own. */
  async #tell(...messages: Message[]) {
    const told = messages.filter(({ type }) => this.#options.v1 || PLAIN.has(type));
    await this.#socket.write(...told.map(encode));
  }

  #room(name = this.#options.room) {
    return roomOf(this.#member, name);
  }
}
