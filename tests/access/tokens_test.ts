/** Tokens: which are good, whose they are, and what is said of those that are not. No server is needed. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { CompactSign, importJWK } from "jose";
import type { Identity } from "../../hub/access/identity.ts";
import { clock } from "../../hub/base/clock.ts";
import { Limit } from "../../hub/base/limit.ts";
import { ChatError } from "../../messages.ts";
import { PUBLIC } from "../../routes/identity/algorithms.ts";
import { sessionKey, tokenKey } from "../../routes/identity/keys.ts";
import { seal } from "../../routes/identity/seal.ts";
import { type TokenRules, Tokens, tooMany } from "../../routes/identity/tokens.ts";
import { later } from "../time.ts";
import { forged, inSeconds, invitation, SECRET, sign, Signer } from "./issuer.ts";

const key = await tokenKey(SECRET);
const DAY = 24 * 3_600_000;

/** Takes invitations. */
const host = (rules: Partial<TokenRules> = {}) =>
  new Tokens({ of: () => key }, { algorithms: ["HS256"], ...rules });

/** Who brings a token. */
async function whoIs(token: string, tokens = host()): Promise<Identity> {
  tokens.inspect(token);
  return await tokens.identify(token);
}

/** Why a token is refused, in words in which nothing of it is repeated. */
async function why(token: string, tokens = host()): Promise<string> {
  const { code, message } = await assertRejects(() => whoIs(token, tokens), ChatError);
  assertEquals(code, "unauthorized", message);
  for (const part of token.split(".")) assert(part.length < 12 || !message.includes(part), message);
  return message.replace(/^Cannot use this token: /, "");
}

Deno.test("a token is taken that is signed in a way that is allowed, and in no other", async () => {
  for (const alg of PUBLIC) {
    const signer = await Signer.make(alg);
    const known = await importJWK(signer.public, alg) as CryptoKey;
    const by = (algorithms: TokenRules["algorithms"]) =>
      new Tokens({ of: () => known }, { algorithms });
    const token = await signer.sign({ sub: "ann" });
    assertEquals((await whoIs(token, by(PUBLIC))).username, "ann", alg);
    const others = PUBLIC.filter((name) => name !== alg);
    assertEquals(
      await why(token, by(others)),
      `it must be signed by ${others.join(", ")} (alg)`,
    );
    const [header, , signature] = token.split(".");
    const [, claims] = forged({}, { sub: "root", exp: inSeconds(60) }).split(".");
    assertEquals(
      await why(`${header}.${claims}.${signature}`, by(PUBLIC)),
      "its signature is wrong",
    );
    // As if what everybody knows were the secret.
    const swapped = await sign(
      await tokenKey(new TextEncoder().encode(JSON.stringify(signer.public))),
      { sub: "root" },
    );
    assertEquals(await why(swapped, by(PUBLIC)), `it must be signed by ${PUBLIC.join(", ")} (alg)`);
  }
});

Deno.test("what is no token is refused before anybody looks at its signature", async () => {
  const good = await invitation({ sub: "ann" });
  const form = "it must be a JSON Web Token, of three parts, and without crit";
  const [header, claims, signature] = good.split(".");
  for (
    const token of [
      ...[
        "x",
        "a.b",
        `${good}.`,
        `${good}.x`,
        `.${claims}.${signature}`,
        `${header}..${signature}`,
      ],
      ...[`${header}.${claims}.`, `e30=.${claims}.${signature}`, `!.${claims}.${signature}`],
      ...[`bnVsbA.${claims}.${signature}`, `W10.${claims}.${signature}`],
      forged({ alg: "HS256", crit: ["b64"], b64: false }),
    ]
  ) assertEquals(await why(token), form, token);
  for (const alg of ["none", "None", "HS512", "RS256", "", undefined, 1, ["HS256"]]) {
    assertEquals(await why(forged({ alg })), "it must be signed by HS256 (alg)");
  }
  assertEquals(await why(forged({ alg: "HS256" })), "its signature is wrong");
  assertEquals(
    await why(await invitation({ sub: "ann" }, SECRET.map((byte) => byte ^ 1))),
    "its signature is wrong",
  );
  const text = new CompactSign(new TextEncoder().encode('"ann"')).setProtectedHeader({
    alg: "HS256",
  });
  assertEquals(await why(await text.sign(key)), "it is no token, or of no good key");
});

Deno.test("claims say who somebody is, and what they may do", async () => {
  const exp = inSeconds(60);
  const ann = {
    username: "ann",
    key: "ann",
    name: undefined,
    guest: false,
    rooms: undefined,
    admin: false,
    expires: (exp + 30) * 1_000,
    token: undefined,
  };
  for (
    const [claims, wanted] of [
      [{ sub: "ann" }, {}],
      [{ sub: "0f3a", username: " ann " }, {}],
      [{ sub: "ANN" }, { username: "ANN" }],
      [{ sub: "ann", name: "ann" }, {}],
      [{ sub: "ann", name: " Ann  B. " }, { name: "Ann B." }],
      [{ sub: "ann", name: "Ä".repeat(64) }, { name: "Ä".repeat(64) }],
      [{ sub: "ann", admin: true, jti: "x".repeat(128) }, { admin: true, token: "x".repeat(128) }],
      ...["true", 1, [true], {}, null].map((admin) => [{ sub: "ann", admin }, {}] as const),
      [{ sub: "ann", rooms: [] }, { rooms: { read: [], write: [] } }],
      [{ sub: "ann", rooms: ["Dev", "team-*", "*", "..*"] }, {
        rooms: { read: [], write: ["dev", "team-*", "*", "..*"] },
      }],
      [{ sub: "ann", rooms: { read: ["*"], write: ["dev"] } }, {
        rooms: { read: ["*"], write: ["dev"] },
      }],
      [{ sub: "ann", rooms: { write: ["dev"], more: 1 } }, { rooms: { read: [], write: ["dev"] } }],
      [{ sub: "ann", rooms: Array(256).fill("a") }, {
        rooms: { read: [], write: Array(256).fill("a") },
      }],
    ] as [object, object][]
  ) assertEquals(await whoIs(await invitation({ ...claims, exp })), { ...ann, ...wanted });
});

Deno.test("a claim that is wrong is named, with what would be right", async () => {
  const rooms = 'must be a list, or {"read":[…],"write":[…]}';
  for (
    const [claims, claim, rule] of [
      [{}, "sub", 'must be a text; the name is in "username", or else in "sub"'],
      [{ sub: 7 }, "sub", "must be a text"],
      [{ sub: "ann", username: null }, "username", "must be a text"],
      [{ username: "@ann" }, "username", "cannot be a username: it must be 1 to 32 characters"],
      [{ sub: "x".repeat(33) }, "sub", "cannot be a username"],
      [{ sub: "system" }, "sub", "cannot be a username"],
      ...["", " ", "a\u200bb", "x".repeat(65), "\u202eevil", 7, null, ["a"]]
        .map((name) => [{ sub: "ann", name }, "name", "must be 1 to 64 characters, none of them"]),
      ...[null, "dev", 7, {}, { Read: ["a"] }, { read: "a" }, { read: "", write: ["a"] }, {
        write: { 0: "a" },
      }, true]
        .map((value) => [{ sub: "ann", rooms: value }, "rooms", rooms]),
      ...[7, "", "a b", "*a", "a**", "a/*", ".", "x".repeat(64) + "*", null, ["dev"]]
        .map((room) => [{ sub: "ann", rooms: [room] }, "rooms", "has what is no room, nor the"]),
      [{ sub: "ann", rooms: { read: ["a b"] } }, "rooms", "has what is no room"],
      [{ sub: "ann", rooms: Array(257).fill("a") }, "rooms", "must name at most 256 rooms"],
      ...["", 7, null, "x".repeat(129)]
        .map((jti) => [{ sub: "ann", jti }, "jti", "must be a text of 1 to 128 characters"]),
      [{ sub: "ann", exp: undefined }, "exp", "must say when it ends, in seconds since 1970"],
      [{ sub: "ann", exp: "soon" }, "exp", "must say when it ends, in seconds since 1970"],
      [{ sub: "ann", iat: "x" }, "iat", "must say when it was issued, in seconds since 1970"],
      [{ sub: "ann", nbf: "x" }, "nbf", "must say from when on it is good, in seconds since 1970"],
    ] as [object, string, string][]
  ) {
    const words = await why(await invitation(claims));
    assert(words.startsWith(`"${claim}" ${rule}`), `${words} of ${JSON.stringify(claims)}`);
  }
});

Deno.test("a token holds from when to when it says, by clocks that may differ somewhat", async () => {
  const token = (claims: object) => invitation({ sub: "ann", ...claims });
  const early =
    '"nbf" must say from when on it is good, in seconds since 1970, and that must be over';
  const unborn = '"iat" says that it was issued in the future: is a clock wrong?';
  for (const [leeway, seconds] of [[undefined, 30], [5, 5], [0, 0]] as const) {
    const tokens = host({ leeway });
    const [within, beyond] = [seconds && seconds - 2, seconds + 2];
    for (
      const claims of [{ exp: inSeconds(2 - seconds) }, { nbf: inSeconds(within) }, {
        iat: inSeconds(within),
      }]
    ) {
      assertEquals((await whoIs(await token(claims), tokens)).username, "ann");
    }
    assertEquals(await why(await token({ exp: inSeconds(-beyond) }), tokens), "it has expired");
    assertEquals(await why(await token({ nbf: inSeconds(beyond) }), tokens), early);
    assertEquals(await why(await token({ iat: inSeconds(beyond) }), tokens), unborn);
    const { expires } = await whoIs(await token({ exp: inSeconds(60) }), tokens);
    assert(Math.abs(expires! - clock.date() - (60 + seconds) * 1_000) < 2_000);
  }
  const tokens = host();
  const ends = await token({ exp: inSeconds(60) });
  await whoIs(ends, tokens);
  using _ = later(91_000);
  assertEquals(await why(ends, tokens), "it has expired");
});

Deno.test("a token is from whom, and for whom, it must be", async () => {
  const tokens = host({ issuer: "https://id.example", audience: "chat" });
  const token = (claims: object) => invitation({ sub: "ann", ...claims });
  const right = { iss: "https://id.example", aud: "chat" };
  for (const aud of ["chat", ["mail", "chat"]]) {
    assertEquals((await whoIs(await token({ ...right, aud }), tokens)).username, "ann");
  }
  for (const iss of [undefined, "https://id.example/", ["https://id.example"]]) {
    assertEquals(
      await why(await token({ ...right, iss: iss as string }), tokens),
      '"iss" must be https://id.example',
    );
  }
  for (const aud of [undefined, "chatter", [], ["mail"], { chat: 1 }]) {
    assertEquals(
      await why(await token({ ...right, aud: aud as string }), tokens),
      '"aud" must be chat, or have it',
    );
  }
});

Deno.test("a session is as good as its token, for its own time, and passes for nothing else", async () => {
  const sessions = { key: await sessionKey(SECRET), age: 7 * DAY };
  const tokens = host({ sessions });
  const claims = {
    sub: "ann",
    name: "Ann B.",
    rooms: { read: ["*"], write: ["dev"] },
    admin: true,
    jti: "i1",
  };
  const ann = await whoIs(await invitation(claims), tokens);
  const session = (await tokens.session(ann))!;
  const { expires, ...same } = await whoIs(session, tokens);
  assertEquals({ ...same, expires: ann.expires }, ann);
  assert(Math.abs(expires! - clock.date() - 7 * DAY) < 2_000);
  // Where there are none, or another secret, it is a token that nobody has signed.
  assertEquals(await host().session(ann), undefined);
  assertEquals(await why(session), "its signature is wrong");
  const other = await sessionKey(SECRET.map((byte) => byte ^ 1));
  assertEquals(
    await why(session, host({ sessions: { ...sessions, key: other } })),
    "its signature is wrong",
  );
  // Neither key signs what is the other's.
  const asSession = await sign(key, claims, { typ: "parley-session" });
  assertEquals(await why(asSession, tokens), "its signature is wrong");
  const asToken = await sign(sessions.key, claims, { typ: "JWT" });
  assertEquals(await why(asToken, tokens), "its signature is wrong");
  const asGuest = await seal(sessions.key, "parley-guest", { sub: "ann" }, clock.date() + DAY);
  assertEquals(await why(asGuest, tokens), "its signature is wrong");
  using _ = later(7 * DAY + 1_000);
  assertEquals(await why(session, tokens), "it has expired");
  // One that nobody could send is not given.
  const many = Array.from({ length: 250 }, (_, i) => `a-room-with-a-long-name-${i}`);
  assertEquals(await tokens.session({ ...ann, rooms: { read: [], write: many } }), undefined);
});

Deno.test("a token that was good is known again, and of those the newest 5,000", async () => {
  let checked = 0;
  const keys = { of: () => (checked++, key), changed: () => {} };
  const tokens = new Tokens(keys, { algorithms: ["HS256"] });
  const first = await invitation({ sub: "first" });
  await whoIs(first, tokens);
  assertEquals([(await whoIs(first, tokens)).username, checked], ["first", 1]);
  for (let i = 0; i < 4_999; i++) await tokens.identify(await invitation({ sub: `u${i}` }));
  await whoIs(first, tokens);
  assertEquals(checked, 5_000);
  await tokens.identify(await invitation({ sub: "last" }));
  await whoIs(first, tokens);
  assertEquals(checked, 5_002);
  // It may have been signed with a key that is gone.
  keys.changed();
  await whoIs(first, tokens);
  assertEquals(checked, 5_003);
});

Deno.test("few are checked at once, in the order in which they came, and too many not at all", async () => {
  const checks = new Limit({ together: 2, most: 3, full: tooMany });
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const results = gates.map(({ promise }, i) =>
    checks.do(async () => {
      begun.push(i);
      await promise;
      return i;
    })
  );
  const { code, about } = await assertRejects(() => checks.do(() => Promise.resolve()), ChatError);
  assertEquals([code, about.retryAfter, begun], ["unavailable", 5_000, [0, 1]]);
  gates[1]!.reject(new Error("no"));
  await assertRejects(() => results[1]!, Error, "no");
  assertEquals(begun, [0, 1, 2]);
  for (const { resolve } of gates) resolve();
  assertEquals(await Promise.all([0, 2, 3, 4].map((i) => results[i])), [0, 2, 3, 4]);
  assertEquals(begun, [0, 1, 2, 3, 4]);
  // All places are free again.
  const again = [5, 6].map((i) => checks.do(() => Promise.resolve(begun.push(i))));
  assertEquals(begun.slice(5), [5, 6]);
  await Promise.all(again);
});
