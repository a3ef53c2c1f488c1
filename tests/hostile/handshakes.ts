/** Handshakes and requests that are cut off, doubled, overlong or no such thing. */
import { Buffer } from "node:buffer";
import { HANDSHAKE } from "../raw.ts";
import { type Attack, besieging, trying } from "./attack.ts";
import { chat, frame, handshake, request } from "./wire.ts";

const GOOD = handshake("/ws?username=half");
const KIB = 1_024;

const OFFERS = [
  "chat.v1,chat.v1",
  "chat.v1, chat.v1",
  " chat.v1",
  "chat.v1 ;q=1",
  "CHAT.V1",
  "",
  ",",
  ", , ,",
  "chat.v1\tx",
  "chat.v2, chat.v1",
  "\xff\xfe",
  "bearer.",
  "bearer.x",
  "chat.v1, bearer.",
  "chat.v1, bearer.x, bearer.y",
  "__proto__, constructor, toString",
  "mqtt, graphql-ws, soap",
  "x".repeat(4_000),
  Array(1_000).fill("a").join(", "),
  `${" ".repeat(2_000)}, chat.v1`,
];

const COMPRESSION = [
  "permessage-deflate",
  "permessage-deflate; client_max_window_bits",
  "permessage-deflate; server_max_window_bits=8; client_no_context_takeover",
  "permessage-deflate; server_max_window_bits=99999999999",
  "x-webkit-deflate-frame, permessage-deflate",
  "permessage-bzip2",
  ";;;,,,===",
  "permessage-deflate; ".repeat(200),
];

/** Requests of which two programs may have two opinions. */
const AMBIGUOUS = [
  ["Content-Length: 4", "Transfer-Encoding: chunked"],
  ["Content-Length: 4", "Content-Length: 40"],
  ["Content-Length: -1"],
  ["Content-Length: +4"],
  ["Content-Length: 0x4"],
  ["Content-Length: 4, 4"],
  ["Content-Length: 99999999999999999999"],
  ["Transfer-Encoding: xchunked"],
  ["Transfer-Encoding: chunked, identity"],
  ["Transfer-Encoding : chunked"],
  ["Transfer-Encoding:\x0bchunked"],
  ["X: a\r\n folded: b"],
  ["X\x00: a"],
  ["X: a\x00b"],
  ["X: a\rHost: y"],
  [": no name"],
  ["no colon"],
  ["Host: other"],
  ["Expect: 100-continue", "Content-Length: 4"],
  ["Expect: the-spanish-inquisition"],
  ["Connection: close, keep-alive, upgrade"],
  [
    "Upgrade: h2c",
    "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
    "Connection: Upgrade, HTTP2-Settings",
  ],
  ["Range: bytes=0-,0-,0-,0-"],
  ["Trailer: Host", "TE: trailers"],
];

const GARBAGE = [
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "SSH-2.0-OpenSSH_9.2\r\n",
  "GET /\r\n\r\n",
  "GET / HTTP/0.9\r\n\r\n",
  "GET / HTTP/1.1\n\n",
  "GET  /  HTTP/1.1\r\n\r\n",
  "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
  "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
  "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET //example.org/ws HTTP/1.1\r\nHost: x\r\n\r\n",
  "TRACE / HTTP/1.1\r\nHost: x\r\nCookie: secret\r\n\r\n",
  "\0".repeat(300),
  "GET / HTTP/1.1\r\n\r\n",
];

const HOSTS = [
  "[",
  "a b",
  "x:99999",
  "[::1",
  "%",
  "x/y?",
  "y@x",
  "x\\y",
  "",
  "é",
  "x".repeat(5_000),
];

export const handshakes: Attack[] = [
  trying(
    "half handshakes",
    Array.from({ length: Math.ceil(GOOD.length / 4) }, (_, part) => part * 4),
    async (target, length) => {
      const line = await target.open();
      if (!line) return;
      await line.send(GOOD.subarray(0, length));
      await target.close(line, length % 8 === 0 ? "end" : "reset");
    },
  ),

  trying(
    "resets at each step",
    Array.from({ length: 60 }, (_, at) => at % 6),
    async (target, step) => {
      const line = await target.open();
      if (!line) return;
      if (step === 1) await line.send(GOOD.subarray(0, 20));
      if (step >= 2) await line.send(GOOD);
      if (step >= 3) await target.answer(line);
      if (step >= 4) await line.send(chat("going").subarray(0, step === 4 ? 5 : undefined));
      await target.close(line, "reset");
    },
  ),

  trying(
    "odd handshakes",
    [
      ["Sec-WebSocket-Version: 8"],
      ["Sec-WebSocket-Version: 13, 8"],
      ["Sec-WebSocket-Version: -13"],
      ["Sec-WebSocket-Key: x"],
      ["Sec-WebSocket-Key: "],
      [`Sec-WebSocket-Key: ${"A".repeat(5_000)}`],
      ["Upgrade: websocket, websocket"],
      ["Upgrade: h2c", "Upgrade: websocket"],
      ["Upgrade: websocket", "Upgrade: websocket"],
      ["Connection: Upgrade", "Connection: close"],
      ["Connection: close"],
      ["Content-Length: 5"],
      ["Transfer-Encoding: chunked"],
      ["Expect: 100-continue"],
    ].flatMap((headers) => ["GET", "HEAD", "POST"].map((method) => ({ headers, method }))),
    async (target, { headers, method }) => {
      const bytes = handshake(`/ws?username=${target.name()}`, headers, method);
      const { status } = await target.askWell(bytes, `a handshake with ${headers}`);
      target.expect(method === "GET" || status !== 101, `${method} makes a WebSocket`);
    },
  ),

  trying("odd subprotocols", OFFERS, async (target, offer) => {
    const headers = [`Sec-WebSocket-Protocol: ${offer}`];
    const { head } = await target.askWell(
      handshake(`/ws?username=${target.name()}`, headers),
      offer,
    );
    const chosen = head.match(/^sec-websocket-protocol: (.*)$/im)?.[1];
    target.expect(chosen === undefined || chosen === "chat.v1", `the protocol ${chosen} is chosen`);
  }),

  trying("compression offers", COMPRESSION, async (target, offer) => {
    const headers = [`Sec-WebSocket-Extensions: ${offer}`];
    const path = `/ws?username=${target.name()}`;
    const { head } = await target.askWell(handshake(path, headers), offer);
    target.expect(!/^sec-websocket-extensions:/im.test(head), "compression is agreed to");
    // Half a megabyte of zeros, as DEFLATE has it.
    const bomb = Buffer.concat([Buffer.from("ecc101", "hex"), Buffer.alloc(500)]);
    await target.tell(frame(bomb, { rsv: 4 }), {}, headers);
  }),

  trying(
    "header floods",
    [
      Array.from({ length: 90 }, (_, at) => `X-${at}: ${at}`),
      Array.from({ length: 5_000 }, (_, at) => `X-${at}: ${at}`),
      Array(2_000).fill("Cookie: a=b"),
      [`X: ${"a".repeat(60 * KIB)}`],
      [`X: ${"a".repeat(1_024 * KIB)}`],
      [`${"X".repeat(100 * KIB)}: a`],
      Array(300).fill(`Sec-WebSocket-Protocol: ${"chat.v1, ".repeat(20)}`),
      Array(300).fill("X-Forwarded-For: 1.2.3.4, 5.6.7.8"),
      [`Accept: ${"a/b,".repeat(10_000)}`],
      [`If-None-Match: "a"${" ".repeat(40_000)}"b"`],
    ].flatMap((headers) =>
      ["/", "/chat.js", "/ws?username=flood"].map((path) => ({ path, headers }))
    ),
    (target, { path, headers }) =>
      target.askWell(
        request(`GET ${path} HTTP/1.1`, [
          "Host: x",
          ...path.startsWith("/ws") ? HANDSHAKE : [],
          ...headers,
        ]),
        `${headers.length} headers`,
      ),
  ),

  besieging("headers without end", 4, async (target) => {
    const line = await target.open();
    if (!line) return;
    await line.send("GET / HTTP/1.1\r\nHost: x\r\nX: ");
    const piece = "a".repeat(64 * KIB);
    // By an answer, or by the end: a proxy answers, and reads on for a while.
    let refused = false;
    line.listen(() => refused = true);
    let sent = 0;
    for (; sent < 16 * KIB && !refused && !target.over; sent++) await line.send(piece);
    target.expect(sent < 16 * KIB, "a header of 1 GiB is read");
  }),

  trying("ambiguous requests", AMBIGUOUS, async (target, headers) => {
    const body = "\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    for (const line of ["GET / HTTP/1.1", "POST /api/rooms/attic/messages HTTP/1.1"]) {
      await target.askWell(request(line, ["Host: x", ...headers], body), `${headers}`);
    }
  }),

  trying("what is no request", GARBAGE, async (target, text) => {
    const { head } = await target.askWell(Buffer.from(text, "latin1"), JSON.stringify(text));
    target.expect(!head.includes("Cookie: secret"), "a request is echoed");
  }),

  trying("odd hosts", HOSTS, async (target, host) => {
    for (const path of ["/", "/healthz", "/ws?username=x"]) {
      const bytes = request(`GET ${path} HTTP/1.1`, [`Host: ${host}`]);
      const { body } = await target.askWell(bytes, `the host ${host.slice(0, 20)}`);
      target.expect(!/"websocket":"[^"]*[\\ ]/.test(body), "a host is repeated that is none");
    }
  }),

  trying("many requests at once", [1, 10, 200, 1_000], async (target, count) => {
    const line = await target.open();
    if (!line) return;
    const one = request("GET /healthz HTTP/1.1", ["Host: x"]);
    line.write(
      Buffer.concat([...Array(count).fill(one), handshake("/ws?username=late"), chat("hi")]),
    );
    const heard = await target.hear(line, 3_000, (text) => text.includes("101 Switching"));
    const answers = heard.match(/^HTTP\/1\.1 200/gm)?.length ?? 0;
    target.expect(answers <= count, "there are more answers than requests");
  }),

  trying(
    "random bytes as requests",
    (random) =>
      Array.from({ length: 150 }, () => {
        const bytes = Buffer.from(handshake("/ws?username=noise&room=attic&since=1"));
        for (let i = random.below(6); i >= 0; i--) {
          bytes[random.below(bytes.length)] = random.below(256);
        }
        return bytes;
      }),
    (target, bytes) => target.askWell(bytes, JSON.stringify(bytes.toString("latin1"))),
  ),
];
