/** People with tokens, as they come, stay and go: through every door, and until their time is over. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { MemoryEngine } from "../../hub/engine/memory.ts";
import { Hub } from "../../hub.ts";
import { clock } from "../../hub/base/clock.ts";
import { ChatError } from "../../messages.ts";
import { sessionKey, tokenKey } from "../../routes/identity/keys.ts";
import { Tokens } from "../../routes/identity/tokens.ts";
import type { Config } from "../../routes.ts";
import { Client, type ClientOptions, network, serve, within } from "../support.ts";
import { later } from "../time.ts";
import { forged, inSeconds, invitation, SECRET } from "./issuer.ts";

const [key, sessions] = await Promise.all([tokenKey(SECRET), sessionKey(SECRET)]);
const policy = { tokens: true, guests: "off" } as const;
const HOUR = 3_600_000;

/** A server for those who are invited, which looks after everybody often. */
function host(more: Partial<Config> & { hub?: Hub } = {}) {
  const age = more.sessions;
  const identifier = new Tokens({ of: () => key }, {
    algorithms: ["HS256"],
    sessions: age === undefined ? undefined : { key: sessions, age },
  });
  return serve({ policy, identifier, socket: { silence: 1_000 }, ...more });
}

/** Somebody who brings a token as pages do, or as programs do. */
const bring = (host: string, token: string, more: Partial<ClientOptions> = {}) =>
  new Client(host, { username: "ann", protocols: ["chat.v1", `bearer.${token}`], ...more });

const ask = (host: string, path: string, token: string, init: RequestInit = {}) =>
  fetch(`http://${host}${path}`, { ...init, headers: { authorization: `Bearer ${token}` } });

Deno.test("a token opens every door to what it grants, and is who speaks", network, async () => {
  await using server = host();
  const token = await invitation({
    sub: "ann",
    name: "Ann B.",
    rooms: { read: ["hall"], write: ["dev"] },
  });
  const bobs = await invitation({ sub: "bob" });
  await using ann = bring(server.host, token, { room: "dev" });
  const welcome = await ann.find("welcome");
  assertEquals([welcome.username, (welcome as { name?: string }).name], ["ann", "Ann B."]);
  assertEquals(ann.socket.protocol, "chat.v1");
  // A client of the original, that can set a header, and names nobody.
  const headers = { authorization: `bearer  ${bobs}` };
  await using bob = new Client(server.host, { username: undefined as never, room: "dev" }, headers);
  assertEquals((await bob.find("join")).username, "bob");
  ann.say("hello");
  const said = await bob.find("chat");
  assertEquals([said.username, (said as { name?: string }).name], ["ann", "Ann B."]);
  ann.send({ type: "join", room: "hall" });
  await ann.find("room");
  ann.say("hello", { room: "hall", ref: "r" });
  const refused = await ann.find("error");
  assertEquals([refused.code, refused.room, refused.ref], ["forbidden", "hall", "r"]);
  const post = (room: string, body: object) =>
    ask(server.host, `/api/rooms/${room}/messages`, token, {
      method: "POST",
      body: JSON.stringify({ content: "x", ...body }),
    });
  const posted = await post("dev", {});
  const { username, name } = await posted.json();
  assertEquals([posted.status, username, name], [201, "ann", "Ann B."]);
  for (const [room, body] of [["hall", {}], ["dev", { username: "bob" }]] as const) {
    const { status, body: rest } = await post(room, body);
    await rest?.cancel();
    assertEquals(status, 403);
  }
  const history = await ask(server.host, "/api/rooms/hall/messages", token);
  assertEquals(await history.json(), { messages: [], complete: true });
});

Deno.test(
  "what can be seen at once is a 401, what takes its time a close code",
  network,
  async () => {
    await using server = host();
    const wrong = await invitation({ sub: "ann" }, SECRET.map((byte) => byte ^ 1));
    const knock = async (query: string, headers: Record<string, string>) => {
      const answer = await fetch(`http://${server.host}/ws?${query}`, { headers });
      assertEquals(answer.headers.get("www-authenticate"), answer.status === 401 ? "Bearer" : null);
      return [answer.status, (await answer.json()).detail];
    };
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    assertEquals(await knock("username=ann", {}), [
      401,
      "Cannot let you in without a token: send one as a bearer",
    ]);
    assertEquals((await knock("", bearer("x y")))[0], 401);
    assertEquals((await knock("", bearer("x".repeat(7_169))))[0], 401);
    assertEquals((await knock("", bearer(forged({ alg: "none" }))))[0], 401);
    assertEquals(await knock("", bearer(wrong)), [
      401,
      "Cannot use this token: its signature is wrong",
    ]);
    assertEquals((await knock("", bearer(await invitation({ sub: "ann" }))))[0], 426);
    const closed = async (token: string, more: Partial<ClientOptions> = {}) => {
      const client = bring(server.host, token, more);
      const told: Promise<CloseEvent> = new Promise((resolve) =>
        client.socket.addEventListener("close", resolve)
      );
      const { code, reason } = await within(told, "the end");
      return `${code} ${reason}`;
    };
    assertEquals(await closed(wrong), "4401 Cannot use this token: its signature is wrong");
    const old = await invitation({ sub: "ann", exp: inSeconds(-60) });
    assertEquals(await closed(old), "4401 Cannot use this token: it has expired");
    const other = await invitation({ sub: "ann", rooms: ["dev"] });
    assertMatch(await closed(other), /^4403 You may not read lobby: your token does not grant it/);
    assertMatch(
      await closed(await invitation({ sub: "bob" })),
      /^4403 Cannot let you in by this name/,
    );
    // Seen at once, it never becomes a WebSocket.
    assertMatch(await closed(forged({ alg: "RS256" })), /^0/);
    assertEquals(server.hub.people.online, 0);
  },
);

Deno.test("somebody is shown as their newest token says, on all connections", network, async () => {
  await using server = host();
  const come = async (name?: string) => {
    const client = bring(server.host, await invitation({ sub: "ann", name }));
    await client.find("room");
    return client;
  };
  await using old = await come();
  const shown = async () => {
    old.say("hello");
    return (await old.find("chat") as { name?: string }).name;
  };
  assertEquals(await shown(), undefined);
  await using newer = await come("Ann B.");
  assertEquals(await shown(), "Ann B.");
  newer.send({ type: "auth", token: await invitation({ sub: "ann", name: "Ann C." }) });
  assertEquals((await newer.find("welcome") as { name?: string }).name, "Ann C.");
  assertEquals(await shown(), "Ann C.");
  const { users } = await (await ask(server.host, "/api/users", await invitation({ sub: "eve" })))
    .json();
  assertEquals(users.map(({ name }: { name?: string }) => name), ["Ann C."]);
});

for (const protocols of [["chat.v1"], []]) {
  const dialect = protocols[0] ?? "the plain dialect";
  Deno.test(
    `a token ends with 4401, unless a newer one has come: in ${dialect}`,
    network,
    async () => {
      await using server = host();
      const token = (seconds: number, claims: object = {}) =>
        invitation({ sub: "ann", exp: inSeconds(seconds), ...claims });
      const come = async (username: string) => {
        const offer = `bearer.${await token(60, { sub: username })}`;
        const own = { username, room: "dev", protocols: [...protocols, offer] };
        const client = bring(server.host, "", own);
        await client.find("join");
        return client;
      };
      const [gone, ann] = [await come("gone"), await come("ann")];
      ann.send({ type: "auth", token: await token(60, { sub: "bob" }) });
      assertEquals((await ann.find("error")).code, "forbidden");
      ann.send({ type: "auth", token: await token(-60) });
      assertEquals((await ann.find("error")).code, "unauthorized");
      ann.send({ type: "auth", token: await token(7_200, { rooms: ["dev"] }) });
      if (protocols.length > 0) assertEquals((await ann.find("welcome")).username, "ann");
      // Says that it was taken, also where there is no other answer.
      ann.send({ type: "join", room: "lobby" });
      assertEquals((await ann.find("error")).code, "forbidden");
      {
        using _ = later(HOUR);
        assertEquals(await gone.closed, 4401);
        ann.say("still here");
        assertEquals((await ann.find("chat")).content, "still here");
        // A room that a newer token does not grant is left.
        ann.send({ type: "auth", token: await token(7_200, { rooms: ["hall"] }) });
        assertEquals((await ann.find("error")).room, "dev");
        assertEquals((await ann.find("leave")).room, "dev");
      }
      using _ = later(3 * HOUR);
      assertEquals(await ann.closed, 4401);
    },
  );
}

Deno.test(
  "that a token is revoked is answered once it is kept, and not before",
  network,
  async () => {
    await using server = host();
    const { facts } = server.hub.engine;
    const token = await invitation({ sub: "root", admin: true });
    facts.set = () => Promise.reject(new ChatError("unavailable", "not now"));
    const { status, body } = await ask(server.host, "/api/revoked/x", token, { method: "PUT" });
    await body?.cancel();
    assertEquals(status, 503);
  },
);

Deno.test(
  "who is revoked is gone at once, from all servers, and comes back by no door",
  network,
  async () => {
    const engine = new MemoryEngine();
    await using one = host({ sessions: 3 * HOUR });
    // Another process, which knows the same facts.
    const facts = one.hub.engine.facts;
    await using two = host({
      hub: new Hub({ policy, engine: Object.assign(engine, { facts }) }),
      sessions: 3 * HOUR,
    });
    const token = await invitation({ sub: "ann", jti: "id/1" });
    const admin = await invitation({ sub: "root", admin: true, jti: "id2" });
    const ann = bring(two.host, token);
    const { session } = await ann.find("welcome");
    await using bob = bring(two.host, await invitation({ sub: "bob" }), { username: "bob" });
    const again = bring(one.host, session!);
    await again.find("room");
    const events = await ask(two.host, "/api/rooms/lobby/events", token);
    const put = (token: string, body?: string) =>
      ask(one.host, "/api/revoked/id%2F1", token, { method: "PUT", body });
    for (
      const [by, body, status] of [[token, "", 403], [admin, '{"until":"soon"}', 400]] as const
    ) {
      const answer = await put(by, body);
      await answer.body?.cancel();
      assertEquals(answer.status, status);
    }
    const until_ = new Date(Date.now() + HOUR).toISOString();
    const { id, until: ends, by } = await (await put(admin, JSON.stringify({ until: until_ })))
      .json();
    assertEquals([id, by], ["id/1", "root"]);
    // Not before the last session has ended that was given for it.
    assert(Math.abs(Date.parse(ends) - Date.now() - 4 * HOUR) < 5_000);
    assertEquals([await ann.closed, await again.closed], [4401, 4401]);
    assertMatch(await within(events.text(), "the end of the stream"), /here you are/);
    for (const proof of [token, session!]) {
      assertEquals(await bring(one.host, proof).closed, 4401);
      const answer = await ask(one.host, "/api/rooms", proof);
      assertEquals((await answer.json()).detail, "Cannot use this token any more: it is revoked");
      bob.send({ type: "auth", token: proof });
      assertEquals((await bob.find("error")).code, "unauthorized");
    }
    const list = async () => await (await ask(two.host, "/api/revoked?limit=1", admin)).json();
    assertEquals(await list(), { revoked: [{ id: "id/1", by: "root", until: ends }], count: 1 });
    await (await ask(one.host, "/api/revoked/other", admin, { method: "PUT" })).json();
    const page = await list();
    assertEquals([page.revoked.length, page.count, page.next], [1, 2, "id/1"]);
    const after = await ask(two.host, "/api/revoked?after=id%2F1", admin);
    const { revoked } = await after.json();
    assertEquals(revoked.map(({ id }: { id: string }) => id), ["other"]);
    assert(Math.abs(Date.parse(revoked[0].until) - Date.now() - (400 * 24 + 1) * HOUR) < 5_000);
    const lift = () => ask(one.host, "/api/revoked/id%2F1", admin, { method: "DELETE" });
    assertEquals([(await lift()).status, (await (await lift()).json()).status], [204, 404]);
    await using back = bring(two.host, token);
    assertEquals((await back.find("welcome")).username, "ann");
  },
);

Deno.test("what is revoked is so until nothing of it is good any more", network, async () => {
  await using server = host({ sessions: HOUR });
  const admin = await invitation({ sub: "root", admin: true });
  const revoke = async (id: string, until: number) => {
    const body = JSON.stringify({ until: new Date(until).toISOString() });
    return (await ask(server.host, `/api/revoked/${id}`, admin, { method: "PUT", body })).json();
  };
  const why = async (token: string) =>
    (await (await ask(server.host, "/api/rooms", token)).json()).detail;
  const over = "Cannot use this token any more: it is revoked";
  // Its session ends with the second, which has begun only just.
  using _begun = later(1_100 - Date.now() % 1_000);
  const exp = inSeconds(2 * 3_600);
  const token = await invitation({ sub: "ann", jti: "one", exp });
  const ann = bring(server.host, token);
  const { session } = await ann.find("welcome");
  await revoke("one", Date.now());
  assertEquals([await ann.closed, await why(session!), await why(token)], [4401, over, over]);
  {
    using _ = later(HOUR + 200);
    assertEquals(await why(session!), over);
  }
  // Clocks may differ by half a minute.
  await revoke("one", exp * 1_000);
  using _ = later(exp * 1_000 - clock.date() + 10_000);
  assertEquals(await why(token), over);
});

Deno.test("who is revoked while they send what they wish has none of it", network, async () => {
  await using server = host();
  const token = await invitation({ sub: "root", admin: true, jti: "one" });
  const { access, engine: { facts } } = server.hub;
  const asked = Promise.withResolvers<void>();
  const { moderate } = access;
  access.moderate = (who) => {
    asked.resolve();
    return moderate.call(access, who);
  };
  let end = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("{"));
      end = () => {
        controller.enqueue(new TextEncoder().encode("}"));
        controller.close();
      };
    },
  });
  const answer = ask(server.host, "/api/revoked/two", token, { method: "PUT", body });
  await within(asked.promise, "the request");
  await facts.set("revoked one", { value: "another" });
  end();
  assertEquals([(await (await answer).json()).status, facts.get("revoked two")], [401, undefined]);
});

Deno.test(
  "who was given a session comes back with it when the token is over",
  network,
  async () => {
    await using server = host({ sessions: 24 * HOUR });
    const ann = bring(server.host, await invitation({ sub: "ann", rooms: ["lobby"] }));
    const { session } = await ann.find("welcome");
    assertMatch(session!, /^[\w-]+\.[\w-]+\.[\w-]+$/);
    using _ = later(2 * HOUR);
    assertEquals(await ann.closed, 4401);
    await using again = bring(server.host, session!);
    const { session: next } = await again.find("welcome");
    assert(next !== session, "each time it is for a while from then on");
    again.send({ type: "join", room: "dev" });
    assertEquals((await again.find("error")).code, "forbidden");
    const { headers, body } = await ask(server.host, "/api/rooms/lobby/messages", session!);
    assertEquals(headers.get("www-authenticate"), null);
    await body?.cancel();
    await using other = host();
    assertEquals(await bring(other.host, session!).closed, 4401);
  },
);

Deno.test(
  "what is told about the server says who may come in, where that is not everybody",
  network,
  async () => {
    const access = async (options: Parameters<typeof serve>[0]) => {
      await using server = serve(options);
      return (await (await fetch(`http://${server.host}/`)).json()).access;
    };
    assertEquals(await access({}), undefined);
    assertEquals(await access({ policy }), { ...policy, names: "open" });
    const guests = "read";
    assertEquals(await access({ policy: { guests } }), { tokens: false, guests, names: "open" });
    const names = "claimed";
    assertEquals(await access({ policy: { names } }), { tokens: false, guests: "on", names });
  },
);
