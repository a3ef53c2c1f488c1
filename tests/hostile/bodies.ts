/** Bodies and JSON that are too much, too little, or not what they say. */
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { type Attack, besieging, trying } from "./attack.ts";
import type { Answer } from "./target.ts";
import { frame, posting, request } from "./wire.ts";

const GOOD = JSON.stringify({ username: "poster", content: "posted" });
const POST = "POST /api/rooms/attic/messages HTTP/1.1";
const KIB = 1_024;

/** JSON texts, whole and broken, that somebody may read in a wrong or slow way. */
const TEXTS = [
  // Deep.
  "[".repeat(30_000),
  "[".repeat(30_000) + "]".repeat(30_000),
  '{"a":'.repeat(120) + "1" + "}".repeat(120),
  `{"username":"a","content":"b","x":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
  // Great numbers.
  `{"username":"a","content":${"9".repeat(60_000)}}`,
  '{"username":"a","content":1e999}',
  '{"username":1e999,"content":"b"}',
  '{"type":"join","room":"attic","last":1e400}',
  '{"type":"join","room":"attic","last":-0}',
  '{"type":"join","room":"attic","last":9007199254740993}',
  '{"type":"join","room":"attic","last":0.1}',
  `{"x":0.${"0".repeat(60_000)}1,"username":"a","content":"great"}`,
  // Twice, and what objects have by themselves.
  '{"username":"a","username":"b","content":"twice","content":"doubled"}',
  '{"type":"chat","type":"join","content":"twice"}',
  '{"__proto__":{"admin":true,"username":"root"},"content":"proto"}',
  '{"__proto__":null,"username":"a","content":"proto"}',
  '{"constructor":{"prototype":{"type":"chat"}},"username":"a","content":"proto"}',
  '{"type":"__proto__","content":"proto"}',
  '{"type":"constructor"}',
  '{"type":"toString","content":"proto"}',
  '{"type":"chat","room":"__proto__","content":"proto"}',
  '{"type":"join","room":"constructor"}',
  '{"type":"chat","to":"__proto__","content":"proto"}',
  '{"hasOwnProperty":1,"toString":1,"valueOf":1,"username":"a","content":"proto"}',
  // Wrong types, and nearly JSON.
  ...[
    "null",
    "true",
    "1",
    '"text"',
    "[]",
    "[[],{}]",
    "{}",
    "",
    " ",
    "\ufeff{}",
    "NaN",
    "undefined",
  ],
  '{"username":["a"],"content":{"b":1}}',
  '{"username":{"toString":"a"},"content":["b"]}',
  "{'username':'a'}",
  '{"username":"a","content":"b",}',
  '{"username":"a","content":"b"}{"username":"c","content":"d"}',
  '{"username":"a","content":"b"}\n{"username":"c","content":"d"}',
  "/* */{}",
  '{"content":"\\ud800"}',
  '{"content":"\\u0000"}',
  '{"username":"\\ud83d","content":"half"}',
  // Strings that are slow to tell apart, and very many of them.
  `[${Array.from({ length: 5_000 }, (_, at) => `"${at * 131_072}"`).join(",")}]`,
  `{${Array.from({ length: 5_000 }, (_, at) => `"${at}":0`).join(",")}}`,
  `"${"\\".repeat(60_000)}"`,
  `{"content":"${"\\u0041".repeat(10_000)}"}`,
];

/** Nothing of an answer to what may not be said. */
const isRefused = ({ status }: Answer) => status >= 400 && status < 500;

export const bodies: Attack[] = [
  trying("odd JSON by HTTP", TEXTS, async (target, text) => {
    const { body } = await target.askWell(posting(text), text.slice(0, 60));
    target.expect(!body.includes('"username":"root"'), "a name comes from a prototype");
  }),

  trying("odd JSON by WebSocket", TEXTS, (target, text) => target.tell(frame(text))),

  trying(
    "wrong content types",
    [
      "text/plain",
      "text/html",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "multipart/form-data",
      "application/xml",
      "application/json; charset=utf-16",
      "application/json; charset=utf-7",
      "application/json, text/plain",
      "application/octet-stream",
      "x".repeat(5_000),
      "",
      "/",
      "a/b;c=\x80\xff",
    ],
    async (target, type) => {
      for (
        const body of [
          GOOD,
          "username=a&content=b",
          '--x\r\nContent-Disposition: form-data; name="username"\r\n\r\na\r\n--x--',
          '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
          Buffer.from(GOOD, "utf16le").toString("latin1"),
        ]
      ) await target.askWell(posting(body, [`Content-Type: ${type}`]), `a body of type ${type}`);
    },
  ),

  trying(
    "compressed bodies",
    ["gzip", "deflate", "br", "zstd", "gzip, gzip", "identity", "none"],
    async (target, encoding) => {
      const bomb = gzipSync(Buffer.alloc(10_000 * KIB, " ")).toString("latin1");
      const head = ["Host: x", `Content-Encoding: ${encoding}`, `Content-Length: ${bomb.length}`];
      const answer = await target.askWell(request(POST, head, bomb), `a body in ${encoding}`);
      target.expect(isRefused(answer), `a body in ${encoding} is taken`);
    },
  ),

  trying(
    "oversized bodies",
    [64 * KIB + 1, 200 * KIB, 5_000 * KIB],
    async (target, length) => {
      const pieces = [
        posting(`{"username":"a","content":"${"x".repeat(length)}"}`),
        request(POST, ["Host: x", `Content-Length: ${2 ** 40}`], " ".repeat(length)),
        request(
          POST,
          ["Host: x", "Transfer-Encoding: chunked"],
          `${length.toString(16)}\r\n${" ".repeat(length)}\r\n`,
        ),
      ];
      for (const bytes of pieces) {
        const { status } = await target.ask(bytes);
        // Who goes on writing may find the connection closed before the answer is read.
        target.expect([0, 413, 429].includes(status), `${status} to a body of ${length} bytes`);
      }
    },
  ),

  // The runtime goes on reading, and throws away what it reads.
  besieging("bodies without end", 4, async (target) => {
    const line = await target.open();
    if (!line) return;
    await line.send(request(POST, ["Host: x", "Transfer-Encoding: chunked"]));
    const chunk = `10000\r\n${" ".repeat(64 * KIB)}\r\n`;
    for (let sent = 0; sent < 4_096 && line.open && !target.over; sent++) await line.send(chunk);
    const { status } = await target.answer(line);
    target.expect([0, 413].includes(status), `${status} to a body without end`);
  }),

  trying(
    "bodies of another length",
    [0, 1, 10, GOOD.length - 1, GOOD.length + 1, GOOD.length + 100],
    async (target, length) => {
      const line = await target.open();
      if (!line) return;
      const head = request(POST, ["Host: x", `Content-Length: ${length}`, "Connection: close"]);
      await line.send(Buffer.concat([head, Buffer.from(GOOD)]));
      line.end();
      const { status } = await target.answer(line);
      target.expect(status < 500, `${status} to a body of another length`);
      await target.close(line);
    },
  ),

  trying(
    "odd chunks",
    [
      "ffffffffffffffff\r\n",
      "-1\r\nx\r\n",
      "zz\r\n",
      "1;ext=\x00\r\nx\r\n",
      "0\r\nHost: y\r\n\r\n",
      "5\nhello\n0\n\n",
      "1\r\nxx\r\n",
    ],
    (target, chunks) =>
      target.askWell(
        request(POST, ["Host: x", "Transfer-Encoding: chunked"], `${chunks}0\r\n\r\n`),
        JSON.stringify(chunks),
      ),
  ),

  trying(
    "cross-origin writes",
    [
      "https://evil.example",
      "null",
      "http://chat.example",
      "https://chat.example.evil.example",
      "https://chat.example:8443",
      "file://",
      "https://CHAT.example",
      "x".repeat(3_000),
      "https://a, https://chat.example",
    ],
    async (target, origin) => {
      const headers = [
        `Origin: ${origin}`,
        "Content-Type: text/plain",
        "Sec-Fetch-Site: cross-site",
      ];
      const answer = await target.askWell(posting(GOOD, headers), `a page of ${origin}`);
      const heard = await target.tell(frame('{"content":"from afar"}'), {}, [`Origin: ${origin}`]);
      const preflight = await target.askWell(
        request("OPTIONS /api/rooms/attic/messages HTTP/1.1", [
          "Host: x",
          `Origin: ${origin}`,
          "Access-Control-Request-Method: POST",
          "Access-Control-Request-Headers: authorization",
        ]),
        `a preflight of ${origin}`,
      );
      if (!target.known.guarded) return;
      target.expect([0, 403, 429].includes(answer.status), `a page of ${origin} may write`);
      target.expect(!heard.includes("from afar"), `a page of ${origin} may talk`);
      for (const { head } of [answer, preflight]) {
        const allowed = /^access-control-allow-origin: (\*|.*evil|null)/im.test(head);
        target.expect(!allowed, `a page of ${origin} may read`);
      }
    },
  ),
];
