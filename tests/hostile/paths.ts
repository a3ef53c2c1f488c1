/** Paths, queries and methods that ask for what there is not, or for something else than they seem to. */
import { type Attack, trying } from "./attack.ts";
import { handshake, request } from "./wire.ts";

const PATHS = [
  "/../../etc/passwd",
  "/..%2f..%2fetc/passwd",
  "/%2e%2e/%2e%2e/etc/passwd",
  "/..%5c..%5cetc%5cpasswd",
  "/....//....//etc/passwd",
  "/%c0%ae%c0%ae/etc/passwd",
  "/.git/config",
  "/.env",
  "/deno.json",
  "/main.ts",
  "/data/parley.db",
  "/static/../deno.json",
  "/v/x/../../deno.json",
  "/v/..%2f..%2fdeno.json",
  "/v/../metrics",
  "/v/__proto__/constructor",
  "/page/app.js%00.png",
  "/%00",
  "/chat.js%20",
  "/chat.js/",
  "//chat.js",
  "/CHAT.JS",
  "/chat.js;jsessionid=1",
  "/ws/",
  "/ws%2f",
  "/ws//",
  "/api/rooms//messages",
  "/api/rooms/%2e%2e/messages",
  "/api/rooms/..%2fusers/messages",
  "/api/rooms/lobby%2fmessages/messages",
  "/api/rooms/__proto__/messages",
  "/api/rooms/constructor/events/",
  "/api/rooms/%zz/messages",
  "/api/rooms/%ff/messages",
  "/api/rooms/%0d%0aSet-Cookie:%20a=b/messages",
  `/api/rooms/${"a".repeat(65)}/messages`,
  `/api/rooms/${"%61".repeat(64)}/messages`,
  `/${"a".repeat(60_000)}`,
  `/${"a/".repeat(20_000)}`,
  `/${"%25".repeat(10_000)}`,
  "/api/rooms/lobby/messages/extra",
  "/api/users/root",
  "/?__proto__[admin]=1",
  "/*",
  "/:room",
  "http://evil.example/",
  "http://evil.example/metrics",
  "https://x:443/api/stats",
  "ftp://x/",
  "javascript:alert(1)",
  "/\\evil.example",
  "/%09/evil.example",
  "/<script>alert(1)</script>",
  "/'%22><img%20src=x>",
];

const QUERIES = [
  "limit=-1",
  "limit=0",
  "limit=1e3",
  "limit=99999999999999999999",
  "limit=0x10",
  "limit=1&limit=2",
  "limit[]=1",
  "limit=NaN",
  "limit=%31",
  "since=",
  "since=0",
  "since=00000000000000000000000000",
  "since=7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
  "since=8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
  `since=${"0".repeat(10_000)}`,
  "before=%00",
  "after=%ff%fe",
  "after=%F0%9F%98",
  "room=../../x",
  "room=a&room=b",
  "room=__proto__",
  "scope=node&scope=all",
  "scope=__proto__",
  "q=%22%20OR%201=1--",
  "q=*",
  `q=${"a%20".repeat(100)}`,
  "q=NEAR(a%20b)",
  "username=a%0d%0ab",
  "=&&&=",
  "%",
  "?".repeat(1_000),
  "&".repeat(10_000),
  Array.from({ length: 2_000 }, (_, at) => `a${at}=1`).join("&"),
];

const PLACES = [
  "/",
  "/api/users",
  "/api/stats",
  "/api/rooms",
  "/api/rooms/attic/messages",
  "/api/rooms/attic/search",
  "/ws",
];

const METHODS = [
  "PUT",
  "DELETE",
  "PATCH",
  "TRACE",
  "PROPFIND",
  "get",
  "BREW",
  "A".repeat(300),
  "__proto__",
  "constructor",
  "toString",
];

/** What only files of this project have, and files of the machine. */
const FILES = /"imports":|root:x:|\[core\]|SQLite format|^import \{/m;

export const paths: Attack[] = [
  trying("odd paths", PATHS, async (target, path) => {
    for (const method of ["GET", "POST"]) {
      const bytes = request(`${method} ${path} HTTP/1.1`, ["Host: x", "Content-Length: 0"]);
      const { head, body } = await target.askWell(bytes, path.slice(0, 80));
      target.expect(!FILES.test(body), `${path} is a file`);
      target.expect(!/^(set-cookie|location):/im.test(head), `${path} sets a header`);
      const html = /^content-type: text\/html/im.test(head);
      target.expect(!html || !body.includes("alert(1)"), `${path} is repeated in a page`);
    }
  }),
  trying(
    "odd queries",
    QUERIES.flatMap((query) => PLACES.map((path) => ({ path, query }))),
    (target, { path, query }) => {
      const bytes = path === "/ws"
        ? handshake(`${path}?username=${target.name()}&${query}`)
        : request(`GET ${path}?${query} HTTP/1.1`, ["Host: x"]);
      return target.askWell(bytes, `${path}?${query.slice(0, 80)}`);
    },
  ),
  trying(
    "odd methods",
    METHODS.flatMap((method) => PLACES.map((path) => ({ path, method }))),
    async (target, { path, method }) => {
      const bytes = request(`${method} ${path} HTTP/1.1`, [
        "Host: x",
        "Content-Length: 0",
        "X-HTTP-Method-Override: DELETE",
      ]);
      const { status } = await target.askWell(bytes, `${method} ${path}`);
      target.expect(status < 200 || status >= 400, `${method} ${path} is obeyed`);
    },
  ),
  trying(
    "forged headers of proxies",
    [
      "X-Forwarded-Host: evil.example",
      "X-Forwarded-Host: evil.example/x?y",
      "X-Forwarded-Proto: javascript",
      "X-Forwarded-For: 127.0.0.1, ::1, localhost, -",
      `X-Forwarded-For: ${"1.1.1.1, ".repeat(1_000)}`,
      "X-Original-URL: /metrics",
      "X-Rewrite-URL: /metrics",
      "Forwarded: for=127.0.0.1;host=evil.example",
    ],
    async (target, header) => {
      const { body } = await target.askWell(request("GET / HTTP/1.1", ["Host: x", header]), header);
      target.expect(!body.includes("# HELP"), `${header} leads somewhere else`);
      target.expect(!/"websocket":"(?!wss?:\/\/)/.test(body), `${header} changes the scheme`);
    },
  ),
];
