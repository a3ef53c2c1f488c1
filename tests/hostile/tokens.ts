/** Tokens that are forged, changed, stolen from another use, or good no more. For a server that takes tokens. */
import { Buffer } from "node:buffer";
import { createPublicKey } from "node:crypto";
import { forged, inSeconds, sign, Signer } from "../access/issuer.ts";
import { tokenKey } from "../../routes/identity/keys.ts";
import { type Attack, trying } from "./attack.ts";
import type { Issuer } from "./issuer.ts";
import type { Target } from "./target.ts";
import { CLOSED, frame, handshake, posting, request } from "./wire.ts";

/** Is it clear whether somebody is let in? */
export const DECIDED = new RegExp(`"type":"room"|^HTTP/1\\.1 [2-5]|${CLOSED.source}`);

const V1 = "Sec-WebSocket-Protocol: chat.v1";

/** The doors that a token opens, each of them tried. */
export async function opened(target: Target, token: string): Promise<string[]> {
  const bearer = `Authorization: Bearer ${token}`;
  const post = JSON.stringify({ content: "forged" });
  const [read, posted, list] = await Promise.all([
    target.ask(request("GET /api/rooms/attic/messages HTTP/1.1", ["Host: x", bearer])),
    target.ask(posting(post, [bearer])),
    target.ask(request("GET /api/users HTTP/1.1", ["Host: x", bearer])),
  ]);
  const doors = {
    reading: read.status === 200,
    posting: posted.status === 201,
    looking: list.status === 200,
  };
  const offered = await talked(target, [`${V1}, bearer.${token}`]);
  const sent = await talked(target, [V1, bearer]);
  const renewed = await renews(target, token);
  return Object.entries({ ...doors, offered, sent, renewed }).filter(([, open]) => open)
    .map(([door]) => door);
}

/** Does a WebSocket welcome whoever sends these headers? */
async function talked(target: Target, headers: string[]): Promise<boolean> {
  const line = await target.open();
  if (!line) return false;
  line.write(handshake("/ws?room=attic", headers));
  const heard = await target.hear(
    line,
    5_000,
    (text) => DECIDED.test(text),
  );
  await target.close(line);
  return heard.includes('"type":"welcome"');
}

/** Is a token taken that somebody sends who has come in with a good one? */
async function renews(target: Target, token: string): Promise<boolean> {
  const good = await target.known.issuer!.token("mallory");
  const line = await target.open();
  if (!line) return false;
  line.write(handshake("/ws?room=attic", [V1, `Authorization: Bearer ${good}`]));
  await target.hear(line, 5_000, (text) => DECIDED.test(text));
  line.write(frame(JSON.stringify({ type: "auth", token })));
  const heard = await target.settled(line);
  await target.close(line);
  return heard.includes('"type":"welcome"');
}

/** An attack by tokens, none of which may open any door. */
const forging = (
  name: string,
  make: (issuer: Issuer, target: Target) => (string | Promise<string>)[] | Promise<string[]>,
): Attack => ({
  name,
  async run(target) {
    const { issuer } = target.known;
    if (!issuer) return;
    for (const token of await Promise.all(await make(issuer, target))) {
      if (target.over) return;
      target.tried++;
      const doors = await opened(target, token);
      target.expect(doors.length === 0, `${token.slice(0, 60)}… is good for ${doors}`);
    }
  },
});

const encode = (value: string | object) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

const CLAIMS = { sub: "mallory", exp: inSeconds(3_600) };

/** How many doors there are. */
const DOORS = 6;

export const tokens: Attack[] = [
  {
    name: "revoked tokens, again and again",
    async run(target) {
      const { issuer } = target.known;
      if (!issuer) return;
      const jti = crypto.randomUUID();
      const token = await issuer.token("mallory", { jti });
      const before = await opened(target, token);
      // Else nothing is proven by those that stay closed.
      target.expect(before.length === DOORS, `a good token opens only ${before}`);
      const admin = await issuer.token("warden", { admin: true });
      const headers = ["Host: x", "Content-Length: 2", `Authorization: Bearer ${admin}`];
      const { status } = await target.ask(
        request(`PUT /api/revoked/${jti} HTTP/1.1`, headers, "{}"),
      );
      target.expect(status === 200, `${status} to the revocation`);
      for (let i = 0; i < 3; i++) {
        target.tried++;
        const doors = await opened(target, token);
        target.expect(doors.length === 0, `a revoked token is good for ${doors}`);
      }
    },
  },

  forging("tokens without a signature", () => [
    ...["none", "None", "NONE", "nOnE", "", " none"].flatMap((alg) => [
      `${encode({ alg })}.${encode(CLAIMS)}.`,
      forged({ alg }, CLAIMS),
    ]),
    `${encode({ alg: "RS256", kid: "rsa" })}.${encode(CLAIMS)}.`,
    `${encode({ alg: "ES256", kid: "curve" })}.${encode(CLAIMS)}.${
      Buffer.alloc(64).toString("base64url")
    }`,
    `${encode({})}.${encode(CLAIMS)}.x`,
    `${encode(CLAIMS)}`,
    "..",
    "a.b.c",
  ]),

  forging("tokens of another key", async () => {
    const [curve, rsa, other] = await Promise.all([
      Signer.make("ES256", "curve"),
      Signer.make("RS256", "rsa"),
      Signer.make("EdDSA", "rsa"),
    ]);
    return await Promise.all([
      curve.sign(CLAIMS),
      rsa.sign(CLAIMS),
      other.sign(CLAIMS),
      curve.sign(CLAIMS, { kid: "unknown" }),
      curve.sign(CLAIMS, { kid: undefined }),
      curve.sign(CLAIMS, { kid: "../../keys" }),
      curve.sign(CLAIMS, { kid: "__proto__" }),
    ]);
  }),

  forging("a public key as a secret", async ({ rsa, curve }) => {
    const secrets = [rsa, curve].flatMap(({ kid, public: jwk }) => {
      const key = createPublicKey({ key: jwk as never, format: "jwk" });
      const pem = key.export({ type: "spki", format: "pem" }).toString();
      const der = key.export({ type: "spki", format: "der" });
      return [pem, pem.trim(), der, JSON.stringify(jwk), Buffer.from(jwk.n ?? jwk.x!, "base64url")]
        .map((bytes) => ({ kid, secret: new Uint8Array(Buffer.from(bytes as string)) }));
    });
    return await Promise.all(
      secrets.map(async ({ kid, secret }) => await sign(await tokenKey(secret), CLAIMS, { kid })),
    );
  }),

  {
    name: "keys that tokens bring along",
    async run(target) {
      const { issuer } = target.known;
      if (!issuer) return;
      await using canary = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      let visited = false;
      const visit = canary.accept().then((visitor) => {
        visited = true;
        visitor.close();
      }, () => {});
      const mine = await Signer.make("ES256", "mine");
      const url = `http://127.0.0.1:${canary.addr.port}/keys`;
      const header = { jwk: mine.public, jku: url, x5u: url, x5c: ["MIIB"], kid: url };
      for (
        const token of [
          await mine.sign(CLAIMS, header as object),
          await mine.sign(CLAIMS, { ...header, kid: "curve" } as object),
          forged({ ...header, alg: "ES256", crit: ["exp"] }, CLAIMS),
          forged({ ...header, alg: "ES256", b64: false, crit: ["b64"] }, CLAIMS),
        ]
      ) {
        target.tried++;
        const doors = await opened(target, token);
        target.expect(doors.length === 0, `a key that comes with a token is good for ${doors}`);
      }
      target.expect(!visited, "an address that comes with a token is visited");
      canary.close();
      await visit;
    },
  },

  forging("tokens out of their time", ({ curve }) =>
    [
      { exp: inSeconds(-3_600) },
      { exp: inSeconds(-31) },
      { exp: 0 },
      { exp: -1 },
      { exp: "tomorrow" },
      { exp: null },
      { exp: undefined },
      { nbf: inSeconds(3_600) },
      { iat: inSeconds(3_600) },
    ].map((claims) => curve.sign({ ...CLAIMS, ...claims }))),

  forging("tokens that are changed", async (issuer, { random }) => {
    const token = await issuer.token("mallory");
    const parts = token.split(".");
    const admin = { ...JSON.parse(Buffer.from(parts[1]!, "base64url").toString()), admin: true };
    const flipped = Array.from({ length: 25 }, () => {
      // The last characters have bits that mean nothing.
      const at = random.below(token.length - 3);
      const instead = token[at] === "."
        ? ""
        : random.pick([..."ABCabc019-_"].filter((one) => one !== token[at]));
      return token.slice(0, at) + instead + token.slice(at + 1);
    }).filter((other) =>
      other.split(".").slice(0, 2).join() !== parts.slice(0, 2).join() || other !== token
    );
    return [
      ...flipped.filter((other) => changes(other, token)),
      [parts[0], encode(admin), parts[2]].join("."),
      [parts[1], parts[0], parts[2]].join("."),
      [...parts, parts[2]].join("."),
      `${parts[0]}.${parts[1]}`,
    ];
  }),

  forging("oversized tokens", async ({ curve }) => [
    await curve.sign({ ...CLAIMS, filler: "x".repeat(5_400) }),
    "x".repeat(7_169),
    "x".repeat(60_000),
    `${encode({ alg: "ES256", kid: "k".repeat(5_000) })}.${encode(CLAIMS)}.x`,
    `${encode("[".repeat(4_000))}.${encode(CLAIMS)}.x`,
    `${encode(`{"alg":${"[".repeat(3_000)}`)}.x.x`,
    `${encode('{"alg":"ES256","kid":1e999}')}.${encode(CLAIMS)}.x`,
    `${encode('{"__proto__":{"alg":"none"}}')}.${encode(CLAIMS)}.`,
    ".".repeat(3_000),
  ]),

  forging("names that no token may give", ({ curve }) =>
    [
      { sub: "" },
      { sub: "a\r\nb" },
      { sub: "\u202eevil" },
      { sub: "system" },
      { sub: "@all" },
      { sub: "x".repeat(2_000) },
      { sub: 7 },
      { sub: ["ann"] },
      { sub: undefined },
      { username: {}, sub: "ann" },
    ].map((claims) => curve.sign({ exp: CLAIMS.exp, ...claims }))),

  trying(
    "moderating without being allowed",
    [
      "DELETE /api/rooms/attic/messages",
      "DELETE /api/rooms/attic/messages/01M8BVZYXNCHW4JMABMXBE0000",
      "DELETE /api/rooms/attic/users/ann",
      "PUT /api/rooms/attic/bans/ann",
      "PUT /api/rooms/attic/mutes/ann",
      "PATCH /api/rooms/attic",
      "GET /api/rooms/attic/bans",
      "PUT /api/bans/ann",
      "PUT /api/mutes/ann",
      "GET /api/bans",
      "DELETE /api/users/ann",
      "PUT /api/revoked/some-token",
    ],
    async (target, line) => {
      const { issuer } = target.known;
      const odd = { admin: "true", roles: ["admin"], scope: "admin", rooms: { admin: true } };
      const given = issuer
        ? [undefined, await issuer.token("mallory"), await issuer.token("mallory", odd)]
        : [undefined];
      for (const token of given) {
        const headers = ["Host: x", "Content-Length: 2", "Content-Type: application/json"];
        const all = token ? [...headers, `Authorization: Bearer ${token}`] : headers;
        const { status } = await target.ask(request(`${line} HTTP/1.1`, all, "{}"));
        target.expect(status === 0 || status >= 400, `${status} to ${line}`);
      }
    },
  ),

  trying("commands of moderators", [
    "delete",
    "clear",
    "kick",
    "mute",
    "unmute",
    "ban",
    "unban",
    "set",
  ], async (target, type) => {
    const token = await target.known.issuer?.token("mallory");
    const name = target.known.names?.[0];
    const more = {
      re: "01M8BVZYXNCHW4JMABMXBE0000",
      room: "attic",
      username: name,
      for: 60,
      closed: true,
    };
    const headers = token ? [V1, `Authorization: Bearer ${token}`] : [V1];
    const heard = await target.tell(
      frame(JSON.stringify({ type, ...more })),
      token ? { username: "mallory" } : {},
      headers,
    );
    target.expect(!heard.includes('"type":"moderated"'), `${type} is obeyed`);
  }),

  trying(
    "tokens in addresses",
    ["token", "access_token", "bearer", "jwt", "session", "auth"],
    async (target, name) => {
      const token = await target.known.issuer?.token("addressed");
      if (!token) return;
      const { head, body } = await target.ask(handshake(`/ws?room=attic&${name}=${token}`));
      target.expect(
        !head.startsWith("HTTP/1.1 101"),
        `a token is taken from the address (${name})`,
      );
      target.expect(!body.includes(token), "a token is repeated");
      const cookie = [`Cookie: ${name}=${token}`];
      const { status } = await target.ask(handshake("/ws?room=attic", cookie));
      target.expect(status !== 101, `a token is taken from a cookie (${name})`);
    },
  ),

  {
    name: "timing of comparisons",
    async run(target) {
      const token = await target.known.issuer?.token("timed");
      if (!token) return;
      const start = token.lastIndexOf(".") + 1;
      const wrong = (at: number) =>
        token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      const apart = async () => {
        const times: [number[], number[]] = [[], []];
        for (let i = 0; i < 60 && !target.over; i++) {
          for (const [which, at] of [start, token.length - 4].entries()) {
            target.tried++;
            const bearer = `Authorization: Bearer ${wrong(at)}`;
            const began = performance.now();
            await target.ask(request("GET /api/users HTTP/1.1", ["Host: x", bearer]));
            times[which]!.push(performance.now() - began);
          }
        }
        const [first, last] = times.map(median);
        return (last! - first!) / first!;
      };
      // Chance makes a difference, but hardly the same one again and again.
      const differences = [await apart(), await apart(), await apart()];
      const constant = Math.min(...differences) > 0.3 || Math.max(...differences) < -0.3;
      target.expect(
        !constant,
        `how long a refusal takes tells where a signature is wrong: ${differences}`,
      );
    },
  },
];

/** Does a text say something else than a token, and not only write the same in another way? */
function changes(text: string, token: string): boolean {
  const meant = (text: string) =>
    text.split(".").map((part) => Buffer.from(part, "base64url").toString("hex")).join();
  return meant(text) !== meant(token);
}

const median = (times: number[]) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
