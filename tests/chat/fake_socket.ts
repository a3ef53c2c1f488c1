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
}

/** The options of {@linkcode FakeSocket.open}. */
export interface Opening {
  rate?: number;
  burst?: number;
  /** What the server says of the room entered: `head`, `resumed`. */
  room?: { head?: string | null; resumed?: boolean };
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
  open({ rate = 0, burst = 30, room = {} }: Opening = {}): this {
    this.dispatchEvent(new Event("open"));
    const limits = { content: 4_000, frame: 65_536, rooms: 32, rate, burst };
    const username = this.url.searchParams.get("username")!;
    this.say({ type: "welcome", username, session: "s", limits, version: "1.0.0" });
    const name = this.url.searchParams.get("room")!;
    this.say({ type: "room", room: name, users: [username], count: 1, head: null, ...room });
    return this;
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
    this.closed ??= { code, reason };
    queueMicrotask(() => this.cut(code ?? 1005, reason));
  }
}
