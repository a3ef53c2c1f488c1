/** Whose a name is: a guest's who took it, their session's, or that of whoever proves that it is theirs. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { Hub } from "../../hub.ts";
import { type Identity, named } from "../../hub/access/identity.ts";
import { clock } from "../../hub/base/clock.ts";
import { Sorted } from "../../hub/base/sorted.ts";
import { type Facts, FactTable } from "../../hub/engine/facts.ts";
import type { Notice } from "../../hub/engine/engine.ts";
import { MemoryEngine } from "../../hub/engine/memory.ts";
import { noticeEntry } from "../../hub/engine/stamped.ts";
import { Feed } from "../../hub/log/feed.ts";
import { Lookalikes } from "../../hub/presence/lookalikes.ts";
import { type Member, Person } from "../../hub/presence/person.ts";
import { sessionsOf } from "../../main/identity.ts";
import { ChatError } from "../../messages.ts";
import { type Secret, tokenKey } from "../../routes/identity/keys.ts";
import { Sessions } from "../../routes/identity/sessions.ts";
import { Tokens } from "../../routes/identity/tokens.ts";
import {
  Client,
  makeHub,
  network,
  now,
  serve,
  timely,
  type Told,
  until,
  within,
} from "../support.ts";
import { RawClient } from "../raw.ts";
import { TestTime } from "../time.ts";
import { Chat, ending, SECRET, tokenOf } from "./chats.ts";

const claimed = { names: "claimed" } as const;
const proven = { tokens: true } as const;

/** `carl` with two Cyrillic letters. */
const LOOKALIKE = "с\u0430rl";

const usersOf = async (chat: Chat): Promise<string[]> =>
  (await chat.ask("/api/users")).users.map(({ username }: Told) => username);

/** Why a connection is closed that is waited for. */
const closing = (end: Promise<[number, string]>) => within(end, "the end of a connection");

Deno.test("a claimed name is nobody else's while its owner is there", network, async () => {
  await using chat = new Chat(claimed);
  await using carl = await chat.enter({ username: "Carl" });
  for (const name of ["Carl", "CARL", LOOKALIKE]) {
    assertEquals(await chat.door(name), [409, "name_taken"], name);
    const post = { username: name, content: "it is me" };
    const answer = await chat.ask("/api/rooms/lobby/messages", { post });
    assertEquals([answer.status, answer.code], [409, "name_taken"], name);
  }
  assertEquals((await chat.door("bob"))[0], 426);
  const post = { username: "nobody", content: "hi" };
  assertEquals((await chat.ask("/api/rooms/lobby/messages", { post })).status, 201);
  const own = { username: "carl", content: "by HTTP" };
  const bearer = carl.session;
  const said = await chat.ask("/api/rooms/lobby/messages", { post: own, bearer });
  assertEquals([said.status, said.username], [201, "Carl"]);
  const posed = { username: "bob", content: "hi" };
  const refused = await chat.ask("/api/rooms/lobby/messages", { post: posed, bearer });
  assertEquals([refused.status, refused.code], [403, "forbidden"]);
  assertEquals(await usersOf(chat), ["Carl"]);
});

Deno.test(
  "whoever has the session of a name takes it over from older connections",
  network,
  async () => {
    await using chat = new Chat(claimed);
    await using bob = await chat.enter({ username: "bob" });
    const first = await chat.enter({ username: "ann" });
    const over = [ending(first)];
    const second = await chat.enter({ username: "ANN" }, first.session);
    over.push(ending(second));
    const words = "Your name was taken over by a newer connection of yours";
    assertEquals(await closing(over[0]!), [4409, words]);
    assertEquals(second.welcome.username, (await usersOf(chat))[0]);
    // An older session is as good as a newer one; and a name need not be said again.
    await using third = await chat.enter({}, first.session);
    assertEquals(await closing(over[1]!), [4409, words]);
    assert(third.session !== first.session);
    bob.say("hi", { to: "ann" });
    assertEquals((await third.take(1))[0]!.content, "hi");
    assertEquals(await usersOf(chat), [third.welcome.username!, "bob"]);
    const { users } = await chat.ask("/api/users?room=lobby");
    assertEquals(users[0].connections, 1);
    // On an open connection it proves nothing new.
    third.send({ type: "auth", token: second.session });
    assertEquals((await third.find("welcome")).username, third.welcome.username);
    third.send({ type: "auth", token: bob.session });
    assertEquals((await third.find("error")).code, "forbidden");
  },
);

Deno.test(
  "who goes while they come in takes nothing over, and nobody is told of them",
  network,
  async () => {
    await using hub = makeHub({ policy: claimed });
    const sessions = new Sessions(hub.access, () => SECRET);
    const waiting: string[] = [];
    let gate = Promise.resolve();
    const slow = async (what: string) => {
      waiting.push(what);
      await gate;
    };
    await using server = serve({
      hub,
      identifier: {
        inspect() {},
        identify: async (token) => (await slow("identify"), sessions.identify(token)),
        session: async (who) => (await slow("session"), sessions.session(who)),
      },
    });
    const come = (username: string, ...proof: string[]) =>
      new Client(server.host, { username, protocols: ["chat.v1", ...proof] });
    await using ann = come("ann");
    const { session } = await ann.find("welcome");
    await ann.find("join");
    for (const [what, ...who] of [["identify", "ann", `bearer.${session}`], ["session", "bob"]]) {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      waiting.length = 0;
      const gone = come(...who as [string]);
      await until(() => waiting.includes(what!));
      gone.socket.close();
      await gone.closed;
      // The server has heard of it by now.
      await (await fetch(`http://${server.host}/healthz`)).body?.cancel();
      resolve();
      await (await fetch(`http://${server.host}/healthz`)).body?.cancel();
      ann.say(what!);
      assertEquals((await ann.next()).content, what);
    }
  },
);

Deno.test("that somebody takes their name over is nothing to themselves, however late it comes", () => {
  const engine = new MemoryEngine();
  const told: Notice[] = [];
  const tell = engine.tell.bind(engine);
  engine.tell = (_channel, notice) => {
    if (notice.type === "taken") told.push(notice);
    // As one that has given up waiting.
    return tell("#nowhere", notice);
  };
  const hub = new Hub({ engine, policy: claimed });
  const ended: string[] = [];
  const who = { ...hub.access.newcomer("ann"), returns: true };
  const come = (name: string) => {
    const { member } = now(hub.connect(who, new Feed(), undefined, undefined, {
      fail: () => ended.push(name),
    }));
    return () => tell(member.person.channel, told.at(-1)!);
  };
  const late = come("one");
  late();
  assertEquals(ended, []);
  come("two")();
  assertEquals(ended, ["one"]);
});

Deno.test("who comes is newer than all who are told of, and gives way to who proves the name", () => {
  const gone: Member[] = [];
  const person = new Person(named("ann"), {}, (member) => gone.push(member));
  const [old, one, two] = [undefined, "one", "two"].map((claim) => {
    const comes = claim !== undefined;
    const member = { person, feed: new Feed(), rooms: new Set<string>(), claim, comes };
    person.members.add(member);
    return member;
  }) as [Member, Member, Member];
  const tell = (by?: string) => {
    person.append(noticeEntry({ type: "taken", by }, { id: "", timestamp: "" }));
    return gone.splice(0);
  };
  assertEquals(tell("one"), [old]);
  assertEquals(tell("two"), [old, one]);
  one.comes = true;
  assertEquals(tell(), [old, one, two]);
});

Deno.test(
  "nothing is said in a name that is taken while it is asked whether it may be",
  network,
  async () => {
    await using chat = new Chat(claimed);
    const asked = Promise.withResolvers<void>();
    const { promise, resolve } = Promise.withResolvers<string>();
    chat.hub.approval.ask = () => {
      asked.resolve();
      return promise;
    };
    const post = { username: "ann", content: "it is me" };
    const answer = chat.ask("/api/rooms/lobby/messages", { post });
    await within(asked.promise, "somebody to be asked");
    await using _ann = await chat.enter({ username: "ann" });
    resolve("it is me");
    assertEquals((await answer).code, "name_taken");
  },
);

Deno.test("of many who come with one session at once, one stays", network, async () => {
  await using chat = new Chat(claimed);
  const ann = await chat.enter({ username: "ann" });
  const all = [ann, ...Array.from({ length: 6 }, () => chat.knock({}, ann.session))];
  const codes: number[] = [];
  for (const client of all) ending(client).then(([code]) => codes.push(code));
  await until(() => codes.length === 6);
  assertEquals(codes, Array(6).fill(4409));
  assertEquals((await chat.ask("/api/users")).users[0].connections, 1);
  const last = all.find(({ socket }) => socket.readyState === WebSocket.OPEN)!;
  await last.find("room");
  await last[Symbol.asyncDispose]();
});

Deno.test(
  "a session that this server did not give out, or that has ended, is refused at the door",
  timely,
  async () => {
    using _time = new TestTime();
    await using chat = new Chat(claimed);
    await using other = new Chat(claimed, { secret: Buffer.alloc(32) });
    const { session } = await (async () => {
      await using ann = await chat.enter({ username: "ann" });
      return ann;
    })();
    await using stranger = await other.enter({ username: "ann" });
    const [, text, signature] = session.split(".") as [string, string, string];
    const claims = JSON.parse(Buffer.from(text, "base64url").toString());
    assertEquals(Object.keys(claims), ["username", "owner", "issued", "expires"]);
    const changed = Buffer.from(JSON.stringify({ ...claims, username: "bob" })).toString(
      "base64url",
    );
    const forged = [
      stranger.session,
      `guest.${changed}.${signature}`,
      `guest.${text}.`,
      `guest.${text}`,
      `guest.${text}.${signature.slice(1)}`,
      `guest.${text}.${signature.slice(0, -1)}${signature.endsWith("A") ? "B" : "A"}`,
      "guest.",
      "guest",
      "eyJhbGciOiJub25lIn0.e30.",
    ];
    for (const bearer of forged) {
      const [status, code] = await chat.door("ann", bearer);
      assertEquals([status, code], [401, "unauthorized"], bearer);
    }
    // Before there is a WebSocket.
    await using socket = await RawClient.request(chat.host, "/ws?username=ann", [
      ...["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"],
      ...[
        `Sec-WebSocket-Key: ${btoa("x".repeat(16))}`,
        `Sec-WebSocket-Protocol: bearer.${stranger.session}`,
      ],
    ]);
    const answer = new TextDecoder().decode(await within(socket.read(), "an answer"));
    assertMatch(answer, /^HTTP\/1.1 401 /);
    assert(!answer.includes(stranger.session.slice(6)), answer);
    assertEquals(await chat.door("bob", session), [403, "forbidden"]);
    assertEquals((await chat.door(undefined, session))[0], 426);
    const began = clock.date();
    clock.date = () => began + 30 * 86_400_000 - 1;
    assertEquals((await chat.door("ann", session))[0], 426);
    clock.date = () => began + 30 * 86_400_000;
    assertEquals(await chat.door("ann", session), [401, "unauthorized"]);
  },
);

Deno.test(
  "a claimed name is free ten minutes after its owner went, and then theirs no more",
  timely,
  async () => {
    using time = new TestTime();
    await using chat = new Chat(claimed);
    const ann = await chat.enter({ username: "ann" });
    await ann[Symbol.asyncDispose]();
    await until(() => chat.hub.people.online === 0);
    time.tick(9 * 60_000);
    assertEquals(await chat.door("ann"), [409, "name_taken"]);
    time.tick(2 * 60_000);
    await using other = await chat.enter({ username: "Ann" });
    assertEquals(await chat.door("ann", ann.session), [409, "name_taken"]);
    await other[Symbol.asyncDispose]();
    await until(() => chat.hub.people.online === 0);
    time.tick(11 * 60_000);
    await using back = await chat.enter({}, ann.session);
    assertEquals(back.welcome.username, "ann");
  },
);

/** What somebody is told of who comes and goes, up to when one of them comes. */
async function passagesUntil(client: Client, last: string): Promise<string[]> {
  const told: string[] = [];
  while (told.at(-1) !== last) {
    const { type, username } = await client.next();
    if (type === "join" || type === "leave") told.push(`${type} ${username}`);
  }
  return told;
}

Deno.test("whoever proves that a name is theirs takes it from guests", network, async () => {
  await using chat = new Chat(proven);
  await using eve = await chat.enter({ username: "eve" });
  const guests = [
    await chat.enter({ username: "carl" }),
    await chat.enter({ username: "CARL", room: "den" }),
    await chat.enter({ username: "bob" }),
  ];
  const over = guests.map(ending);
  // Who only asks, or proves nothing, takes nothing.
  assertEquals((await chat.door("carl", tokenOf("carl")))[0], 426);
  assertEquals(await chat.door("carl", tokenOf("expired")), [401, "unauthorized"]);
  await using carl = await chat.enter({}, tokenOf("Carl"));
  const words = "Your name was taken over by somebody who has proven that it is theirs";
  for (const end of over.slice(0, 2)) assertEquals(await closing(end), [4409, words]);
  // The guest goes before they come: whoever goes by names sees them there.
  assertEquals(await passagesUntil(eve, "join Carl"), [
    ...["join eve", "join carl", "join bob", "leave carl", "join Carl"],
  ]);
  assertEquals(carl.room.users, ["Carl", "bob", "eve"]);
  assertEquals(await usersOf(chat), ["Carl", "bob", "eve"]);
  for (const name of ["carl", LOOKALIKE]) {
    assertEquals(await chat.door(name), [409, "name_taken"], name);
  }
  assertEquals(await chat.door(LOOKALIKE, tokenOf(LOOKALIKE)), [409, "name_taken"]);
  // Their own other devices are welcome.
  await using phone = await chat.enter({}, tokenOf("carl"));
  assertEquals(phone.welcome.username, "Carl");
  // Who looks like somebody who comes must go as well.
  const guest = await chat.enter({ username: "paul" });
  const end = ending(guest);
  await using _paul = await chat.enter({}, tokenOf("pau1"));
  assertEquals(await closing(end), [4409, words]);
  assertEquals(await usersOf(chat), ["Carl", "bob", "eve", "pau1"]);
  await guests[2]![Symbol.asyncDispose]();
});

Deno.test("whoever proves a name to post in it takes it from guests", network, async () => {
  await using chat = new Chat(proven);
  await using eve = await chat.enter({ username: "eve" });
  const guest = await chat.enter({ username: "carl" });
  const over = ending(guest);
  const post = { content: "it is me" };
  const said = () => chat.ask("/api/rooms/lobby/messages", { bearer: tokenOf("carl"), post });
  assertEquals((await said()).status, 201);
  assertEquals((await closing(over))[0], 4409);
  // They were not there.
  assertEquals(await passagesUntil(eve, "leave carl"), ["join eve", "join carl", "leave carl"]);
  assertEquals((await eve.find("chat")).content, "it is me");
  assertEquals(await usersOf(chat), ["eve"]);
  for (const name of ["carl", LOOKALIKE]) {
    assertEquals(await chat.door(name), [409, "name_taken"], name);
  }
  await using carl = await chat.enter({}, tokenOf("carl"));
  assertEquals([(await said()).status, await usersOf(chat)], [201, ["carl", "eve"]]);
  assertEquals((await carl.find("chat")).content, "it is me");
});

Deno.test(
  "a guest's claim holds against guests, and not against who proves the name",
  network,
  async () => {
    await using chat = new Chat({ ...claimed, ...proven });
    const ann = await chat.enter({ username: "ann" });
    assertEquals(await chat.door("ann"), [409, "name_taken"]);
    const over = ending(ann);
    await using real = await chat.enter({}, tokenOf("Ann"));
    assertEquals((await closing(over))[0], 4409);
    assertEquals(await chat.door("ann", ann.session), [409, "name_taken"]);
    assertEquals([real.welcome.username, await usersOf(chat)], ["Ann", ["Ann"]]);
    // A session is no token.
    await using bob = await chat.enter({ username: "bob" });
    bob.send({ type: "auth", token: tokenOf("bob") });
    assertEquals((await bob.find("error")).code, "forbidden");
  },
);

Deno.test(
  "why a name is taken is told in as many bytes as there are, whatever the name",
  network,
  async () => {
    const name = "😀".repeat(32);
    await using chat = new Chat({ ...claimed, ...proven });
    await using _owner = await chat.enter({ username: name });
    await using late = chat.knock({ username: name }, tokenOf("somebody"));
    const [code, words] = await closing(ending(late));
    assertEquals([code, words], [
      4403,
      "Cannot let you in by this name: your token, or session, has another",
    ]);
    const { host } = chat;
    const problem = await chat.ask(`/ws?${new URLSearchParams({ username: name })}`);
    assertEquals([problem.status, problem.detail.includes(`looks like ${name}`)], [409, true]);
    // Where another server knows it, there is a WebSocket by then.
    chat.hub.everywhere.show = () => {
      throw new ChatError("name_taken", problem.detail);
    };
    await using other = new Client(host, { username: "x", protocols: ["chat.v1"] });
    const [taken, clipped] = await closing(ending(other));
    assertEquals(taken, 4409);
    assertMatch(clipped, /^Cannot take the name (😀)+…$/u);
    assert(Buffer.byteLength(clipped) <= 123);
  },
);

Deno.test("a session is good wherever the same secret is known, or kept", async () => {
  const facts = new FactTable();
  const server = (facts: Facts, secret?: Secret) => {
    const hub = new Hub({ policy: claimed, engine: Object.assign(new MemoryEngine(), { facts }) });
    return { hub, sessions: sessionsOf(hub, secret, undefined) };
  };
  const { hub, sessions } = server(facts);
  const session = now(sessions.session(hub.access.newcomer("Ann")))!;
  assertMatch(session, /^guest\.[\w-]+\.[\w-]+$/);
  assertEquals(sessions.session(named("ann")), undefined);
  const ann = server(facts).sessions.inspect(session) as Identity;
  assertEquals([ann.username, ann.guest, ann.admin, ann.returns], ["Ann", true, false, true]);
  const unknown = (sessions: Sessions) =>
    assertThrows(() => sessions.inspect(session), ChatError, "did not give it out");
  unknown(server(new FactTable()).sessions);
  const secret = SECRET as Secret;
  unknown(server(facts, secret).sessions);
  const known = now(server(facts, secret).sessions.session(ann))!;
  assert(server(new FactTable(), secret).sessions.inspect(known));
  // Where the secret must be waited for, who brings one waits; and again where it could not be had.
  const answers = [Promise.reject(new ChatError("unavailable", "away")), Promise.resolve(secret)];
  const slow = new Sessions(hub.access, () => answers.shift()!);
  assertEquals(slow.inspect(known), undefined);
  assertEquals((await slow.identify(known)).username, "Ann");
  assertEquals(slow.inspect(known)?.key, ann.key);
  assertThrows(() => slow.inspect("x.y.z"), ChatError, "knows none");
});

Deno.test("a guest is given nothing by which they would pass for who has proven a name", async () => {
  const key = await tokenKey(SECRET as Secret);
  const rules = { algorithms: ["HS256"], sessions: { key, age: 60_000 } } as const;
  const tokens = new Tokens({ of: () => key }, rules);
  assertEquals(await tokens.session(named("ann")), undefined);
  const sealed = await tokens.session({ ...named("ann"), guest: false });
  assertEquals((await tokens.identify(sealed!)).guest, false);
  const { access } = new Hub({ policy: { ...claimed, ...proven } });
  const sessions = new Sessions(access, () => SECRET, tokens);
  assertThrows(() => tokens.inspect(now(sessions.session(access.newcomer("ann")))!), ChatError);
  const same = await sessions.session({ ...named("ann"), guest: false });
  assertEquals((await tokens.identify(same!)).guest, false);
});

Deno.test("who must give up a name holds it for nothing", () => {
  const looks = new Lookalikes();
  const guest = { username: "Carl", key: "##carl" };
  const carl = named("carl");
  looks.hold(guest);
  looks.hold(guest);
  assertEquals([looks.keyOf("CARL"), looks.keyOf("bob")], ["##carl", "bob"]);
  assertEquals(looks.yielding(carl), new Set(["##carl"]));
  assertEquals(looks.yielding(named(LOOKALIKE)), new Set(["##carl"]));
  assertEquals([looks.yielding(guest), looks.yielding(named("bob"))], [new Set(), new Set()]);
  looks.check(carl);
  looks.hold(carl);
  assertEquals(looks.keyOf("CARL"), "carl");
  assertThrows(() => looks.check(guest), ChatError, "looks like carl");
  looks.release(guest);
  looks.release(carl);
  assertEquals(looks.keyOf("carl"), "##carl");
  assertThrows(() => looks.check({ username: "carl", key: "#x#carl" }), ChatError, "like Carl");
  looks.hold({ username: "carl", key: "#x#carl" });
  assertEquals(looks.keyOf("carl"), "#x#carl");
  looks.release(guest);
  looks.release({ username: "carl", key: "#x#carl" });
  assertEquals(looks.keyOf("carl"), "carl");
});

Deno.test("of two who have the same name for a moment, each goes by themselves", () => {
  const [one, other] = [{ name: "ann" }, { name: "ann" }];
  for (const [first, second] of [[one, other], [other, one]] as const) {
    const sorted = new Sorted<typeof one>(({ name }) => name);
    sorted.add(one);
    sorted.add(other);
    sorted.delete(first);
    assert(sorted.part({ most: 2 })[0] === second);
    sorted.delete(second);
    assertEquals(sorted.size, 0);
  }
});
