/** Whoever wants to read what two people tell each other in private, or to speak in their names. */
import { forged, inSeconds, Signer } from "../access/issuer.ts";
import { type Attack, trying } from "./attack.ts";
import type { Target } from "./target.ts";
import { DECIDED } from "./tokens.ts";
import { frame, handshake, posting, request } from "./wire.ts";

const V1 = "chat.v1";
/** A place before all that was ever said. */
const FIRST = "00000000000000000000000000";

/** Ways to say that one is somebody else, as a bearer; undefined: without one. */
async function guises(target: Target, name: string): Promise<(string | undefined)[]> {
  const { issuer } = target.known;
  const claims = { sub: name, exp: inSeconds(3_600) };
  const stranger = await Signer.make("ES256", "curve");
  return [
    undefined,
    forged({ alg: "none" }, claims),
    forged({ alg: "ES256", kid: "curve" }, claims),
    await stranger.sign(claims),
    await stranger.sign({ username: name }, { typ: "parley-session" }),
    await sessionOf(target),
    ...issuer
      ? [
        await issuer.token("mallory"),
        await issuer.token("mallory", { sub: name, name }),
        await issuer.curve.sign({ sub: name, exp: inSeconds(-3_600) }),
        await issuer.token(name.replace("a", "а")),
      ]
      : [],
  ];
}

/** A session, as a stranger is given one. */
async function sessionOf(target: Target): Promise<string | undefined> {
  const token = await target.known.issuer?.token("mallory");
  const line = await target.open();
  if (!line) return undefined;
  const [who, offer] = token ? ["", `, bearer.${token}`] : [`&username=${target.name()}`, ""];
  line.write(handshake(`/ws?room=attic${who}`, [`Sec-WebSocket-Protocol: ${V1}${offer}`]));
  const heard = await target.hear(line, 2_000, (text) => text.includes('"type":"room"'));
  await target.close(line);
  const session = heard.match(/"session":"([^"]+)"/)?.[1];
  target.expect(session !== undefined, "a stranger is given no session");
  return session;
}

/** Ways to write a name. */
const spellings = (
  name: string,
) => [name, name.toUpperCase(), ` ${name} `, name.replace("c", "ｃ")];

/** An attack by somebody who wants to pass for each of those who are there, in every guise. */
const asEach = (
  name: string,
  act: (target: Target, who: { name: string; token?: string }) => Promise<unknown>,
): Attack => ({
  name,
  async run(target) {
    if (!target.known.claimed) return;
    for (const name of target.known.names ?? []) {
      await Promise.all((await guises(target, name)).map(async (token) => {
        target.tried++;
        await act(target, { name, token });
      }));
    }
  },
});

const bearer = (token?: string) => token === undefined ? [] : [`Authorization: Bearer ${token}`];

export const privacy: Attack[] = [
  asEach("connecting in another's name", async (target, { name, token }) => {
    for (const username of spellings(name)) {
      const query = new URLSearchParams({ username, since: FIRST, inbox: FIRST, last: "200" });
      const offers = token === undefined ? V1 : `${V1}, bearer.${token}`;
      const line = await target.open();
      if (!line) return;
      line.write(handshake(`/ws?${query}`, [`Sec-WebSocket-Protocol: ${offers}`]));
      const heard = await target.hear(line, 2_000, (text) => DECIDED.test(text));
      const taken = heard.includes(`"type":"welcome","username":"${name}"`);
      target.expect(!taken, `${name} is somebody else: ${token?.slice(0, 40) ?? "a guest"}`);
      await target.close(line);
    }
  }),

  asEach("speaking in another's name", async (target, { name, token }) => {
    for (const username of spellings(name)) {
      const body = JSON.stringify({ username, content: "not me" });
      const { body: answer } = await target.askWell(
        posting(body, bearer(token)),
        `a post of ${name}`,
      );
      target.expect(!answer.includes(`"username":"${name}"`), `somebody else speaks as ${name}`);
    }
    const claims = { type: "chat", content: "not me", username: name, from: name, by: name };
    const heard = await target.tell(frame(JSON.stringify(claims)));
    target.expect(!heard.includes(`"username":"${name}"`), `a field makes somebody ${name}`);
  }),

  asEach("reading another's inbox as a room", async (target, { name, token }) => {
    for (
      const room of [`@${name}`, `%40${name}`, `%23${name}`, name, `${name}%00`, `..%2f@${name}`]
    ) {
      for (
        const what of [
          "messages?limit=200",
          `messages?since=${FIRST}`,
          "search?q=between",
          `events?since=${FIRST}`,
        ]
      ) {
        const line = await target.open();
        if (!line) return;
        line.write(
          request(`GET /api/rooms/${room}/${what} HTTP/1.1`, ["Host: x", ...bearer(token)]),
        );
        await (what.startsWith("events") ? target.hear(line, 50) : target.answer(line));
        await target.close(line);
      }
    }
    const commands = [`@${name}`, `#${name}`, name, `@${name} `].map((room) =>
      frame(JSON.stringify({ type: "join", room, since: FIRST, last: 200 }))
    );
    await target.tell(commands, {}, [`Sec-WebSocket-Protocol: ${V1}`]);
  }),

  trying(
    "listening to all that is told",
    [FIRST, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"],
    async (target, place) => {
      const line = await target.talk({ since: place, inbox: place }, [
        `Sec-WebSocket-Protocol: ${V1}`,
      ]);
      if (line) await target.hear(line, 2_000);
      await target.askWell(request("GET /metrics HTTP/1.1", ["Host: x"]), "metrics");
      await target.askWell(
        request("GET /api/users?limit=1000 HTTP/1.1", ["Host: x"]),
        "the people",
      );
      await target.askWell(request("GET /api/rooms?limit=1000 HTTP/1.1", ["Host: x"]), "the rooms");
    },
  ),
];
