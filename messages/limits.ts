/** Bounds of what one command may carry. */
export const LIMITS = {
  /** Characters (code points) of a chat message. */
  content: 4_000,
  /** Bytes of one frame or request body, UTF-8. */
  frame: 64 * 1024,
  /** Strings in one frame or request body, names of fields included. */
  strings: 256,
  /** Characters of a client's own message id. */
  ref: 64,
  /** Characters of what is looked for. */
  words: 200,
  /** Characters of why a moderator does something, and of what a room is about. */
  line: 200,
  /** Seconds for which somebody may be banned or muted, where it is not for ever. */
  sentence: 366 * 86_400,
  /** Seconds between two messages of somebody in a slow room. */
  slow: 3_600,
  /** Bytes of a token: proxies refuse longer headers. */
  token: 7_168,
  /** Characters of the id of a token. */
  tokenId: 128,
  /** Chat messages a newcomer may ask for with `last`. */
  last: 200,
  /** Rooms one connection may be in. */
  rooms: 32,
  /** The longest silence towards a client of `chat.v1`, in seconds. */
  alive: 25,
} as const;
