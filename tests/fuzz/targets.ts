import { assert } from "@std/assert";
import { looksOf } from "../../hub/base/looks.ts";
import { Hub } from "../../hub.ts";
import {
  ChatError,
  parse,
  parseCount,
  parseId,
  parseResume,
  parseRoom,
  parseUsername,
  refOf,
} from "../../messages.ts";
import { routes } from "../../routes.ts";
import { isVisible, keyOf, toRoom, toUsername } from "../../static/names.js";
import type { Target } from "./growth.ts";

const FIELDS = ["type", "content", "room", "to", "ref", "since", "last", "username", "other"];

/** Every place of a JSON text where another text can stand. */
const FRAMES: ((text: string) => string)[] = [
  (text) => text,
  (text) => `{"type":"chat","content":"hi","other":${text}`,
  (text) => `{"type":"chat","content":"hi","other":[${text}]}`,
  (text) => `{"type":"chat","content":"hi","other":{${text}}}`,
  (text) => `{${text}}`,
  (text) => JSON.stringify({ type: "chat", content: "hi", [text]: 1 }),
  ...FIELDS.map((field) => (text: string) =>
    JSON.stringify({ type: "chat", content: "hi", [field]: text })
  ),
];

/** Lets pass what a client is told; any other error is a fault. */
export function refusable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert(error instanceof ChatError, `Not a ChatError: ${error}`);
  }
}

/** Everything that reads what clients write, but for HTTP. */
export function readers(): Target[] {
  const plain: [string, (text: string) => unknown][] = [
    ["parseUsername", parseUsername],
    ["parseRoom", parseRoom],
    ["parseId", (text) => parseId("since", text)],
    ["parseCount", (text) => parseCount("last", text, 0, 200)],
    ["parseResume", (text) => parseResume({ since: text, last: text })],
    ["toUsername", toUsername],
    ["toRoom", toRoom],
    ["isVisible", isVisible],
    ["keyOf", (text) => keyOf(toUsername(text) ?? "")],
    ["looksOf", (text) => looksOf(toUsername(text) ?? "")],
  ];
  const frames = FRAMES.flatMap((frame, at): Target[] => [
    { name: `parse() of frame ${at}`, reading: (text) => reading(parse, frame(text)) },
    { name: `refOf() of frame ${at}`, reading: (text) => reading(refOf, frame(text)) },
  ]);
  return [
    ...plain.map(([name, read]) => ({ name, reading: (text: string) => reading(read, text) })),
    ...frames,
  ];
}

function reading(read: (text: string) => unknown, text: string) {
  return () => refusable(() => read(text));
}

/** A handshake that is all right but for its key, so that it is read and never obeyed. */
const HANDSHAKE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "none",
};

const POST = "/api/rooms/lobby/messages";

/** The headers that somebody may look at, by where that is. */
const HEADERS: Record<string, string[]> = {
  "/": ["accept", "accept-language", "cookie", "x-forwarded-proto", "x-forwarded-host"],
  "/chat.js": ["if-none-match", "range", "accept-encoding"],
  "/api/users": ["x-forwarded-for", "forwarded", "origin"],
  "/api/rooms/lobby/events": ["last-event-id"],
  "/ws?username=ann": [...Object.keys(HANDSHAKE), "sec-websocket-protocol"],
  [POST]: ["origin", "x-forwarded-host", "content-type", "content-encoding"],
};

/** The parameters that somebody may look at, by where that is. */
const QUERIES: Record<string, string[]> = {
  "/ws?username=ann": ["username", "room", "since", "inbox", "last", "other"],
  "/api/users": ["room", "after", "limit"],
  "/api/rooms": ["after", "limit"],
  "/api/rooms/lobby/messages": ["since", "before", "limit"],
  "/api/rooms/lobby/events": ["since", "lastEventId"],
};

/**
 * Every place of a request where a text can stand. No answer may be a fault of the server, and none is
 * read.
 */
export function requests(): { targets: Target[] } & Disposable {
  const origins = ["https://chat.test"];
  const { handle, drain } = routes(new Hub(), { rate: 0, trustProxy: 1, origins });
  const send = (path: string, init?: RequestInit, headers: Record<string, string> = {}) => {
    const request = new Request(`http://chat.test${path}`, init);
    // A server gets them as they are; to make some takes the square of the time of a long one's spaces.
    const get = (name: string) => headers[name.toLowerCase()] ?? null;
    const has = (name: string) => get(name) !== null;
    Object.defineProperty(request, "headers", { value: { get, has } });
    return async () => {
      const response = await handle(request);
      await response.body?.cancel();
      assert(response.status !== 500, `${path.slice(0, 80)} is answered with 500`);
    };
  };
  const post = (body: string, headers = {}) => send(POST, { method: "POST", body }, headers);
  const headers = Object.entries(HEADERS).flatMap(([path, names]) =>
    names.map((name) => ({
      name: `${path} with the header ${name}`,
      reading: (text: string) => {
        const headers = { ...HANDSHAKE, [name]: latin(text) };
        return path === POST
          ? post('{"username":"x","content":"x"}', headers)
          : send(path, {}, headers);
      },
    }))
  );
  const queries = Object.entries(QUERIES).flatMap(([path, names]) =>
    names.map((name) => ({
      name: `${path} with the query ${name}=`,
      reading: (text: string) => {
        const url = new URL(path, "http://chat.test");
        url.searchParams.set(name, latin(text));
        return send(url.pathname + url.search);
      },
    }))
  );
  const targets: Target[] = [
    ...headers,
    ...queries,
    { name: "a query", reading: (text) => send(`/ws?${part(text)}`) },
    { name: "a path", reading: (text) => send(`/${part(text)}`) },
    { name: "a room", reading: (text) => send(`/api/rooms/${part(text)}/messages`) },
    { name: "a body", reading: (text) => post(text.toWellFormed()) },
    {
      name: "a posted name",
      reading: (text) => post(JSON.stringify({ username: text, content: "x" })),
    },
    {
      name: "a posted text",
      reading: (text) => post(JSON.stringify({ username: "x", content: text })),
    },
  ];
  return { targets, [Symbol.dispose]: drain };
}

/** What of a text can stand in a header. */
const latin = (text: string) => text.replace(/[^\t -~\x80-\xff]/g, "~");

/** What of a text can stand in an address as it is. */
const part = (text: string) => latin(text).replace(/[#\s]/g, "~");
