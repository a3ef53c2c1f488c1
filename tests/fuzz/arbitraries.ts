/** What texts, frames, requests and calls are made of by chance; `fast-check` makes what fails small. */
import fc from "fast-check";
import { FLAGS, VARIABLES } from "../../main/settings.ts";
import { ATOMS } from "./texts.ts";

/** A text of a few atoms. */
export const texts = fc.array(fc.constantFrom(...ATOMS), { maxLength: 8 })
  .map((atoms) => atoms.join(""));

/** Names of fields that mean something, one of them also written in another way, and one that means nothing. */
const FIELDS = [
  "type",
  "content",
  "ref",
  "room",
  "to",
  "since",
  "last",
  "username",
  "id",
  "timestamp",
];
const fields = fc.constantFrom(
  ...FIELDS,
  "\\u0072ef",
  "__proto__",
  "token",
  "re",
  "for",
  "why",
  "x",
);
const words = fc.constantFrom(
  "chat",
  "join",
  "leave",
  "typing",
  "auth",
  "delete",
  "ban",
  "set",
  "r1",
  "lobby",
  "ann",
);
const spaces = fc.constantFrom("", "", " ", "\n\t");
const oddities = fc.constantFrom(
  "7",
  "-0",
  "null",
  "true",
  "1e400",
  '"\\""',
  '"\\\\"',
  '"\\u00e9"',
);

/** A JSON text that is often right, and sometimes odd. */
const { object } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    oddities,
    texts.map((text) => JSON.stringify(text)),
    words.map((word) => JSON.stringify(word)),
    fc.array(tie("value"), { maxLength: 3 }).map((values) => `[${values.join()}]`),
    tie("object"),
  ),
  object: fc.array(fc.tuple(spaces, fields, spaces, tie("value")), { maxLength: 6 })
    .map((members) =>
      `{${members.map(([before, name, after, value]) => `${before}"${name}"${after}:${value}`)}}`
    ),
}));

/** A frame, now and then cut or changed in the middle. */
export const frames = fc.oneof(
  { weight: 3, arbitrary: object as fc.Arbitrary<string> },
  {
    weight: 1,
    arbitrary: fc.tuple(object as fc.Arbitrary<string>, fc.nat(), texts)
      .map(([whole, place, text]) => {
        const at = place % whole.length;
        return whole.slice(0, at) + text + whole.slice(at + 1);
      }),
  },
);

/** What of a text can stand in the first line of a request. */
const line = (text: string) => text.toWellFormed().replace(/[\0-\x20\x7f-\uffff]/g, "~");

/** Paths that there are, with something odd in them. */
const paths = fc.tuple(
  fc.constantFrom(
    "/",
    "/ws",
    "/healthz",
    "/api/users",
    "/api/rooms",
    "/api/rooms/",
    "/v/",
    "/api/stats",
    "/api/bans/",
  ),
  texts.map(line),
  fc.constantFrom("", "", "/messages", "/events", "/search", "/bans/ann", "/messages/7"),
).map((parts) => parts.join(""));
const queries = fc.array(
  fc.tuple(
    fc.constantFrom(
      "username",
      "room",
      "since",
      "inbox",
      "last",
      "limit",
      "after",
      "before",
      "q",
      "scope",
    ),
    texts.map(line),
  ),
  { maxLength: 4 },
).map((all) => all.map(([name, text]) => `${name}=${text}`).join("&"));

/** The address of a request: a path and a query. */
export const addresses = fc.tuple(paths, queries)
  .map(([path, query]) => query === "" ? path : `${path}?${query}`);

/** Headers that somebody may look at. */
export const headers = fc.dictionary(
  fc.constantFrom(
    ...["host", "origin", "accept", "accept-encoding", "authorization", "connection", "upgrade"],
    ...["sec-websocket-version", "sec-websocket-key", "sec-websocket-protocol", "if-none-match"],
    ...["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "last-event-id", "range"],
  ),
  fc.oneof(
    texts,
    fc.constantFrom("bearer x", "Bearer a.b.c", "chat.v1, bearer.", "websocket", "13"),
  )
    .map((text) => text.replace(/[^\t -~\x80-\xff]/g, "~")),
);

const values = fc.oneof(
  texts,
  fc.constantFrom("0", "1", "8080", "-1", "1e3", "30d", "10G", "full", "on", "off", "secret"),
  fc.constantFrom("jwks:https://x", "redis://u:hush-hush@h:1/0", "https://x", "lobby", "team-*"),
);

/** What a program is called with. */
export const calls = fc.record({
  args: fc.array(
    fc.oneof(
      fc.tuple(fc.constantFrom(...Object.keys(FLAGS), "help", "nothing"), values)
        .chain(([flag, value]) =>
          fc.constantFrom([`--${flag}`, value], [`--${flag}=${value}`], [`--${flag}`])
        ),
      texts.map((text) => [text]),
    ),
    { maxLength: 4 },
  ).map((words) => words.flat()),
  env: fc.dictionary(
    fc.constantFrom(...VARIABLES, "PARLEY_SECRET"),
    values.filter((text) => text !== ""),
    { maxKeys: 3 },
  ),
});
