import { Chat } from "../../static/chat.js";

/** Somebody who talks in the lobby by the client library, and whose connections go to changing places. */
export class Visitor {
  /** What was heard, in order. */
  readonly heard: string[] = [];
  /** Resolves once they are in. */
  readonly here: Promise<void>;
  #name: string;
  #chat: Chat;
  #socket?: WebSocket;
  #speaking = true;
  #wake?: () => void;

  /** @param where gives the `HOST:PORT` of each attempt to connect, by its number */
  constructor(name: string, where: (turn: number) => string) {
    this.#name = name;
    let turn = Number(name.match(/\d+/)?.[0] ?? 0);
    // Like the platform, which chooses an instance for each connection.
    const connect = (address: string, protocols: string[]) => {
      const url = new URL(address);
      url.host = where(turn++);
      return this.#socket = new WebSocket(url, protocols);
    };
    const Wandering = function (this: unknown, address: string, protocols: string[]) {
      return connect(address, protocols);
    } as unknown as typeof WebSocket;
    this.#chat = new Chat("ws://instance.test/ws", {
      username: name,
      WebSocket: Object.assign(Wandering, { OPEN: WebSocket.OPEN }),
      backoff: { min: 20, max: 200 },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.here = promise;
    this.#listen(resolve);
  }

  /** Says one thing after the other, until they are hushed. @returns what was acknowledged */
  async talk(): Promise<string[]> {
    const said: string[] = [];
    for (let i = 0; this.#speaking; i++) {
      const content = `${this.#name} says ${i}`;
      await this.#chat.send(content);
      said.push(content);
    }
    return said;
  }

  hush() {
    this.#speaking = false;
  }

  /** Loses the connection, and so goes to another place. */
  move() {
    this.#socket?.close();
  }

  /** Resolves once all of these were heard. */
  async heardAll(contents: string[]) {
    while (!new Set(contents).isSubsetOf(new Set(this.heard))) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  leave() {
    this.#chat.close();
  }

  async #listen(isHere: () => void) {
    for await (const message of this.#chat) {
      if (message.type === "room") isHere();
      if (message.type !== "chat") continue;
      this.heard.push(message.content);
      this.#wake?.();
    }
  }
}
