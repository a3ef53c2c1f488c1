/** Chats in which names belong to people: to guests who took them, or to whoever proves that they are theirs. */
import type { Policy } from "../../hub/access/access.ts";
import type { Identifier } from "../../hub/access/identifier.ts";
import { type Identity, named } from "../../hub/access/identity.ts";
import type { Hub, HubOptions } from "../../hub.ts";
import { ChatError } from "../../messages.ts";
import { Sessions } from "../../routes/identity/sessions.ts";
import { Client, type ClientOptions, makeHub, serve, type Told } from "../support.ts";

/** What servers of one chat share. */
export const SECRET = new TextEncoder().encode("of this many bytes a secret is made");

/** Knows whoever says `token-ann` as ann, after a while; all else is no token of its. */
export const tokens: Identifier = {
  inspect(token) {
    if (!token.startsWith("token-")) throw new ChatError("unauthorized", "Cannot use this token");
  },
  async identify(token): Promise<Identity> {
    await Promise.resolve();
    const name = decodeURIComponent(token.slice("token-".length).replaceAll("~", "%"));
    if (name === "expired") throw new ChatError("unauthorized", "Cannot use this token any more");
    return { ...named(name), guest: false };
  },
  session: () => undefined,
};

/** Milliseconds after which who reads nothing is given up: time may leap in a test. */
const PATIENT = 86_400_000;

/** The token of somebody. */
export const tokenOf = (name: string) => `token-${encodeURIComponent(name).replaceAll("%", "~")}`;

/** Somebody past the welcome, and the state of the room. */
export type Welcomed = Client & { room: Told; welcome: Told; session: string };

/** A server in which names are claimed, or tokens are known; until it is disposed of. */
export class Chat implements AsyncDisposable {
  readonly hub: Hub;
  readonly host: string;
  #server: ReturnType<typeof serve>;
  #own: AsyncDisposable;

  constructor(policy: Policy, options: HubOptions & { secret?: Uint8Array } = {}) {
    const { secret = SECRET, ...others } = options;
    const hub = makeHub({ ...others, policy });
    this.hub = this.#own = hub;
    const proving = policy.tokens ? tokens : undefined;
    const identifier = policy.names === "claimed"
      ? new Sessions(hub.access, () => secret, proving)
      : proving;
    this.#server = serve({ hub, identifier, rate: 0, socket: { stall: PATIENT } });
    this.host = this.#server.host;
  }

  /** Somebody who speaks `chat.v1`, past the state of the room. @param bearer a session or a token */
  async enter(options: Partial<ClientOptions>, bearer?: string): Promise<Welcomed> {
    const client = this.knock(options, bearer);
    const welcome = await client.find("welcome");
    const room = await client.find("room");
    return Object.assign(client, { welcome, room, session: welcome.session! });
  }

  /** Somebody who speaks `chat.v1`, who may not be let in. */
  knock(options: Partial<ClientOptions>, bearer?: string): Client {
    const protocols = ["chat.v1", ...(bearer === undefined ? [] : [`bearer.${bearer}`])];
    return new Client(this.host, { ...options as ClientOptions, protocols });
  }

  /** What is answered to a request, with its status. */
  async ask(path: string, { bearer, post }: { bearer?: string; post?: object } = {}) {
    const answer = await fetch(`http://${this.host}${path}`, {
      method: post ? "POST" : "GET",
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      body: post && JSON.stringify(post),
    });
    return { status: answer.status, ...await answer.json() };
  }

  /** What somebody is told who may not come in: the status of the request, and the code. */
  async door(username: string | undefined, bearer?: string): Promise<[number, string | undefined]> {
    const query = username === undefined ? "" : new URLSearchParams({ username });
    const { status, code } = await this.ask(`/ws?${query}`, { bearer });
    return [status, code];
  }

  async [Symbol.asyncDispose]() {
    await this.#server[Symbol.asyncDispose]();
    await this.#own[Symbol.asyncDispose]();
  }
}

/** Why a connection was closed, once it is: its code and the words. */
export function ending({ socket }: Client): Promise<[number, string]> {
  return new Promise((resolve) =>
    socket.addEventListener("close", ({ code, reason }) => resolve([code, reason]))
  );
}
