import type { ChatError } from "../../messages.ts";
import type { Called, Guest } from "../engine/company.ts";
import type { Channel, Origin, Taken, Window } from "../engine/engine.ts";
import type { Entry } from "../log/batch.ts";
import type { Feed } from "../log/feed.ts";
import { Log, type LogOptions } from "../log/log.ts";
import { looksOf } from "../base/looks.ts";

/** Somebody, with any number of connections; and a window onto their private messages. */
export class Person implements Guest, Window {
  readonly key: string;
  /** In the spelling of their oldest connection. */
  username: string;
  name?: string;
  /** Milliseconds since the epoch: when the oldest of their connections began. */
  connectedAt = 0;
  readonly members = new Set<Member>();
  /** When they last were seen writing, by where. */
  typed?: Map<string, number>;
  /** Their private messages, from the first one on. */
  #inbox?: Log;
  /** What is known of their private messages from before that. */
  #origin!: Origin;
  #options: LogOptions;
  #taken: (member: Member, by?: string) => void;

  /** @param taken is told of each connection whose name was taken over */
  constructor(
    { key, username }: Called,
    options: LogOptions,
    taken: (member: Member, by?: string) => void = () => {},
  ) {
    this.key = key;
    this.username = username;
    this.#options = options;
    this.#taken = taken;
  }

  get looks(): Iterable<string> {
    return looksOf(this.username);
  }

  get rooms(): string[] {
    return [...new Set([...this.members].flatMap(({ rooms }) => [...rooms]))].sort();
  }

  get connections(): number {
    return this.members.size;
  }

  /** Of their private messages. */
  get channel(): Channel {
    return `@${this.key}`;
  }

  /** Id of the newest private message there ever was, or an empty text. */
  get newest(): string {
    return this.#inbox?.newest ?? this.#origin.newest;
  }

  /** Their private messages, where there are any. */
  get inbox(): Log | undefined {
    return this.#inbox;
  }

  /** Everything after this id is kept. */
  get floor(): string {
    return this.#inbox?.floor ?? this.#origin.floor;
  }

  /** Begins where their private messages stand. */
  begin(origin: Origin) {
    this.#origin = origin;
    if (origin.newest > origin.lost) this.#open();
  }

  /** Takes in a private message, or a notice, for all their connections. */
  append(entry: Entry) {
    if (entry.type === "taken") this.#give(JSON.parse(entry.text));
    else (this.#inbox ?? this.#open()).append(entry);
  }

  lose(id: string) {
    this.#inbox?.lose(id);
  }

  /** Is told that notices are missing: here they only say who is writing. */
  miss() {}

  tear(id: string) {
    (this.#inbox ?? this.#open()).tear(id);
  }

  /** Is told that nobody needs them any more. */
  close() {
    this.#inbox?.close();
  }

  /** Their name was taken over. Everybody is told of that in one order, by which some connections are newer. */
  #give({ by }: Taken) {
    for (const member of [...this.members]) {
      if (by !== undefined && member.claim === by) member.comes = false;
      else if (by === undefined || !member.comes) this.#taken(member, by);
    }
  }

  #open(): Log {
    const inbox = this.#inbox = new Log(this.#options);
    inbox.begin(this.#origin);
    for (const { feed } of this.members) feed.follow(inbox);
    return inbox;
  }
}

/** One connection of a person. */
export interface Member {
  readonly person: Person;
  readonly feed: Feed;
  /** Names of the rooms it is in. */
  readonly rooms: Set<string>;
  /** By what it is known when it takes their name over from the others. */
  readonly claim?: string;
  /** Is that still to be told? Then it is newer than whatever else is told. */
  comes: boolean;
  /** Sends it away, and tells why. */
  readonly line?: Line;
}

/** That by which somebody is connected. */
export interface Line {
  /** Ends it because of something that went wrong, and tells what. */
  fail(why: ChatError): void;
}
