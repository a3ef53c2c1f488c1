import type { Departure, Hub } from "../../hub.ts";
import type { Target } from "../access/approval.ts";
import type { Attendant } from "../access/doorkeeper.ts";
import type { Identity } from "../access/identity.ts";
import { type Identifier, noTokens } from "../access/identifier.ts";
import { orElse, type Soon, whenThere } from "../base/soon.ts";
import type { Said } from "../engine/engine.ts";
import {
  ChatError,
  type Command,
  LIMITS,
  type Moderation,
  parse,
  refOf,
  type Resume,
} from "../../messages.ts";
import { Feed } from "../log/feed.ts";
import type { Turnstile } from "./turnstile.ts";
import type { Member } from "../presence/person.ts";
import { Delivery, each } from "./delivery.ts";
import { InOrder } from "./in_order.ts";
import { Allowance, costOf, type Rate, tooFast } from "./rate.ts";
import type { Entered } from "../log/resume.ts";
import type { Pause } from "./outbox.ts";
import type { Socket } from "./socket.ts";

/** The server's terms for a conversation. */
export interface Terms extends Rate {
  version: string;
  /** Knows people by what they bring along. @default nobody can prove anything */
  identifier?: Identifier;
}

/** What all clients of the same address may do together. */
export interface Visitor {
  /** Takes tokens for a command, and gives 0; or none, and gives the milliseconds to wait. */
  command(cost: number): number;
  /** Is asked before a room is entered. @throws {ChatError} `rate_limited` where it is a new one too many */
  enter(room: string): void;
}

/** What a client asked for when it connected. */
export interface Wishes extends Resume {
  /** The room it enters first. */
  room: string;
  /** Its place in the private messages; without it `since` stands for that too. */
  inbox?: string;
  /** Does it speak `chat.v1`, or else the plain dialect? */
  v1: boolean;
}

/** Malformed frames in a row before the conversation ends with 4400. */
const MALFORMED = 5;
/** Commands over the rate in a row before the conversation ends with 4429. */
const FLOODED = 50;

/** Something to be said. */
type Saying = Command & { type: "chat" };

/** One conversation: a loop that obeys what the client says, and a loop that tells it what happens. */
export class Session implements Attendant {
  #hub: Hub;
  #socket: Socket;
  #terms: Terms;
  #visitor: Visitor;
  #wishes: Wishes;
  /** Who it is with. */
  #who: Identity;
  #member: Member;
  /** The loop out. */
  #delivery: Delivery;
  /** Where it stands in the private messages. */
  #inbox: Entered;
  #allowance: Allowance;
  #malformed = 0;
  #flooded = 0;
  /** Messages about which somebody is asked before they are said. */
  #unsaid = new InOrder();

  private constructor(
    hub: Hub,
    socket: Socket,
    terms: Terms,
    visitor: Visitor,
    wishes: Wishes,
    who: Identity,
    { member, ...inbox }: Entered & { member: Member },
  ) {
    this.#hub = hub;
    this.#socket = socket;
    this.#terms = terms;
    this.#visitor = visitor;
    this.#wishes = wishes;
    this.#who = who;
    this.#allowance = new Allowance(terms);
    this.#member = member;
    this.#delivery = new Delivery(hub, socket, member, wishes.v1);
    this.#inbox = inbox;
  }

  /**
   * Begins a conversation, which must be {@linkcode run} then.
   *
   * @throws {ChatError} `unavailable`, `unauthorized`, `forbidden`, `name_taken`
   */
  static begin(
    hub: Hub,
    socket: Socket,
    terms: Terms,
    visitor: Visitor,
    wishes: Wishes,
    who: Identity,
  ): Soon<Session> {
    hub.access.join(who, wishes.room);
    const { inbox, since, v1 } = wishes;
    const connected = hub.connect(who, new Feed({ patient: v1 }), inbox, since, socket);
    return whenThere(connected, (connected) => {
      return socket.standing = new Session(
        ...[hub, socket, terms, visitor, wishes, who, connected] as const,
      );
    });
  }

  /** May it go on? @throws {ChatError} `unauthorized`, `forbidden` */
  ask() {
    this.#hub.access.enter(this.#who);
  }

  /** Who it is with. */
  get who(): Identity {
    return this.#who;
  }

  /** Ends, or leaves a room, where the client may not be any more. */
  review(room?: string) {
    const pause = room === undefined ? this.#mayGoOn() : this.#mayStay(room);
    if (pause instanceof Promise) pause.catch((fault) => this.#socket.fail(fault));
  }

  /**
   * Holds the conversation, from the first frame to the last.
   *
   * @param turnstile through which it goes when it is over
   */
  async run(turnstile: Turnstile) {
    this.#hub.doorkeeper.admit(this);
    try {
      // What was decided while they came in.
      this.#hub.access.enter(this.#who);
      await this.#begin();
      this.#delivery.run();
      for await (const frames of this.#socket) await each(frames, (frame) => this.#hear(frame));
      // What was said before the end is said, though nobody has approved of it yet.
      await this.#unsaid.done;
      await turnstile.pass();
      this.#hub.dismiss(this.#member);
    } finally {
      this.#hub.doorkeeper.dismiss(this);
      // Ends the feed as well, and so the other loop; and goes on where a fault stopped the first call.
      this.#hub.dismiss(this.#member);
    }
  }

  #begin(): Pause {
    return whenThere(this.#welcome(this.#inbox.at), () => {
      // Nobody is told of somebody who has gone meanwhile.
      if (this.#socket.ending) return;
      const { room, since, last } = this.#wishes;
      const joined = this.#join(room, { since, last });
      if (this.#inbox.resumed !== false) return joined;
      return whenThere(joined, () => this.#delivery.tellGap());
    });
  }

  /** Tells the client who it is here. @param at where it stands in the private messages */
  #welcome(at: string): Pause {
    const { rate, burst, version, identifier } = this.#terms;
    const { content, frame, rooms, alive } = LIMITS;
    const { username } = this.#member.person;
    return whenThere(
      identifier?.session(this.#who),
      (session = crypto.randomUUID()) =>
        this.#delivery.tell({
          type: "welcome",
          username,
          name: this.#who.name,
          admin: this.#who.admin || undefined,
          session,
          limits: { content, frame, rooms, rate, burst, alive },
          version,
          at,
        }),
    );
  }

  #hear(frame: string): Pause {
    try {
      const pause = this.#obey(frame);
      this.#malformed = 0;
      if (pause instanceof Promise) return pause.catch((error) => this.#refuse(error));
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** Obeys one frame, which costs by its length whatever is in it. */
  #obey(frame: string): Pause {
    const cost = costOf(frame);
    const wait = this.#allowance.take(cost) || this.#visitor.command(cost);
    this.#flooded = wait === 0 ? 0 : this.#flooded + 1;
    if (wait > 0) throw tooFast(wait, refOf(frame));
    const command = parse(frame);
    if (command.type === "chat") return this.#say(command);
    return whenThere(whenThere(this.#unsaid.done, () => this.#dispatch(command)), () => {
      this.#hub.counts.commands[command.type]++;
    });
  }

  /** Tells who has left a room what was said in it until then, and at last that they left. */
  async #part(departure: Soon<Departure>) {
    const { unread, entry } = await departure;
    for await (const batch of unread) await this.#delivery.pass(batch);
    await this.#socket.write(entry.text);
  }

  #dispatch(command: Exclude<Command, { type: "chat" }>): Pause {
    const { person } = this.#member;
    switch (command.type) {
      case "join": {
        const room = command.room ?? this.#wishes.room;
        if (!this.#member.rooms.has(room)) this.#hub.access.join(this.#who, room);
        this.#visitor.enter(room);
        return about(room, () => this.#join(room, command));
      }
      case "leave":
        return this.#part(this.#hub.leave(command.room ?? this.#wishes.room, this.#member));
      case "typing": {
        const { to } = command;
        if (to === undefined) {
          const room = this.#room(command.room);
          this.#hub.access.speak(this.#who, room.name);
          return this.#hub.typing(person, { room });
        }
        this.#hub.access.whisper(this.#who);
        return this.#hub.typing(person, { to });
      }
      case "auth":
        return this.#prove(command.token);
      default:
        return this.#moderate(command);
    }
  }

  /** Has a moderator's command obeyed. They are answered by what is told in the room, or else alone. */
  async #moderate(command: Moderation) {
    const entry = await this.#hub.moderator.obey(this.#who, command);
    const { room } = command;
    const hears = room !== undefined && this.#member.rooms.has(room);
    if (this.#wishes.v1 && !hears) await this.#socket.write(entry.text);
  }

  /** Goes on as the same person, with what a newer token grants. */
  async #prove(token: string) {
    const { identifier } = this.#terms;
    if (!identifier) throw noTokens();
    const known = identifier.inspect(token) ?? await identifier.identify(token);
    const who = { ...known, address: this.#who.address };
    this.#hub.access.enter(who);
    if (who.key !== this.#who.key) {
      throw new ChatError("forbidden", "Cannot go on as somebody else: connect with this token");
    }
    this.#who = who;
    this.#hub.rename(this.#member.person, who.name);
    for (const room of [...this.#member.rooms]) await this.#mayStay(room);
    const { inbox } = this.#member.person;
    await this.#welcome(inbox ? this.#member.feed.place(inbox).after : this.#inbox.at);
  }

  /** Ends where the client may not be here any more. */
  #mayGoOn(): Pause {
    try {
      this.#hub.access.enter(this.#who);
    } catch (error) {
      return whenThere(this.#refuse(error), () => this.#socket.fail(error));
    }
  }

  /** Takes the client out of a room that it may not read any more. */
  #mayStay(room: string): Pause {
    if (!this.#member.rooms.has(room)) return;
    try {
      this.#hub.access.read(this.#who, room);
    } catch (error) {
      const pause = this.#refuse(error);
      const departure = this.#hub.leave(room, this.#member);
      return whenThere(pause, () => this.#part(departure));
    }
  }

  #say(command: Saying): Pause {
    try {
      const target = this.#targetOf(command);
      const approved = this.#hub.approval.ask(this.#who, target, command);
      if (!(approved instanceof Promise || this.#unsaid.done)) return this.#utter(target, command);
      const say = (content: string) =>
        // Much may have changed meanwhile.
        this.#utter(this.#targetOf(command), { ...command, content });
      return this.#unsaid.add(approved, say, (error) => {
        try {
          return this.#refuse(error, command.ref);
        } catch (fault) {
          this.#socket.fail(fault);
        }
      });
    } catch (error) {
      return this.#refuse(error, command.ref);
    }
  }

  /** Where somebody is to say something who may. @throws {ChatError} */
  #targetOf({ to, room }: Saying): Target {
    if (to !== undefined) {
      this.#hub.access.whisper(this.#who);
      return { to };
    }
    const { name } = this.#room(room);
    this.#hub.access.speak(this.#who, name);
    return { room: name };
  }

  #utter(target: Target, { content, ref }: Saying): Pause {
    const { person } = this.#member;
    const room = "room" in target ? target.room : undefined;
    const said = "room" in target
      ? this.#hub.say(person.username, target.room, content, ref, person.name)
      : this.#hub.whisper(person, target.to, content, ref);
    if (!(said instanceof Promise)) return this.#answer(room, said);
    // The next frame does not wait: what is said meanwhile is kept together.
    said.then((said) => this.#answer(room, said), (error) => this.#refuse(error, ref))
      .catch((fault) => this.#socket.fail(fault));
  }

  /** Answers who said something again. Else they hear it like everybody. */
  #answer(room: string | undefined, { entry, again }: Said): Pause {
    this.#hub.counts.commands.chat++;
    // Where the first copy is still to come, it is the answer: nothing is told ahead of its turn.
    if (!again || this.#member.feed.awaits(room, entry.id)) return;
    return this.#delivery.answer(entry);
  }

  #join(name: string, resume: Resume): Pause {
    let pause: Pause;
    const joined = this.#hub.join(name, this.#member, resume, (state) => {
      pause = this.#delivery.tellState(state);
    });
    // They may have been sent away meanwhile.
    return whenThere(joined, () => whenThere(pause, () => this.#mayStay(name)));
  }

  /** @throws {unknown} what is no {@linkcode ChatError}, but a fault of ours */
  #refuse(reason: unknown, ref?: string): Pause {
    if (!(reason instanceof ChatError)) throw reason;
    const error = new ChatError(reason.code, reason.message, { ref, ...reason.about });
    this.#hub.counts.reject(error.code);
    const pause = this.#delivery.tell(error.toMessage());
    const malformed = error.code === "bad_json" || error.code === "bad_message";
    this.#malformed = malformed ? this.#malformed + 1 : 0;
    if (this.#malformed === MALFORMED) this.#socket.close(4400, "too many malformed frames");
    if (this.#flooded === FLOODED) this.#socket.close(4429, "too many commands");
    return pause;
  }

  #room(name = this.#wishes.room) {
    return this.#hub.room(name, this.#member);
  }
}

/** Does something for which a room is needed: what goes wrong is told to be about that room. */
function about<T>(room: string, act: () => Soon<T>): Soon<T> {
  return orElse(act, (error) => {
    if (!(error instanceof ChatError)) return;
    throw new ChatError(error.code, error.message, { room, ...error.about });
  });
}
