import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Chat, ChatError, claimsOf, type Message } from "../static/chat.js";
import { ChatTime } from "./chat/chat_time.ts";
import { FakeSocket, id } from "./chat/fake_socket.ts";
import { within } from "./support.ts";

// How the library proves who one is, and what it does with what moderators do, against a server that
// the test plays.

/** A chat with its first connection still to be opened, and what was asked by HTTP. */
function start(options: Partial<ConstructorParameters<typeof Chat>[1]> = {}) {
  const WebSocket = FakeSocket.fresh();
  const asked: [string, unknown][] = [];
  const fetch = (url: string, { headers }: RequestInit) => {
    asked.push([url, headers]);
    return Promise.reject(new Error("There is no network"));
  };
  const chat = new Chat("ws://chat.test/ws", {
    WebSocket,
    fetch: fetch as typeof globalThis.fetch,
    random: () => 1,
    ...options,
  });
  const told: Message[] = [];
  chat.addEventListener("message", (event) => told.push((event as CustomEvent).detail));
  return { chat, told, asked };
}

/** A token that names somebody and expires in so many seconds; what it is signed with nobody looks at. */
function token(name: string, seconds: number): string {
  const claims = JSON.stringify({ sub: name, exp: Date.now() / 1_000 + seconds });
  return `e30.${btoa(claims).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}.sign`;
}

/** What each connection offered beside the protocol, in order. */
const offers = () =>
  FakeSocket.all.map(({ protocols: [first, offer = "nothing", ...more] }) => {
    assertEquals([first, more], ["chat.v1", []]);
    return offer.replace(/^bearer\./, "");
  });

/** Lets a chat make its next attempt to connect. */
const again = (time: ChatTime, { retryAt }: Chat) => time.tick(retryAt! - time.now);

/** Lets what was promised happen. */
const settle = () =>
  new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(0))));

Deno.test("Chat comes in by a token, which needs no name, and never puts it into an address", async () => {
  using time = new ChatTime();
  const given = token("ann", 3_600);
  const { chat, asked, told } = start({ token: given });
  assertEquals(`${FakeSocket.last.url}`, "ws://chat.test/ws?room=lobby");
  assertEquals([chat.username, chat.token, chat.session], ["", given, ""]);
  FakeSocket.last.cut();
  await time.runMicrotasks();
  assertEquals(asked, [["http://chat.test/ws?room=lobby", {
    accept: "application/json",
    authorization: `Bearer ${given}`,
  }]]);
  again(time, chat);
  FakeSocket.last.open({ username: "ann", session: "of-ann" });
  assertEquals([chat.username, chat.name, chat.session], ["ann", "ann", "of-ann"]);
  FakeSocket.last.cut();
  again(time, chat);
  assertEquals(FakeSocket.last.url.searchParams.get("username"), "ann");
  assertEquals(offers(), [given, given, given]);
  FakeSocket.last.open();
  FakeSocket.last.say({ type: "chat", id: id(1), username: "bob", name: "Bob B.", room: "lobby" });
  assertEquals(told.at(-1), {
    ...{ type: "chat", id: id(1), username: "bob", name: "Bob B.", room: "lobby" },
  } as unknown as Message);
  chat.close();
  assertThrows(() => start(), RangeError, "username");
  const wrong = assertThrows(() => start({ token: "secret/of=ann" }), RangeError);
  assertEquals(wrong.message, "Cannot use this token: it is none");
});

Deno.test("Chat ends when its token is refused, before the welcome or later", async () => {
  using _time = new ChatTime();
  const ends = async (...[code, reason]: [number, string]) => {
    const { chat } = start({ token: "a.b.c" });
    if (code > 4_401) FakeSocket.last.open({ username: "ann" });
    else FakeSocket.last.dispatchEvent(new Event("open"));
    const waiting = assertRejects(() => chat.send("waiting"), ChatError, reason);
    FakeSocket.last.cut(code, reason);
    assertEquals([chat.state, FakeSocket.all.length], ["closed", 1]);
    await within(waiting, "a refusal", 5_000);
    return chat.ending;
  };
  assertEquals(await ends(4401, "it has expired"), { code: 401, reason: "it has expired" });
  assertEquals(await ends(4403, "out with you"), { code: 4403, reason: "out with you" });
  assertEquals(await ends(4409, "in another tab"), { code: 4409, reason: "in another tab" });
  const { chat } = start({ token: "a.b.c" });
  FakeSocket.last.open({ username: "ann" }).cut(4401, "expired");
  assertEquals(chat.ending, { code: 4401, reason: "expired" });
});

Deno.test("Chat asks a function for a token before each connection, and once more for a refused one", async () => {
  using time = new ChatTime();
  const given = ["one", "one", "two", "two"];
  const asked: string[] = [];
  const { chat } = start({
    token: () => {
      asked.push(given[0]!);
      return Promise.resolve(given.shift());
    },
  });
  assertEquals([chat.state, FakeSocket.all.length], ["connecting", 0]);
  await settle();
  FakeSocket.last.open({ username: "ann" }).cut();
  again(time, chat);
  await settle();
  FakeSocket.last.open().cut(4401, "expired");
  assertEquals(chat.state, "offline");
  again(time, chat);
  await settle();
  assertEquals([chat.state, offers()], ["connecting", ["one", "one", "two"]]);
  FakeSocket.last.open().cut(4401, "expired");
  again(time, chat);
  await settle();
  assertEquals([chat.state, chat.ending], ["closed", { code: 4401, reason: "expired" }]);
  assertEquals([asked, FakeSocket.all.length], [["one", "one", "two", "two"], 3]);
});

Deno.test("Chat goes on trying while a function gives no token, and takes none that cannot be one", async () => {
  using time = new ChatTime();
  const answers = [
    () => "one",
    () => {
      throw new Error("nobody is signed in");
    },
    () => "no token",
    () => "two",
  ];
  const { chat } = start({ token: () => answers.shift()!() });
  await settle();
  for (const reason of ["nobody is signed in", "Cannot use this token: it is none"]) {
    if (answers.length === 3) FakeSocket.last.open({ username: "ann" }).cut();
    again(time, chat);
    await settle();
    assertEquals([chat.state, chat.ending?.reason], ["offline", `there is no token: ${reason}`]);
  }
  again(time, chat);
  await settle();
  assertEquals(offers(), ["one", "two"]);
  FakeSocket.last.open();
  for (const at of ["online", "offline"]) {
    assertEquals(chat.state, at);
    assertThrows(() => chat.auth("no token"), RangeError, "token");
    FakeSocket.last.cut();
  }
  chat.close();
});

Deno.test("Chat goes on trying while there is no token, and takes none that comes too late", async () => {
  using time = new ChatTime();
  const asked: PromiseWithResolvers<string>[] = [];
  const { chat } = start({
    token: () => {
      asked.push(Promise.withResolvers());
      return asked.at(-1)!.promise;
    },
  });
  assertEquals(chat.token, "");
  asked[0]!.reject(new Error("the provider is gone"));
  await settle();
  assertEquals([chat.state, chat.ending], [
    "offline",
    { code: 1006, reason: "there is no token: the provider is gone" },
  ]);
  time.tick(500);
  time.tick(15_000);
  assertEquals(chat.state, "offline");
  again(time, chat);
  asked[1]!.resolve("late");
  await settle();
  assertEquals([asked.length, FakeSocket.all.length], [3, 0]);
  asked[2]!.resolve("");
  await settle();
  // Without a token it is a guest, of whom a name is needed.
  assertEquals(offers(), ["nothing"]);
  asked.length = 0;
  FakeSocket.last.dispatchEvent(new Event("open"));
  FakeSocket.last.cut(4401, "an invitation is needed");
  again(time, chat);
  asked[0]!.resolve("");
  await settle();
  assertEquals([chat.state, chat.ending?.code, FakeSocket.all.length], ["closed", 401, 1]);
});

Deno.test("Chat brings a newer token before the old one expires", async () => {
  using time = new ChatTime();
  const [first, second, month] = [
    token("ann", 3_600),
    token("ann", 7_200),
    token("ann", 40 * 86_400),
  ];
  let given = first;
  let asked = 0;
  const { chat, told } = start({ token: () => asked++ === 0 ? given : Promise.resolve(given) });
  await settle();
  FakeSocket.last.open({ username: "ann" });
  time.tick(3_540_000 - 1_000);
  assertEquals(FakeSocket.last.sent(), []);
  given = second;
  time.tick(1_000);
  await settle();
  assertEquals(FakeSocket.last.sent(), [{ type: "auth", token: second }]);
  // It is asked again where there were too many commands, and what follows is another welcome.
  FakeSocket.last.fail("rate_limited", { retryAfter: 100 });
  time.tick(101);
  assertEquals(FakeSocket.last.sent(), [{ type: "auth", token: second }]);
  const place = chat.place();
  FakeSocket.last.say({ type: "welcome", username: "ann", session: "s2", at: id(9) });
  assertEquals([told.at(-1)!.type, chat.place(), chat.session], ["welcome", place, "s2"]);
  assertEquals(chat.token, second);
  // The same one as before is not sent, but asked for again later.
  time.tick(3_600_000);
  await settle();
  assertEquals(FakeSocket.last.sent(), []);
  given = month;
  time.tick(30_001);
  await settle();
  assertEquals(FakeSocket.last.sent(), [{ type: "auth", token: month }]);
  FakeSocket.last.fail("unavailable", { temporary: true });
  assertEquals([chat.state, chat.token], ["online", second]);
  time.tick(15_001);
  await settle();
  assertEquals(FakeSocket.last.sent(), [{ type: "auth", token: month }]);
  FakeSocket.last.say({ type: "welcome", username: "ann", session: "s3", at: id(9) });
  // A timer of the runtime would overflow after 24 days, and fire at once.
  time.tick(60_000);
  await settle();
  assertEquals(FakeSocket.last.sent(), []);
  assertEquals([chat.state, FakeSocket.all.length], ["online", 1]);
  chat.close();
});

Deno.test("Chat.auth() replaces a token on this connection and for those to come", () => {
  using time = new ChatTime();
  const { chat, told } = start({ token: "one" });
  FakeSocket.last.open({ username: "ann" });
  chat.auth("two");
  assertEquals(FakeSocket.last.sent(), [{ type: "auth", token: "two" }]);
  FakeSocket.last.fail("forbidden");
  assertEquals([told.at(-1)!.type, chat.token], ["error", "one"]);
  chat.auth("two");
  // Neither is about the token.
  FakeSocket.last.fail("forbidden", { room: "lobby" }).fail("gap");
  FakeSocket.last.say({ type: "welcome", username: "ann", session: "", at: id(9) });
  assertEquals(chat.token, "two");
  chat.auth("three");
  FakeSocket.last.cut();
  chat.auth("four");
  time.tick(500);
  FakeSocket.last.open();
  assertEquals([offers(), FakeSocket.last.sent()], [["one", "four"], []]);
  chat.close();
});

Deno.test("Chat comes back with what the server gave, where it has no token or that is refused", async () => {
  using time = new ChatTime();
  const guest = start({ username: "ann" });
  FakeSocket.last.open().cut();
  again(time, guest.chat);
  FakeSocket.last.open({ session: "mine" }).cut();
  again(time, guest.chat);
  FakeSocket.last.open({ session: "mine2" }).cut();
  again(time, guest.chat);
  FakeSocket.last.dispatchEvent(new Event("open"));
  // The server was started anew, and knows it no more.
  FakeSocket.last.cut(4401, "unknown");
  again(time, guest.chat);
  assertEquals(offers(), ["nothing", "nothing", "mine", "mine2", "nothing"]);
  FakeSocket.last.open();
  assertEquals(guest.chat.session, "");
  guest.chat.close();

  const kept = start({ username: "ann", session: "mine" });
  FakeSocket.last.open({ session: "mine3" });
  assertEquals([kept.chat.token, kept.chat.session], ["mine", "mine3"]);
  kept.chat.close();
  assertEquals(offers(), ["mine"]);

  const invited = start({ token: () => Promise.resolve("invitation"), session: "longer" });
  await settle();
  FakeSocket.last.dispatchEvent(new Event("open"));
  FakeSocket.last.cut(4401, "revoked");
  time.tick(500);
  await settle();
  FakeSocket.last.open({ username: "ann", session: "longer2" });
  assertEquals([offers(), invited.chat.token], [["invitation", "longer"], "longer"]);
  invited.chat.close();

  const over = start({ token: "invitation", session: "longer" });
  for (const offered of ["invitation", "longer"]) {
    assertEquals(over.chat.token, offered);
    FakeSocket.last.dispatchEvent(new Event("open"));
    FakeSocket.last.cut(4401, "revoked");
    if (offered === "invitation") again(time, over.chat);
  }
  assertEquals([over.chat.state, over.chat.ending?.code], ["closed", 401]);
});

Deno.test("Chat tells what moderators do, and hands over nothing that is taken back", async () => {
  using time = new ChatTime();
  const { chat, told } = start({ username: "ann" });
  const reading = Array.fromAsync(chat);
  const socket = FakeSocket.last.open();
  chat.join("den");
  socket.enter("den").chat(id(1), "one").chat(id(2), "two").chat(id(3), "three", { room: "den" });
  const taken = { type: "delete", id: id(4), re: id(1), room: "lobby", by: "eve" };
  socket.say(taken, taken);
  assertEquals(told.filter(({ type }) => type === "delete").length, 1);
  assertEquals(chat.place("lobby"), id(4));
  socket.say({ type: "clear", id: id(5), room: "den", by: "eve" });
  socket.say({
    type: "moderated",
    act: "mute",
    username: "ann",
    by: "eve",
    content: "Eve muted you",
  });
  chat.close();
  const types = (await within(reading, "the end", 5_000)).map((message) =>
    message.type === "chat" ? message.content : message.type
  );
  assertEquals(types, ["welcome", "room", "room", "two", "delete", "clear", "moderated"]);
  time.tick(1);
});

Deno.test("Chat is not in a room any more that it was sent away from, and goes back only when asked", () => {
  using time = new ChatTime();
  const { chat, told } = start({ username: "ann" });
  const socket = FakeSocket.last.open();
  chat.join("den");
  socket.enter("den");
  // What is not allowed there is no end of it by itself, nor is a leave that nobody ordered.
  socket.fail("forbidden", { room: "den" });
  socket.left("lobby", 4);
  assertEquals([...chat.rooms], ["lobby", "den"]);
  socket.left("den", 5, "bob");
  socket.left("den", 6);
  assertEquals([told.at(-1)!.type, [...chat.rooms]], ["leave", ["lobby"]]);
  socket.sent();
  chat.join("den");
  assertEquals(socket.sent(), [{ type: "join", room: "den" }]);
  socket.enter("den").left("den", 7);
  assertEquals([...chat.rooms], ["lobby", "den"]);
  socket.fail("forbidden", { room: "den" }).cut();
  again(time, chat);
  FakeSocket.last.open().enter("den").left("den", 8);
  assertEquals([...chat.rooms], ["lobby", "den"]);
  chat.close();
});

Deno.test("Chat comes back without a room that it may not be in, as long as there are others", async () => {
  using time = new ChatTime();
  const shut = new Set(["lobby", "den"]);
  const refused = (room: string) => `You may not come in or speak in ${room}: it is closed`;
  const asked: string[] = [];
  const fetch = (url: string) => {
    const room = new URL(url).searchParams.get("room")!;
    asked.push(room);
    if (!shut.has(room)) return Promise.resolve(new Response(null, { status: 426 }));
    const about = { code: "forbidden", detail: refused(room), room };
    return Promise.resolve(Response.json(about, { status: 403 }));
  };
  const { chat, told } = start({ token: token("ann", 3_600), fetch: fetch as never });
  FakeSocket.last.open({ username: "ann" });
  for (const room of ["den", "garden"]) {
    chat.join(room);
    FakeSocket.last.enter(room);
  }
  FakeSocket.last.cut();
  again(time, chat);
  // By a handshake that fails, or by a close code before the welcome.
  FakeSocket.last.cut();
  await time.runMicrotasks();
  assertEquals([chat.state, [...chat.rooms]], ["offline", ["den", "garden"]]);
  again(time, chat);
  FakeSocket.last.dispatchEvent(new Event("open"));
  FakeSocket.last.cut(4403, refused("den"));
  await time.runMicrotasks();
  assertEquals([chat.state, [...chat.rooms]], ["offline", ["garden"]]);
  const errors = told.flatMap((each) => each.type === "error" ? [[each.room, each.content]] : []);
  assertEquals(errors, [["lobby", refused("lobby")], ["den", refused("den")]]);
  again(time, chat);
  FakeSocket.last.open({ username: "ann" });
  assertEquals([chat.state, asked], ["online", ["lobby", "den"]]);
  // Out of everything, or out of the last one, it ends.
  chat.join("attic");
  FakeSocket.last.enter("attic").cut();
  again(time, chat);
  FakeSocket.last.dispatchEvent(new Event("open"));
  FakeSocket.last.cut(4403, "banned");
  await time.runMicrotasks();
  assertEquals([chat.state, chat.ending], ["closed", { code: 403, reason: "banned" }]);
  shut.add("garden");
  const { chat: other } = start({ username: "ann", room: "garden", fetch: fetch as never });
  FakeSocket.last.cut();
  await time.runMicrotasks();
  assertEquals([other.state, other.ending], ["closed", { code: 403, reason: refused("garden") }]);
});

Deno.test("Chat has a message refused that is too soon in a slow room, and goes on elsewhere", async () => {
  using _time = new ChatTime();
  const { chat } = start({ username: "ann" });
  const socket = FakeSocket.last.open();
  const soon = chat.send("too soon", { ref: "one" });
  socket.fail("rate_limited", { ref: "one", room: "lobby", retryAfter: 30_000, temporary: true });
  const error = await assertRejects(() => within(soon, "a refusal", 5_000), ChatError);
  assertEquals([error.code, error.temporary, error.retryAfter], ["rate_limited", true, 30_000]);
  socket.sent();
  chat.send("elsewhere", { to: "bob", ref: "two" });
  assertEquals(socket.sent().length, 1);
  chat.close();
});

Deno.test("Chat reads on after what a moderator did in a room", () => {
  using _time = new ChatTime();
  const { chat, told } = start({ username: "ann" });
  const act = { type: "moderated", act: "kick", by: "eve", username: "bob", content: "" };
  const socket = FakeSocket.last.open().say({ ...act, id: id(3), room: "lobby" });
  assertEquals(chat.place("lobby"), id(3));
  socket.say({ ...act, id: id(3), room: "lobby" }).chat(id(2), "known");
  assertEquals(told.map(({ type }) => type), ["welcome", "room", "moderated"]);
  // In no room, or in one that it is not in: it is told as it is.
  socket.say({ ...act, id: id(1) }, { ...act, id: id(1), room: "den" });
  assertEquals(told.length, 5);
  chat.close();
});

Deno.test("claimsOf() reads what a token says, in any script, and nothing of what is none", () => {
  const claims = { sub: "Zoë", name: "Зоя 🚣" };
  const bytes = new TextEncoder().encode(JSON.stringify(claims));
  const part = btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_");
  assertEquals(claimsOf(`e30.${part.replace(/=+$/, "")}.sign`), claims);
  for (const none of ["", "a", "a.b.c", "a.bnVsbA.c"]) assertEquals({ ...claimsOf(none) }, {});
});
