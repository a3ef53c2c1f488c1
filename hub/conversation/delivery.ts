import type { Hub } from "../../hub.ts";
import { ChatError, encode, gap, type Message, PLAIN, type RoomState } from "../../messages.ts";
import { type Soon, whenThere } from "../base/soon.ts";
import type { Batch, Entry } from "../log/batch.ts";
import type { Member } from "../presence/person.ts";
import type { Pause } from "./outbox.ts";
import type { Socket } from "./socket.ts";

/** What one client is told: of what happens in a loop, and what is answered beside it. */
export class Delivery {
  #hub: Hub;
  #socket: Socket;
  #member: Member;
  /** Does the client speak `chat.v1`? */
  #v1: boolean;
  /** Rooms of which it was not told who is there when that was to be told anew. */
  #unsure = new Set<string>();
  /** Is something taken off the feed that waits until it is known who is in its room? */
  #recalled: Soon<void> = undefined;

  constructor(hub: Hub, socket: Socket, member: Member, v1: boolean) {
    this.#hub = hub;
    this.#socket = socket;
    this.#member = member;
    this.#v1 = v1;
  }

  /** Tells what happens, until the feed ends. Never throws, as nobody waits for it. */
  async run() {
    try {
      for await (const batches of this.#member.feed) {
        await each(batches, (batch) => this.pass(batch));
      }
    } catch (fault) {
      this.#socket.fail(fault);
    }
  }

  /** Tells what a log has. */
  pass(batch: Batch): Pause {
    if (this.#socket.ending) return;
    const { room, gap, missed } = batch;
    const isNew = room !== undefined && (gap || missed || this.#unsure.has(room));
    this.#recalled = isNew ? this.#recall(room, batch) : undefined;
    return whenThere(this.#recalled, () => this.#hand(batch));
  }

  /** Tells again what was said already, behind what is on its way. */
  answer({ text }: Entry): Pause {
    return whenThere(this.#recalled, () => this.#socket.write(text));
  }

  /** Tells a client who has entered a room how that stands; and that something is lost of it. */
  tellState(state: RoomState): Pause {
    return this.tell(state, ...(state.resumed === false ? [this.#gap(state.room)] : []));
  }

  /** Tells that something is lost of a room, or of the private messages. */
  tellGap(room?: string): Pause {
    return this.tell(this.#gap(room));
  }

  /** Tells what a client of its dialect knows. */
  tell(...messages: Message[]): Pause {
    const told = messages.filter(({ type }) => this.#v1 || PLAIN.has(type));
    return this.#socket.write(...told.map(encode));
  }

  #hand(batch: Batch): Pause {
    if (batch.gap) this.tellGap(batch.room);
    const heard = batch.for(this.#member.person.username);
    this.#hub.counts.deliver(this.#v1 ? heard.entries.length : heard.plain.length);
    if (!this.#v1) return this.#socket.write(...heard.plain);
    return this.#socket.write(...(heard.entries.length > 0 ? [heard.text] : []));
  }

  /** Tells anew who is in a room: some of the notices of who came and went were lost. */
  #recall(name: string, { at, gap }: Batch): Soon<void> {
    const entered = { at, resumed: gap ? false : undefined };
    const tell = (state?: RoomState) => {
      this.#unsure.delete(name);
      if (state) this.tell(state);
    };
    const state = this.#hub.state(name, entered);
    if (!(state instanceof Promise)) return tell(state);
    return state.then(tell, async (error) => {
      if (!(error instanceof ChatError)) throw error;
      // That something is lost is told at once, of those who are here; the others with what comes next.
      if (gap) tell(await this.#hub.state(name, entered, this.#hub.here));
      this.#unsure.add(name);
    });
  }

  #gap(room: string | undefined): Message {
    this.#hub.counts.gaps++;
    return gap(room);
  }
}

/** Does something with each item, and waits in between where there is something to wait for. */
export async function each<T>(items: Iterable<T>, act: (item: T) => Pause) {
  for (const item of items) {
    const pause = act(item);
    if (pause instanceof Promise) await pause;
  }
}
