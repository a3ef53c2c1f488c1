/**
 * A `WebSocket` without a network: a test plays the server, sentence by sentence.
 *
 * @module
 */

/** What a client sends, as the tests look at it. */
export interface Sent {
  type: string;
  content?: string;
  room?: string;
  to?: string;
  ref?: string;
  since?: string;
  last?: number;
  token?: string;
}

/** The nth id there is. */
export const id = (n: number): string => `01J${String(n).padStart(23, "0")}`;

/** What a server gives as a session on which names are nobody's. */
const NO_SESSION = "3732d6d8-d234-4441-85e1-036a7909bc6c";

/** The options of {@linkcode FakeSocket.open}. */
export interface Opening {
  rate?: number;
  burst?: number;
  /** Seconds of silence at most; without it the server gives no signs of life. */
  alive?: number;
  /** Where the private messages stand, instead of where the client asked for. */
  inbox?: string;
  /** Who it is, instead of who the client says. */
  username?: string;
  /** With what the client can come back; without it, something that means nothing. */
  session?: string;
  /** What the server says of the room entered, `resumed` where the client asked for that. */
  room?: { head?: string | null; resumed?: boolean; at?: string };
}

/** Stands in for `WebSocket`; `FakeSocket.all` are the connections made. */
export class FakeSocket extends EventTarget {
  static all: FakeSocket[] = [];

  /** The newest connection. */
  static get last(): FakeSocket {
    return FakeSocket.all.at(-1)!;
  }

  /** The class as a client takes it, with no connections made yet. */
  static fresh(): typeof WebSocket {
    FakeSocket.all = [];
    return FakeSocket as unknown as typeof WebSocket;
  }

  readonly url: URL;
  readonly protocols: string[];
  protocol = "chat.v1";
  binaryType = "blob";
  /** Everything sent and not looked at yet. */
  #sent: Sent[] = [];
  /** What the client closed it with; undefined: it has not. */
  closed?: { code?: number; reason?: string };

  constructor(url: string, protocols: string[]) {
    super();
    this.url = new URL(url);
    this.protocols = protocols;
    FakeSocket.all.push(this);
  }

  /** Lets the client in: open, welcome, and the state of the room it asked for. */
  open(
    { rate = 0, burst = 30, alive, inbox, room = {}, username, session = NO_SESSION }: Opening = {},
  ): this {
    this.dispatchEvent(new Event("open"));
    const limits = { content: 4_000, frame: 65_536, rooms: 32, rate, burst, alive };
    const asked = Object.fromEntries(this.url.searchParams);
    const at = inbox ?? asked.inbox ?? asked.since ?? id(0);
    const who = { username: username ?? asked.username, session };
    this.say({ type: "welcome", ...who, limits, version: "1.0.0", at });
    return this.enter(asked.room!, { ...asked, ...room });
  }

  /** Says that the client has entered a room: at `since` where it asked for that. */
  enter(
    name: string,
    { since, head = null, resumed = since === undefined ? undefined : true, at = since ?? id(0) }: {
      since?: string;
      head?: string | null;
      resumed?: boolean;
      at?: string;
    } = {},
  ): this {
    return this.say({ type: "room", room: name, users: ["ann"], count: 1, resumed, head, at });
  }

  /** Says that the client has left a room. */
  left(room: string, n: number, username = "ann"): this {
    return this.say({ type: "leave", id: id(n), username, room, content: `${username} left` });
  }

  /** Says messages in one frame. */
  say(...messages: object[]): this {
    return this.raw(messages.map((message) => JSON.stringify(message)).join("\n"));
  }

  /** Delivers a frame as it is. */
  raw(data: unknown): this {
    this.dispatchEvent(new MessageEvent("message", { data }));
    return this;
  }

  /** Says a chat message of somebody in the lobby. */
  chat(id: string, content: string, more: object = {}): this {
    const timestamp = new Date().toISOString();
    return this.say({
      type: "chat",
      id,
      username: "bob",
      content,
      timestamp,
      room: "lobby",
      ...more,
    });
  }

  /** Acknowledges what the client sent. */
  echo({ ref, room, to, content }: Sent, id: string, username = "ann"): this {
    return this.chat(id, content!, { username, ref, room, to });
  }

  /** Says an error. */
  fail(code: string, more: object = {}): this {
    const timestamp = new Date().toISOString();
    return this.say({
      type: "error",
      username: "system",
      content: `no: ${code}`,
      timestamp,
      code,
      temporary: false,
      ...more,
    });
  }

  /** Ends the connection, as the server or the network does. */
  cut(code = 1006, reason = ""): this {
    this.dispatchEvent(new CloseEvent("close", { code, reason }));
    return this;
  }

  /** What the client sent since the last look. */
  sent(): Sent[] {
    return this.#sent.splice(0);
  }

  send(frame: string) {
    this.#sent.push(JSON.parse(frame));
  }

  close(code?: number, reason?: string) {
    if (this.closed) return;
    this.closed = { code, reason };
    queueMicrotask(() => this.cut(code ?? 1005, reason));
  }
}
