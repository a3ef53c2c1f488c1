/**
 * How a client talks to each kind of server.
 *
 * @module
 */

/** One way of speaking to a chat server over a WebSocket. */
export interface Dialect {
  /** Path and query that enter `room` as `username`. */
  path(username: string, room: string, since?: string): string;
  /** What is offered as `Sec-WebSocket-Protocol`. */
  protocol?: string;
  /** The frame that says something. */
  command(content: string): string;
  /** The JSON of a message in a line; undefined when the line is none. */
  message(line: string): string | undefined;
  /** Is this the line after which the client may speak? Without it, the upgrade is enough. */
  welcome?(line: string): boolean;
  /** What a line that is no message has to be answered with, if anything. */
  answer?(line: string): string | undefined;
}

const query = (username: string, room: string, since?: string) =>
  `username=${username}&room=${room}${since ? `&since=${since}` : ""}`;

/** One JSON object per text frame, as every WebSocket tool can speak it. */
const plain: Dialect = {
  path: (username, room, since) => `/ws?${query(username, room, since)}`,
  command: (content) => JSON.stringify({ type: "chat", content }),
  message: (line) => line,
};

/** Parley's batches: several JSON objects per frame, one a line. */
const v1: Dialect = { ...plain, protocol: "chat.v1" };

/** The same, where somebody is in only once they are told who they are: a token is looked at after the upgrade. */
const known: Dialect = { ...v1, welcome: (line) => line.startsWith('{"type":"welcome"') };

/** Engine.IO's packet types (one digit) around Socket.IO's (another), WebSocket only. */
const socketIo: Dialect = {
  path: (username, room) => `/socket.io/?EIO=4&transport=websocket&${query(username, room)}`,
  command: (content) => `42["chat",${JSON.stringify({ type: "chat", content })}]`,
  message: (line) => line.startsWith('42["chat",') ? line.slice(10, -1) : undefined,
  welcome: (line) => line.startsWith("40{"),
  answer: (line) => line === "2" ? "3" : line.startsWith("0{") ? "40" : undefined,
};

/** All dialects, by name. */
export const dialects = { plain, v1, known, "socket.io": socketIo } as const;

/** Name of a dialect. */
export type DialectName = keyof typeof dialects;
