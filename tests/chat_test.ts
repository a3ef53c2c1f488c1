import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { runInNewContext } from "node:vm";
import { setFlagsFromString } from "node:v8";
import { Chat, ChatError, type Message } from "../static/chat.js";
import { ChatTime } from "./chat/chat_time.ts";
import { FakeSocket, id } from "./chat/fake_socket.ts";
import { within } from "./support.ts";

// The library against a server that the test plays, sentence by sentence, in time that the test
// moves. `chat_network_test.ts` has it talk to the real one, over a bad network.

const ADDRESS = "ws://chat.test/ws";

/** A chat with its first connection still to be opened, and what it tells in one line each. */
function start(options: Partial<ConstructorParameters<typeof Chat>[1]> = {}) {
  const WebSocket = FakeSocket.fresh();
  const fetch = () => Promise.reject(new Error("There is no network"));
  const chat = new Chat(ADDRESS, {
    username: "ann",
    WebSocket,
    fetch,
    random: () => 1,
    ...options,
  });
  const told: string[] = [];
  chat.addEventListener("state", () => told.push(chat.state));
  for (const type of ["gap", "recovered"]) {
    chat.addEventListener(type, (event) => {
      const { room, complete } = (event as CustomEvent).detail;
      told.push(`${type} ${room}${complete === undefined ? "" : ` ${complete}`}`);
    });
  }
  chat.addEventListener("message", (event) => {
    const { type, content, code } = (event as CustomEvent).detail;
    if (type === "chat" || type === "join") told.push(content);
    if (type === "error") told.push(`error ${code}`);
  });
  return { chat, told };
}

/** What a promise brings, which must be at once. */
const soon = <T>(promise: Promise<T>) => within(promise, "an answer", 5_000);

/** Lets go of everything that nobody refers to. */
function collect() {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

/** Rejected with this code; worth sending again or not. */
async function refused(promise: Promise<unknown>, code: string, temporary = false) {
  const error = await assertRejects(() => within(promise, "a refusal", 5_000), ChatError);
  assertEquals([error.name, error.code, error.temporary], ["ChatError", code, temporary]);
}

Deno.test("Chat resumes the entry room, the other rooms and the inbox after a cut", () => {
  using time = new ChatTime();
  const { chat, told } = start({ last: 5 });
  assertEquals(`${FakeSocket.last.url}`, `${ADDRESS}?username=ann&room=lobby&last=5`);
  assertEquals(FakeSocket.last.protocols, ["chat.v1"]);
  FakeSocket.last.open({ inbox: id(0), room: { head: id(1) } }).chat(id(1), "one");
  chat.join("Deno", { last: 3 });
  assertEquals(FakeSocket.last.sent(), [{ type: "join", room: "deno", last: 3 }]);
  FakeSocket.last.enter("deno", { head: id(3) })
    .chat(id(3), "three", { room: "deno" })
    .chat(id(4), "four", { room: undefined, to: "ann" })
    .say({ type: "join", id: id(5), room: "lobby", content: "five" })
    .cut(1001, "bye");
  assertEquals([chat.state, chat.ending], ["offline", { code: 1001, reason: "bye" }]);
  assertEquals([chat.place(), chat.place("Deno"), chat.place("x")], [id(4), id(3), undefined]);
  time.tick(500);
  const places = `since=${id(5)}&inbox=${id(4)}`;
  assertEquals(`${FakeSocket.last.url}`, `${ADDRESS}?username=ann&room=lobby&${places}`);
  FakeSocket.last.open({ room: { head: id(6) } });
  assertEquals(FakeSocket.last.sent(), [{ type: "join", room: "deno", since: id(3) }]);
  FakeSocket.last
    .chat(id(4), "four", { room: undefined, to: "ann" })
    .chat(id(5), "five").chat(id(6), "six")
    .enter("deno", { since: id(3), head: id(3) });
  assertEquals(told, [
    ...["online", "one", "three", "four", "five", "offline", "connecting", "online", "six"],
    ...["recovered lobby true", "recovered deno true"],
  ]);
  chat.close();
});

Deno.test("Chat.send() waits while offline, then goes out in order", async () => {
  using time = new ChatTime();
  const { chat } = start();
  const one = chat.send("one");
  const two = chat.send("two", { room: "Lobby", ref: "my-own" });
  const three = chat.send("three", { to: "bob" });
  assertEquals(FakeSocket.last.open().sent().map(({ ref: _, ...rest }) => rest), [
    { type: "chat", content: "one", room: "lobby" },
    { type: "chat", content: "two", room: "lobby" },
    { type: "chat", content: "three", to: "bob" },
  ]);
  FakeSocket.last.chat(id(1), "two", { username: "bob", ref: "my-own" });
  FakeSocket.last.chat(id(2), "two", { username: "ANN", ref: "my-own" });
  assertEquals((await soon(two)).id, id(2));
  FakeSocket.last.cut();
  time.tick(500);
  const again = FakeSocket.last.open({ room: { head: id(2) } }).sent();
  assertEquals(again.map(({ content }) => content), ["one", "three"]);
  FakeSocket.last.echo(again[0]!, id(3)).echo(again[1]!, id(4));
  assertEquals([(await soon(one)).id, (await soon(three)).id], [id(3), id(4)]);
  chat.close();
});

Deno.test("Chat.send() is sent again only after what was missed is read, and resolved by it", async () => {
  using time = new ChatTime();
  const { chat, told } = start();
  FakeSocket.last.open({ room: { head: id(1) } });
  const [accepted, lost] = [chat.send("accepted"), chat.send("lost")];
  const [sent] = FakeSocket.last.sent();
  FakeSocket.last.cut();
  time.tick(500);
  FakeSocket.last.open({ room: { head: id(3) } }).chat(id(2), "missed");
  assertEquals(FakeSocket.last.sent(), []);
  FakeSocket.last.echo(sent!, id(3));
  assertEquals((await soon(accepted)).id, id(3));
  const [again] = FakeSocket.last.sent();
  assertEquals(again!.content, "lost");
  FakeSocket.last.echo(again!, id(4));
  assertEquals((await soon(lost)).id, id(4));
  assertEquals(told.filter((line) => line.length > 9 || ["lost", "missed"].includes(line)), [
    ...["connecting", "missed", "recovered lobby true", "lost"],
  ]);
  chat.close();
});

Deno.test("Chat tells a message once where its second sending is answered with the first copy", async () => {
  using time = new ChatTime();
  const { chat, told } = start();
  FakeSocket.last.open();
  const late = chat.send("late");
  FakeSocket.last.cut();
  time.tick(500);
  const [again] = FakeSocket.last.open().sent();
  FakeSocket.last.chat(id(2), "bob's").echo(again!, id(3)).chat(id(4), "next").echo(again!, id(3));
  assertEquals((await soon(late)).id, id(3));
  assertEquals(told.slice(-3), ["bob's", "late", "next"]);
  chat.close();
});

Deno.test("Chat.send() rejects with the server's error", async () => {
  const { chat, told } = start();
  FakeSocket.last.open();
  const refusal = chat.send("hello", { to: "nobody" });
  const [sent] = FakeSocket.last.sent();
  FakeSocket.last.fail("no_such_user", { ref: sent!.ref, temporary: true, retryAfter: 7 });
  const error = await assertRejects(() => soon(refusal), ChatError, "no: no_such_user");
  assertEquals([error.code, error.temporary, error.retryAfter], ["no_such_user", true, 7]);
  assertEquals(told, ["online"]);
  chat.close();
});

Deno.test("Chat.send() gives up at its deadline, when aborted, and when the chat is closed", async () => {
  using time = new ChatTime();
  const { chat } = start({ deadline: 1_000, outbox: 3 });
  const abort = new AbortController();
  const slow = chat.send("slow");
  const aborted = chat.send("aborted", { signal: abort.signal });
  const patient = chat.send("patient", { deadline: Infinity });
  await refused(chat.send("one too many"), "outbox_full", true);
  abort.abort(new Error("changed my mind"));
  await assertRejects(() => soon(aborted), Error, "changed my mind");
  time.tick(1_000);
  await refused(slow, "deadline", true);
  assertEquals(FakeSocket.last.open().sent().map(({ content }) => content), ["patient"]);
  chat.close(4_000, "enough");
  assertEquals(FakeSocket.last.closed, { code: 4_000, reason: "enough" });
  await refused(patient, "closed");
  await refused(chat.send("after all"), "closed");
  assertEquals(chat.ending, { code: 4_000, reason: "enough" });
});

Deno.test("Chat.send() goes on with the next when one is given up", async () => {
  using time = new ChatTime();
  const { chat } = start();
  FakeSocket.last.open();
  const slow = chat.send("slow", { deadline: 1_000 });
  for (let n = 1; n <= 32; n++) chat.send(`${n}`).catch(() => {});
  assertEquals(FakeSocket.last.sent().length, 32);
  const signal = AbortSignal.abort(new Error("too late"));
  await assertRejects(() => soon(chat.send("never", { signal })), Error, "too late");
  time.tick(1_000);
  await refused(slow, "deadline", true);
  assertEquals(FakeSocket.last.sent().map(({ content }) => content), ["32"]);
  chat.close();
});

Deno.test("Chat.send() leaves nothing behind of what it refuses", async () => {
  using time = new ChatTime();
  const { chat } = start({ deadline: 1_000, outbox: 1 });
  const abort = new AbortController();
  const { signal } = abort;
  const first = chat.send("first", { ref: "r", deadline: Infinity });
  await refused(chat.send("over", { ref: "r", signal }), "outbox_full", true);
  await refused(chat.send("over", { ref: "s" }), "outbox_full", true);
  time.tick(1_000);
  abort.abort();
  const [sent] = FakeSocket.last.open().sent();
  FakeSocket.last.echo(sent!, id(1));
  assertEquals((await soon(first)).content, "first");
  chat.close();
  assertEquals(time.next(), false);
});

Deno.test("Chat.send() with a ref in use leaves the first message of it alone", async () => {
  using time = new ChatTime();
  const { chat } = start({ deadline: 2_000 });
  const abort = new AbortController();
  const { signal } = abort;
  const first = chat.send("first", { ref: "r" });
  await assertRejects(
    () => soon(chat.send("second", { ref: "r", deadline: 1_000, signal })),
    RangeError,
  );
  time.tick(1_000);
  abort.abort();
  const [sent] = FakeSocket.last.open().sent();
  FakeSocket.last.echo(sent!, id(1));
  await soon(first);
  // Nor is a later one hurt by what belonged to the first.
  const ended = new AbortController();
  const again = chat.send("again", { ref: "r", signal: ended.signal });
  FakeSocket.last.echo(FakeSocket.last.sent()[0]!, id(2));
  await soon(again);
  const third = chat.send("third", { ref: "r" });
  ended.abort();
  time.tick(1_999);
  FakeSocket.last.echo(FakeSocket.last.sent()[0]!, id(3));
  assertEquals((await soon(third)).content, "third");
  chat.close();
});

Deno.test("Chat.send() rejects what no server takes without sending it", async () => {
  const { chat } = start();
  FakeSocket.last.open();
  const taken = chat.send("😀".repeat(4_000), { ref: "r" });
  assertEquals(FakeSocket.last.sent().length, 1);
  await refused(chat.send("x".repeat(4_001)), "too_long");
  await refused(chat.send("x", { to: "\u0001".repeat(11_000) }), "too_long");
  const frame = JSON.stringify({ type: "chat", content: "x", to: "", ref: "s" });
  chat.send("x", { to: "a".repeat(65_536 - frame.length), ref: "s" }).catch(() => {});
  assertEquals(FakeSocket.last.sent().length, 1);
  await refused(chat.send("xx", { to: "a".repeat(65_536 - frame.length), ref: "t" }), "too_long");
  chat.send("x", { ref: "r".repeat(64) }).catch(() => {});
  assertEquals(FakeSocket.last.sent().length, 1);
  await assertRejects(() => soon(chat.send("x", { ref: "r" })), RangeError, "ref");
  for (const ref of ["", "r".repeat(65)]) {
    await assertRejects(() => soon(chat.send("x", { ref })), RangeError, "ref");
  }
  for (const room of ["a b", ""]) {
    await assertRejects(() => soon(chat.send("x", { room })), RangeError, "room name");
  }
  assertEquals(FakeSocket.last.sent(), []);
  chat.close();
  await refused(taken, "closed");
});

Deno.test("Chat.send() has at most 32 messages under way", async () => {
  const { chat } = start();
  FakeSocket.last.open();
  const all = Array.from({ length: 40 }, (_, n) => chat.send(`${n}`));
  const sent = FakeSocket.last.sent();
  assertEquals(sent.length, 32);
  FakeSocket.last.echo(sent[0]!, id(1)).echo(sent[1]!, id(2));
  assertEquals(FakeSocket.last.sent().map(({ content }) => content), ["32", "33"]);
  assertEquals((await soon(all[1]!)).id, id(2));
  chat.close();
});

Deno.test("Chat.send() keeps within the server's rate", () => {
  using time = new ChatTime();
  const { chat } = start();
  for (let n = 0; n < 60; n++) chat.send(`${n}`).catch(() => {});
  const contents: string[] = [];
  let next = 0;
  const answer = () => {
    for (const sent of FakeSocket.last.sent()) {
      contents.push(sent.content!);
      FakeSocket.last.echo(sent, id(++next));
    }
  };
  FakeSocket.last.open({ rate: 10, burst: 30 });
  answer();
  assertEquals(contents.length, 20);
  time.tick(1_000);
  answer();
  assertEquals(contents.length, 29);
  for (let second = 0; second < 4; second++) {
    time.tick(1_000);
    answer();
  }
  assertEquals(contents, Array.from({ length: 60 }, (_, n) => `${n}`));
  for (let n = 0; n < 30; n++) chat.send(`${n}`).catch(() => {});
  chat.close();
  // Nothing waits any more.
  assertEquals(time.next(), false);
});

Deno.test("Chat.send() counts a token for each KiB begun, as the server does", () => {
  using time = new ChatTime();
  const { chat } = start();
  // With all about it 3 KiB, and 8.
  const [three, many] = ["\u{1F600}".repeat(740), "é".repeat(4_000)];
  for (let n = 0; n < 10; n++) chat.send(three).catch(() => {});
  const sent = () => FakeSocket.last.sent().length;
  FakeSocket.last.open({ rate: 10, burst: 30 });
  assertEquals(sent(), 6);
  time.tick(111);
  assertEquals(sent(), 0);
  time.tick(1);
  assertEquals(sent(), 1);
  time.tick(4_000);
  assertEquals(sent(), 3);
  time.tick(4_000);
  // More than there is room for waits until that is full, and is owed for.
  chat.send(many).catch(() => {});
  chat.send("x", { to: "x".repeat(60_000) }).catch(() => {});
  chat.send("last").catch(() => {});
  assertEquals(sent(), 1);
  time.tick(888);
  assertEquals(sent(), 0);
  time.tick(1);
  assertEquals(sent(), 1);
  time.tick(1_222);
  assertEquals(sent(), 0);
  time.tick(1);
  assertEquals(sent(), 1);
  chat.close();
});

Deno.test("Chat goes on when somebody sets the clock back", () => {
  using time = new ChatTime();
  const { chat } = start();
  FakeSocket.last.open({ rate: 10, burst: 30, alive: 25 });
  for (let n = 0; n < 21; n++) chat.send(`${n}`).catch(() => {});
  chat.typing({ to: "bob" });
  assertEquals(FakeSocket.last.sent().length, 20);
  const { Date } = globalThis;
  Object.assign(globalThis, { Date: { now: () => Date.now() - 3_600_000 } });
  try {
    time.tick(3_000);
    assertEquals(FakeSocket.last.sent().length, 1);
    chat.typing({ to: "bob" });
    assertEquals(FakeSocket.last.sent().length, 1);
    time.tick(12_000);
    assertEquals(chat.state, "offline");
    FakeSocket.last.open();
  } finally {
    globalThis.Date = Date;
  }
  chat.close();
});

Deno.test("Chat.send() goes again after rate_limited, when the server said and in order", () => {
  using time = new ChatTime();
  const { chat, told } = start();
  FakeSocket.last.open();
  for (const content of ["one", "two", "three"]) chat.send(content);
  const [one, two, three] = FakeSocket.last.sent();
  FakeSocket.last
    .echo(one!, id(1))
    .fail("rate_limited", { ref: two!.ref, retryAfter: 300, temporary: true })
    .fail("rate_limited", { ref: three!.ref, retryAfter: 300, temporary: true });
  time.tick(299);
  assertEquals(FakeSocket.last.sent(), []);
  time.tick(1);
  assertEquals(FakeSocket.last.sent(), [two!, three!]);
  // Without a ref it was none of them.
  FakeSocket.last.fail("rate_limited", { retryAfter: 100, temporary: true });
  time.tick(100);
  assertEquals(FakeSocket.last.sent(), []);
  assertEquals(told, ["online", "one"]);
  chat.close();
});

Deno.test("Chat.send() keeps what the server cannot keep yet, and what comes after it, and says why", async () => {
  using time = new ChatTime();
  const { chat, told } = start();
  const waiting: unknown[] = [];
  chat.addEventListener("waiting", (event) => {
    const { ref, error } = (event as CustomEvent).detail;
    waiting.push([ref, error.code, error.message, error.temporary, error.retryAfter]);
  });
  FakeSocket.last.open();
  const trouble = { temporary: true, retryAfter: 1_500 };
  const said = chat.send("one", { ref: "1" });
  assertEquals(FakeSocket.last.fail("unavailable", { ref: "1", ...trouble }).sent().length, 1);
  time.tick(1_500);
  const [one] = FakeSocket.last.sent();
  assertEquals(one?.ref, "1");
  const late = chat.send("late", { ref: "2", deadline: 2_000 });
  assertEquals(FakeSocket.last.sent().length, 1);
  FakeSocket.last.fail("unavailable", { ref: "1", ...trouble });
  FakeSocket.last.fail("unavailable", { ref: "2", temporary: true });
  const third = chat.send("three");
  // All else goes on.
  chat.join("den");
  assertEquals(FakeSocket.last.sent(), [{ type: "join", room: "den" }]);
  time.tick(1_499);
  assertEquals(FakeSocket.last.enter("den").sent(), []);
  time.tick(1);
  assertEquals(FakeSocket.last.sent(), [one!]);
  FakeSocket.last.echo(one!, id(1));
  assertEquals((await soon(said)).id, id(1));
  // It has a wait of its own, and a deadline before that.
  assertEquals(FakeSocket.last.sent(), []);
  time.tick(500);
  await refused(late, "deadline", true);
  const [three] = FakeSocket.last.sent();
  assertEquals(three?.content, "three");
  // It may be kept nevertheless: what a gap may hide is not sent twice.
  FakeSocket.last.fail("unavailable", { ref: three!.ref, ...trouble }).cut();
  time.tick(60_000);
  FakeSocket.last.open({ room: { head: id(8), resumed: false, at: id(8) } })
    .enter("den", { since: id(0) });
  await refused(third, "unconfirmed", true);
  assertEquals(waiting, [
    ["1", "unavailable", "no: unavailable", true, 1_500],
    ["1", "unavailable", "no: unavailable", true, 1_500],
    ["2", "unavailable", "no: unavailable", true, 5_000],
    [three!.ref, "unavailable", "no: unavailable", true, 1_500],
  ]);
  assertEquals(told.filter((each) => /error/.test(each)), []);
  chat.close();
});

Deno.test("Chat enters that room later which the server cannot open yet", () => {
  using time = new ChatTime();
  const { chat } = start();
  FakeSocket.last.open();
  chat.join("den");
  chat.join("hall");
  assertEquals(FakeSocket.last.sent().length, 2);
  FakeSocket.last.fail("unavailable", { temporary: true, room: "hall", retryAfter: 1_000 });
  time.tick(1_000);
  assertEquals(FakeSocket.last.sent().map(({ room }) => room), ["hall"]);
  chat.close();
});

Deno.test("Chat enters a room later that the server cannot open yet, and goes on in the others", async () => {
  using time = new ChatTime();
  const { chat, told } = start();
  const waiting: unknown[] = [];
  chat.addEventListener("waiting", (event) => waiting.push((event as CustomEvent).detail.ref));
  FakeSocket.last.open();
  chat.join("den", { since: id(1) });
  const fail = () => FakeSocket.last.fail("unavailable", { temporary: true });
  const join = { type: "join", room: "den", since: id(1) };
  assertEquals(FakeSocket.last.sent(), [join]);
  fail();
  const said = chat.send("in the lobby");
  const [lobby] = FakeSocket.last.sent();
  FakeSocket.last.echo(lobby!, id(2));
  await soon(said);
  // It is no dead line, however long that takes.
  for (let times = 0; times < 20; times++) {
    time.tick(4_999);
    assertEquals(FakeSocket.last.sent(), []);
    time.tick(1);
    assertEquals(FakeSocket.last.sent(), [join]);
    fail();
  }
  time.tick(5_000);
  FakeSocket.last.enter("den", { since: id(1), head: id(3) }).sent();
  chat.send("once it is read").catch(() => {});
  assertEquals(FakeSocket.last.sent(), []);
  FakeSocket.last.chat(id(3), "three", { room: "den" });
  assertEquals(FakeSocket.last.sent().length, 1);
  assertEquals(told, ["online", "in the lobby", "three", "recovered den true"]);
  assertEquals(waiting, Array(21).fill(undefined));
  // Where it waits for no answer, it is said.
  fail();
  assertEquals(told.at(-1), "error unavailable");
  FakeSocket.last.cut();
  time.tick(500);
  assertEquals(FakeSocket.last.open().sent().map(({ type }) => type), ["join"]);
  fail();
  FakeSocket.last.cut();
  time.tick(1_000);
  assertEquals(FakeSocket.last.open().sent().map(({ type }) => type), ["join"]);
  chat.close();
});

Deno.test("Chat says in a room that cannot be opened yet what is to be said there once it is", async () => {
  using time = new ChatTime();
  const { chat } = start();
  FakeSocket.last.open();
  chat.join("den");
  const first = chat.send("right behind it", { room: "den", ref: "1" });
  assertEquals(FakeSocket.last.sent().map(({ type }) => type), ["join", "chat"]);
  FakeSocket.last.fail("unavailable", { temporary: true, room: "den", retryAfter: 1_000 });
  FakeSocket.last.fail("not_in_room", { ref: "1", room: "den" });
  const second = chat.send("meanwhile", { room: "den", ref: "2" });
  const other = chat.send("elsewhere", { room: "lobby", ref: "3" });
  const [lobby, ...more] = FakeSocket.last.sent();
  assertEquals([lobby?.ref, more], ["3", []]);
  FakeSocket.last.echo(lobby!, id(1));
  await soon(other);
  time.tick(1_000);
  assertEquals(FakeSocket.last.sent(), [{ type: "join", room: "den" }]);
  chat.send("asked for again", { room: "den", ref: "4" }).catch(() => {});
  assertEquals(FakeSocket.last.sent(), []);
  const sent = FakeSocket.last.enter("den").sent();
  assertEquals(sent.map(({ ref }) => ref), ["1", "2", "4"]);
  for (const [i, said] of sent.entries()) FakeSocket.last.echo(said, id(2 + i));
  assertEquals((await soon(Promise.all([first, second]))).map(({ id }) => id), [id(2), id(3)]);
  // Where nothing was wrong with the room, it is an answer.
  const last = chat.send("not there", { room: "den", ref: "5" });
  FakeSocket.last.fail("not_in_room", { ref: "5", room: "den" });
  await refused(last, "not_in_room", false);
  chat.close();
});

Deno.test("Chat asks again for what the rate refused, joins and leaves alike, and pauses for all", () => {
  using time = new ChatTime();
  const { chat } = start();
  FakeSocket.last.open({ rate: 10, burst: 30 });
  chat.join("den");
  chat.leave("lobby");
  assertEquals(FakeSocket.last.sent(), [
    { type: "join", room: "den" },
    { type: "leave", room: "lobby" },
  ]);
  FakeSocket.last.fail("rate_limited", { retryAfter: 300 });
  chat.send("after it").catch(() => {});
  time.tick(299);
  assertEquals(FakeSocket.last.sent(), []);
  time.tick(1);
  assertEquals(FakeSocket.last.sent(), [{ type: "leave", room: "lobby" }]);
  time.tick(1_000);
  const again = FakeSocket.last.left("lobby", 1).enter("den").sent();
  assertEquals(again.map(({ type }) => type), ["join", "chat"]);
  FakeSocket.last.fail("rate_limited", { retryAfter: 60_000 });
  chat.typing({ to: "bob" });
  FakeSocket.last.cut();
  time.tick(500);
  // That was another connection's.
  assertEquals(FakeSocket.last.open({ rate: 10, burst: 30 }).sent().length, 1);
  chat.close();
});

Deno.test("Chat.send() rejects what could be delivered twice", async () => {
  using time = new ChatTime();
  const { chat, told } = start();
  FakeSocket.last.open({ room: { head: id(1), at: id(1) } });
  const [before, after] = [chat.send("sent before the cut"), FakeSocket.last.cut()];
  assertEquals(after.sent().length, 1);
  const unsent = chat.send("not sent yet");
  time.tick(500);
  // A server that was started again knows neither the message nor its ref.
  FakeSocket.last.open({ room: { head: id(9), resumed: false, at: id(5) } })
    .fail("gap", { room: "lobby" });
  assertEquals(FakeSocket.last.sent(), []);
  // Nor does the next connection bring back what is lost.
  FakeSocket.last.cut();
  time.tick(1_000);
  assertEquals(FakeSocket.last.url.searchParams.get("since"), id(5));
  FakeSocket.last.open({ room: { head: id(8), resumed: false, at: id(7) } }).cut();
  time.tick(2_000);
  FakeSocket.last.open({ room: { head: id(9) } }).chat(id(9), "nine");
  await refused(before, "unconfirmed", true);
  const [sent] = FakeSocket.last.sent();
  assertEquals(sent!.content, "not sent yet");
  assertEquals(told.slice(-7), [
    ...["online", "gap lobby", "offline", "connecting", "online", "nine"],
    "recovered lobby false",
  ]);
  FakeSocket.last.echo(sent!, id(10));
  await soon(unsent);
  chat.close();
});

Deno.test("Chat.send() rejects what a chat of another time may have sent, where that cannot be told", async () => {
  using time = new ChatTime();
  const again = { ref: "said", again: true };
  const { chat } = start({ since: id(1) });
  const [sent, fresh] = [chat.send("again", again), chat.send("fresh")];
  FakeSocket.last.open({ room: { head: id(1), at: id(1), resumed: true } });
  const [first, second] = FakeSocket.last.sent();
  FakeSocket.last.echo(first!, id(2)).echo(second!, id(3));
  assertEquals([(await soon(sent)).id, (await soon(fresh)).id], [id(2), id(3)]);
  chat.close();

  const other = start({ since: id(1) }).chat;
  const [doubtful, certain] = [other.send("again", again), other.send("fresh")];
  FakeSocket.last.open({ room: { head: null, at: id(5), resumed: false } });
  await refused(doubtful, "unconfirmed", true);
  const [only] = FakeSocket.last.sent();
  assertEquals(only!.content, "fresh");
  FakeSocket.last.echo(only!, id(6));
  await soon(certain);
  other.close();
  time.tick(1);
});

Deno.test("Chat.send() is sent again after hours, where nothing is lost that would tell of it", async () => {
  using time = new ChatTime();
  const { chat } = start({ backoff: { min: 3_600_000, max: 3_600_000 } });
  FakeSocket.last.open();
  const waiting = chat.send("waiting");
  const [sent] = FakeSocket.last.sent();
  FakeSocket.last.cut();
  time.tick(3_600_000);
  assertEquals(FakeSocket.last.open().sent(), [sent!]);
  FakeSocket.last.echo(sent!, id(1));
  await soon(waiting);
  chat.close();
});

Deno.test("Chat.send() rejects as unconfirmed what may be said in a room that was left", async () => {
  using time = new ChatTime();
  const { chat } = start();
  FakeSocket.last.open();
  chat.join("den");
  FakeSocket.last.enter("den");
  const [cut, said] = [chat.send("cut", { room: "den" }), chat.send("said")];
  FakeSocket.last.sent();
  chat.leave("den");
  FakeSocket.last.cut();
  time.tick(500);
  chat.join("den");
  const [again, joining] = FakeSocket.last.open().sent().toReversed();
  await refused(cut, "unconfirmed", true);
  assertEquals([again!.content, joining], ["said", { type: "join", room: "den" }]);
  // A refusal tells only of this connection.
  FakeSocket.last.fail("not_in_room", { ref: again!.ref, room: "lobby" });
  await refused(said, "unconfirmed", true);
  chat.close();
});

Deno.test("Chat.send() rejects as unconfirmed only what a leave or a loss may have made so", async () => {
  using time = new ChatTime();
  const { chat } = start();
  FakeSocket.last.open();
  const all = Array.from({ length: 33 }, (_, n) => chat.send(`${n}`));
  FakeSocket.last.sent();
  // Not sent yet, so it cannot be doubtful.
  chat.leave("lobby");
  chat.join("lobby");
  FakeSocket.last.cut();
  time.tick(500);
  const sent = FakeSocket.last.open().sent();
  assertEquals(sent.map(({ content }) => content), ["32"]);
  await refused(all[0]!, "unconfirmed", true);
  // The server that tells of this loss knows what came on this connection.
  FakeSocket.last.enter("lobby", { resumed: false, at: id(5) }).cut();
  time.tick(1_000);
  assertEquals(FakeSocket.last.open().sent(), sent);
  FakeSocket.last.echo(sent[0]!, id(6));
  assertEquals((await soon(all[32]!)).id, id(6));
  chat.close();
});

Deno.test("Chat forgets the places that a server cannot vouch for, and drops nothing it says", async () => {
  using time = new ChatTime();
  const { chat, told } = start();
  FakeSocket.last.open({ inbox: id(900), room: { at: id(900) } }).chat(id(901), "before");
  const uncertain = chat.send("uncertain", { to: "bob" });
  FakeSocket.last.cut();
  told.length = 0;
  time.tick(500);
  // Its clock is behind.
  FakeSocket.last
    .open({ inbox: id(1), room: { resumed: false, at: id(1), head: id(2) } })
    .fail("gap", { room: "lobby" }).fail("gap")
    .chat(id(2), "after").chat(id(3), "private", { room: undefined, to: "ann" });
  assertEquals(told, [
    ...["connecting", "online", "gap null", "gap lobby", "error gap", "error gap", "after"],
    ...["recovered lobby false", "private"],
  ]);
  await refused(uncertain, "unconfirmed", true);
  assertEquals([chat.place("lobby"), chat.place()], [id(2), id(3)]);
  chat.close();
});

Deno.test("Chat tells a gap in the private messages once, also where it is cut before the server says so", () => {
  using time = new ChatTime();
  const { chat, told } = start();
  FakeSocket.last.open({ inbox: id(1) }).cut();
  told.length = 0;
  time.tick(500);
  FakeSocket.last.open({ inbox: id(5) }).cut();
  time.tick(1_000);
  FakeSocket.last.open().cut();
  assertEquals(told.filter((text) => text.includes("gap")), ["gap null"]);
  time.tick(2_000);
  FakeSocket.last.open({ inbox: id(7) }).fail("gap");
  // And one in the middle of the conversation.
  FakeSocket.last.fail("gap");
  assertEquals(told.filter((text) => text.includes("gap")), [
    ...["gap null", "gap null", "error gap", "error gap", "gap null"],
  ]);
  chat.close();
});

Deno.test("Chat.send() rejects as unconfirmed where only the private messages are not vouched for", async () => {
  using time = new ChatTime();
  const { chat } = start();
  FakeSocket.last.open();
  chat.leave("lobby");
  FakeSocket.last.left("lobby", 1);
  const uncertain = chat.send("uncertain", { to: "bob" });
  FakeSocket.last.cut();
  time.tick(500);
  FakeSocket.last.open({ inbox: id(9) });
  await refused(uncertain, "unconfirmed", true);
  chat.close();
});

Deno.test("Chat has caught up with a room at its head, and at once where nothing is held", () => {
  using time = new ChatTime();
  for (const head of [null, id(1), id(2)]) {
    const { chat, told } = start({ since: id(2) });
    FakeSocket.last.open({ room: { head } });
    chat.send("goes out").catch(() => {});
    assertEquals(told, ["online", "recovered lobby true"]);
    assertEquals(FakeSocket.last.sent().length, 1);
    chat.close();
  }
  const { chat, told } = start({ since: id(2) });
  FakeSocket.last.open({ room: { head: id(4) } }).chat(id(3), "three");
  chat.send("waits").catch(() => {});
  assertEquals(FakeSocket.last.sent(), []);
  // Too slow: what it waited for is lost.
  FakeSocket.last.enter("lobby", { since: id(2), resumed: false, at: id(6), head: id(7) })
    .fail("gap", { room: "lobby" }).chat(id(7), "seven");
  assertEquals(told, [
    ...["online", "three", "gap lobby", "error gap", "seven", "recovered lobby false"],
  ]);
  assertEquals(FakeSocket.last.sent().length, 1);
  time.tick(0);
  chat.close();
});

Deno.test("Chat stays where it is in a room that it is told of again", () => {
  const { chat, told } = start();
  FakeSocket.last.open().chat(id(5), "five")
    .enter("lobby", { at: id(3), head: id(5) }).chat(id(5), "five")
    .say({ type: "room", room: "lobby", count: 300 }).chat(id(5), "five")
    .enter("lobby", { at: id(7), head: id(5) });
  assertEquals(told, ["online", "five"]);
  assertEquals(chat.place("lobby"), id(7));
  chat.close();
});

Deno.test("Chat waits longer from attempt to attempt, with full jitter, and starts over after a while online", () => {
  using time = new ChatTime();
  let jitter = 1;
  const { chat } = start({ random: () => jitter });
  const waits = [];
  for (let n = 0; n < 8; n++) {
    FakeSocket.last.open().cut();
    waits.push(chat.retryAt! - time.now);
    time.tick(waits.at(-1)!);
  }
  assertEquals(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
  jitter = 0.25;
  FakeSocket.last.open().cut();
  assertEquals(chat.retryAt! - time.now, 5_000);
  time.tick(5_000);
  assertEquals([chat.state, chat.retryAt], ["connecting", null]);
  FakeSocket.last.open();
  time.tick(20_001);
  FakeSocket.last.cut();
  assertEquals(chat.retryAt! - time.now, 125);
  time.tick(125);
  FakeSocket.last.open().cut(4429, "flooding");
  assertEquals(chat.retryAt! - time.now, 5_250);
  chat.close();
  assertEquals([chat.state, chat.retryAt], ["closed", null]);
  time.tick(60_000);
  assertEquals(FakeSocket.all.length, 11);
});

for (const code of [4400, 4401, 4403, 4409]) {
  Deno.test(`Chat stops when the server closes with ${code}`, async () => {
    using time = new ChatTime();
    const { chat, told } = start();
    const reading = Array.fromAsync(chat);
    FakeSocket.last.open().chat(id(1), "one");
    const waiting = chat.send("waiting");
    FakeSocket.last.cut(code, "stop");
    await refused(waiting, "closed");
    time.tick(60_000);
    assertEquals(FakeSocket.all.length, 1);
    assertEquals(chat.ending, { code, reason: "stop" });
    assertEquals(told, ["online", "one", "closed"]);
    assertEquals((await soon(reading)).map(({ type }) => type), ["welcome", "room", "chat"]);
  });
}

Deno.test("Chat is refused by who closes before it is let in, as by a handshake", () => {
  using _time = new ChatTime();
  const { chat } = start();
  FakeSocket.last.dispatchEvent(new Event("open"));
  FakeSocket.last.cut(4409, "it looks like eve");
  assertEquals([chat.state, chat.ending], ["closed", { code: 409, reason: "it looks like eve" }]);
});

/** A server's answer to the question why it refuses a WebSocket. */
function problem(status: number, detail?: string, headers = {}) {
  const body = detail === undefined ? "<h1>No</h1>" : JSON.stringify({ detail });
  return new Response(body, { status, statusText: "No", headers });
}

for (
  const [status, code, reason, wait] of [
    [400, 400, "mend this"],
    [403, 403, "mend this"],
    [409, 409, "mend this"],
    [404, 404, "No"],
    [408, 408, "mend this", 500],
    [425, 425, "mend this", 500],
    [429, 429, "mend this", 7_500],
    [503, 503, "mend this", 7_500],
    [500, 500, "No", 500],
    [426, 1006, "", 500],
    [200, 1006, "", 500],
  ] as const
) {
  const what = wait ? `tries again after ${wait} ms` : "stops";
  Deno.test(`Chat ${what} and says why where the handshake is refused with ${status}`, async () => {
    using time = new ChatTime();
    const asked: [string, unknown][] = [];
    const fetch = (url: string, { headers }: RequestInit) => {
      asked.push([url, headers]);
      const detail = reason === "No" ? undefined : "mend this";
      return Promise.resolve(
        problem(status, detail, { "retry-after": wait === 7_500 ? "7" : "x" }),
      );
    };
    const { chat, told } = start({ fetch: fetch as typeof globalThis.fetch });
    FakeSocket.last.cut();
    await time.runMicrotasks();
    await time.runMicrotasks();
    const url = "http://chat.test/ws?username=ann&room=lobby";
    assertEquals(asked, [[url, { accept: "application/json" }]]);
    assertEquals(chat.ending, { code, reason });
    assertEquals(told, [wait ? "offline" : "closed"]);
    // A network that is back changes nothing about it.
    if (wait === 7_500) dispatchEvent(new Event("online"));
    assertEquals(chat.retryAt, wait ? time.now + wait : null);
    time.tick(wait ?? 60_000);
    assertEquals(FakeSocket.all.length, wait ? 2 : 1);
    chat.close();
  });
}

Deno.test("Chat waits for the answer why a handshake was refused no longer than it is patient", async () => {
  using time = new ChatTime();
  const signals: AbortSignal[] = [];
  const fetch = (_: unknown, { signal }: RequestInit) => {
    signals.push(signal!);
    return new Promise((_, reject) =>
      signal!.addEventListener("abort", () => reject(signal!.reason))
    );
  };
  const { chat } = start({ fetch: fetch as typeof globalThis.fetch });
  FakeSocket.last.cut();
  time.tick(14_999);
  assertEquals([chat.state, signals[0]!.aborted], ["connecting", false]);
  time.tick(1);
  assertEquals([chat.state, signals[0]!.aborted], ["offline", true]);
  await time.runMicrotasks();
  time.tick(500);
  // What has opened is not asked about.
  FakeSocket.last.open().cut();
  time.tick(1_000);
  assertEquals([signals.length, FakeSocket.all.length], [1, 3]);
  FakeSocket.last.cut();
  chat.close();
  assertEquals([chat.state, signals[1]!.aborted], ["closed", true]);
  await time.runMicrotasks();
  assertEquals([chat.ending!.code, FakeSocket.all.length], [1000, 3]);
  FakeSocket.last.cut();
  assertEquals(signals.length, 2);
});

Deno.test("Chat asks once why it cannot connect, also where only an error tells of it", async () => {
  using time = new ChatTime();
  for (const closes of [false, true]) {
    let asked = 0;
    const fetch = () => Promise.resolve(problem(503 - asked++ * 94, "no"));
    const { chat } = start({ fetch: fetch as typeof globalThis.fetch });
    for (const state of ["offline", "closed"]) {
      FakeSocket.last.dispatchEvent(new Event("error"));
      if (closes) FakeSocket.last.cut();
      await time.runMicrotasks();
      await time.runMicrotasks();
      assertEquals(chat.state, state);
      time.tick(500);
    }
    assertEquals([chat.ending, asked], [{ code: 409, reason: "no" }, 2]);
    assertEquals(time.next(), false);
    await chat[Symbol.asyncDispose]();
  }
});

Deno.test("Chat tries again where nothing can be asked", async () => {
  using time = new ChatTime();
  for (const fetch of [() => Promise.reject(new TypeError("CORS")), undefined, null]) {
    const { chat } = start(fetch === undefined ? {} : { fetch: fetch as typeof globalThis.fetch });
    FakeSocket.last.cut(1006, "gone");
    await time.runMicrotasks();
    assertEquals([chat.state, chat.ending], ["offline", { code: 1006, reason: "gone" }]);
    chat.close();
  }
});

Deno.test("Chat tries at once when the network is back or the page is looked at", () => {
  using time = new ChatTime();
  const page = Object.assign(new EventTarget(), { visibilityState: "hidden" });
  Object.assign(globalThis, { document: page });
  try {
    const { chat } = start();
    FakeSocket.last.open().cut();
    dispatchEvent(new Event("online"));
    assertEquals([chat.state, FakeSocket.all.length], ["connecting", 2]);
    time.tick(500);
    assertEquals(FakeSocket.all.length, 2);
    FakeSocket.last.open();
    dispatchEvent(new Event("online"));
    assertEquals(FakeSocket.all.length, 2);
    dispatchEvent(new Event("offline"));
    assertEquals([chat.state, chat.ending!.reason], ["offline", "the network is gone"]);
    page.dispatchEvent(new Event("visibilitychange"));
    assertEquals(FakeSocket.all.length, 2);
    page.visibilityState = "visible";
    page.dispatchEvent(new Event("visibilitychange"));
    assertEquals(FakeSocket.all.length, 3);
    FakeSocket.last.open().cut(4429);
    dispatchEvent(new Event("online"));
    assertEquals(chat.state, "offline");
    chat.close();
    dispatchEvent(new Event("online"));
    time.tick(60_000);
    assertEquals(FakeSocket.all.length, 3);
  } finally {
    Reflect.deleteProperty(globalThis, "document");
  }
});

Deno.test("Chat gives up a connection that does not open, or not with a welcome, in 15 s", () => {
  using time = new ChatTime();
  const { chat } = start();
  time.tick(14_999);
  assertEquals(chat.state, "connecting");
  time.tick(1);
  assertEquals([chat.state, FakeSocket.last.closed !== undefined], ["offline", true]);
  time.tick(500);
  FakeSocket.last.dispatchEvent(new Event("open"));
  time.tick(15_000);
  assertEquals(chat.state, "offline");
  assertEquals(chat.ending, { code: 1006, reason: "the server does not answer" });
  chat.close();
});

Deno.test("Chat gives up a connection on which an answer is overdue", async () => {
  using time = new ChatTime();
  const { chat } = start();
  FakeSocket.last.open({ room: { head: id(1) } });
  time.tick(3_600_000);
  assertEquals(chat.state, "online");
  const answered = chat.send("answered");
  FakeSocket.last.echo(FakeSocket.last.sent()[0]!, id(2));
  await soon(answered);
  time.tick(20_000);
  const waiting = chat.send("waiting");
  time.tick(14_999);
  assertEquals(chat.state, "online");
  time.tick(1);
  assertEquals([chat.state, chat.ending!.code], ["offline", 1006]);
  time.tick(500);
  // Others are heard: then it has a minute.
  FakeSocket.last.open({ room: { head: id(2) } });
  for (let n = 3; n < 14; n++) {
    time.tick(5_000);
    assertEquals(chat.state, "online");
    FakeSocket.last.chat(id(n), "others");
  }
  time.tick(5_000);
  assertEquals(chat.state, "offline");
  chat.close();
  await refused(waiting, "closed");
});

Deno.test("Chat gives up a connection without the signs of life that a server promises", async () => {
  using time = new ChatTime();
  const { chat } = start();
  const reading = Array.fromAsync(chat);
  FakeSocket.last.open({ alive: 25 });
  time.tick(39_999);
  FakeSocket.last.say({ type: "alive" });
  time.tick(39_999);
  assertEquals(chat.state, "online");
  time.tick(1);
  assertEquals([chat.state, chat.ending!.reason], ["offline", "the server does not answer"]);
  chat.close();
  assertEquals((await soon(reading)).map(({ type }) => type), ["welcome", "room"]);
});

Deno.test("Chat gives up a connection on which a leave has no answer", () => {
  using time = new ChatTime();
  const { chat } = start();
  FakeSocket.last.open();
  chat.leave("lobby");
  time.tick(15_000);
  assertEquals(chat.state, "offline");
  chat.close();
});

Deno.test("Chat asks for a sign of life when the network is back or the page is looked at", () => {
  using time = new ChatTime();
  const { chat } = start();
  const wake = () => dispatchEvent(new Event("online"));
  wake();
  FakeSocket.last.open({ alive: 25, rate: 10, burst: 30 });
  time.tick(10);
  wake();
  // Nobody is told of a second join.
  assertEquals(FakeSocket.last.sent(), [{ type: "join", room: "lobby" }]);
  FakeSocket.last.enter("lobby");
  time.tick(10_000);
  assertEquals(chat.state, "online");
  wake();
  time.tick(4_999);
  assertEquals([chat.state, FakeSocket.last.sent().length], ["online", 1]);
  time.tick(1);
  assertEquals([chat.state, chat.ending!.reason], ["offline", "the server does not answer"]);
  time.tick(500);
  // Where it can ask for nothing, it waits.
  FakeSocket.last.open({ rate: 10, burst: 30 });
  for (let n = 0; n < 21; n++) chat.send(`${n}`).catch(() => {});
  FakeSocket.last.sent();
  wake();
  assertEquals(FakeSocket.last.sent(), []);
  chat.close();
});

Deno.test("Chat asks for a sign of life in no room too, and leaves no room for it", () => {
  using time = new ChatTime();
  const { chat, told } = start();
  FakeSocket.last.open({ alive: 25, rate: 10, burst: 30 });
  chat.leave("lobby");
  // While it leaves, the answer to that is a sign of life.
  FakeSocket.last.sent();
  dispatchEvent(new Event("online"));
  assertEquals(FakeSocket.last.sent(), []);
  FakeSocket.last.left("lobby", 1);
  dispatchEvent(new Event("online"));
  assertEquals(FakeSocket.last.sent(), [{ type: "leave", room: "lobby" }]);
  FakeSocket.last.fail("not_in_room", { room: "lobby" });
  time.tick(10_000);
  assertEquals([chat.state, told.filter((text) => text.includes("not_in_room"))], ["online", []]);
  // While it enters one, too.
  chat.join("lobby");
  FakeSocket.last.sent();
  dispatchEvent(new Event("online"));
  assertEquals(FakeSocket.last.sent(), []);
  FakeSocket.last.enter("lobby");
  chat.leave("lobby");
  FakeSocket.last.left("lobby", 2);
  time.tick(10);
  dispatchEvent(new Event("online"));
  time.tick(5_000);
  assertEquals(chat.state, "offline");
  chat.close();
});

Deno.test("Chat hears nothing of a connection that it gave up", () => {
  using time = new ChatTime();
  const { chat, told } = start();
  const late = FakeSocket.last;
  time.tick(15_000);
  time.tick(500);
  const [, current] = FakeSocket.all;
  assert(current && current !== late);
  current.open();
  told.length = 0;
  // It opens after all, in another protocol, and brings something.
  late.protocol = "";
  late.dispatchEvent(new Event("open"));
  late.say({ type: "chat", id: id(1), username: "bob", content: "too late", room: "lobby" });
  assertEquals([chat.state, chat.place("lobby") === id(1), told], ["online", false, []]);
  chat.close();
});

Deno.test("Chat reconnects to a server that does not speak chat.v1", () => {
  using _time = new ChatTime();
  const { chat } = start();
  FakeSocket.last.protocol = "";
  FakeSocket.last.dispatchEvent(new Event("open"));
  assertEquals(chat.ending, { code: 1002, reason: "the server does not speak chat.v1" });
  assertEquals(chat.state, "offline");
  chat.close();
});

Deno.test("Chat rejects the longest message under way when a frame was too long", async () => {
  using time = new ChatTime();
  const { chat } = start();
  FakeSocket.last.open();
  const [short, long] = [chat.send("short"), chat.send("long ".repeat(100))];
  FakeSocket.last.cut(1009, "a frame may have 500 bytes");
  await refused(long, "too_long");
  time.tick(500);
  const [again] = FakeSocket.last.open().sent();
  FakeSocket.last.echo(again!, id(1));
  assertEquals((await soon(short)).content, "short");
  chat.close();
});

Deno.test("Chat passes over what it does not know", () => {
  const { chat, told } = start();
  FakeSocket.last.open()
    .raw(new ArrayBuffer(8))
    .raw('{"type":"chat"\n\nnull\n[]\n7\n"chat"\n{"type":5}\n{"type":"toString"}\n{"type":"chat"}')
    .say({ type: "reaction", emoji: "👍" }, { type: "join", id: id(1), content: "bob joined" })
    .say({ type: "join", id: id(1), room: "lobby", content: "bob joined" })
    .chat(id(2), "elsewhere", { room: "not-mine" });
  assertEquals(told, ["online", "bob joined"]);
  chat.close();
});

Deno.test("Chat.leave() forgets a room, and all of them", () => {
  using time = new ChatTime();
  const { chat, told } = start();
  FakeSocket.last.open();
  chat.join("deno");
  chat.leave("lobby");
  assertEquals(FakeSocket.last.sent(), [
    { type: "join", room: "deno" },
    { type: "leave", room: "lobby" },
  ]);
  chat.join("offline");
  chat.leave("offline");
  FakeSocket.last.sent();
  FakeSocket.last.chat(id(1), "unheard");
  assertEquals(chat.rooms, new Set(["deno"]));
  FakeSocket.last.cut();
  time.tick(500);
  assertEquals(FakeSocket.last.url.searchParams.get("room"), "deno");
  FakeSocket.last.open();
  chat.leave("deno");
  FakeSocket.last.cut();
  time.tick(1_000);
  FakeSocket.last.open();
  assertEquals(FakeSocket.last.sent(), [{ type: "leave", room: "lobby" }]);
  assertEquals(told.includes("unheard"), false);
  FakeSocket.last.cut();
  chat.join("deno");
  time.tick(2_000);
  assertEquals(FakeSocket.last.url.searchParams.get("room"), "deno");
  assertEquals(FakeSocket.last.open().sent(), []);
  chat.close();
});

Deno.test("Chat.leave() hears nothing of the room any more, whenever it is entered again", () => {
  using time = new ChatTime();
  const { chat, told } = start();
  FakeSocket.last.open();
  chat.join("den");
  FakeSocket.last.enter("den").chat(id(1), "one", { room: "den" });
  chat.leave("den");
  chat.join("den", { since: id(1) });
  chat.leave("den");
  chat.leave("never-entered");
  chat.join("den", { since: id(3) });
  assertEquals(FakeSocket.last.sent(), [
    { type: "join", room: "den" },
    { type: "leave", room: "den" },
  ]);
  // Of the stay before: also that something was lost.
  FakeSocket.last.enter("den", { since: id(1), resumed: false, at: id(4) })
    .fail("gap", { room: "den" })
    .chat(id(5), "five", { room: "den", username: "ann" })
    .left("den", 6, "bob");
  assertEquals(FakeSocket.last.sent(), []);
  FakeSocket.last.left("den", 7);
  assertEquals(FakeSocket.last.sent(), [{ type: "join", room: "den", since: id(3) }]);
  FakeSocket.last.enter("den", { since: id(3), head: id(5) })
    .chat(id(4), "four", { room: "den" }).chat(id(5), "five", { room: "den" });
  assertEquals(told, ["online", "one", "four", "five", "recovered den true"]);
  // The answer to a leave that was asked for once too often.
  chat.leave("den");
  FakeSocket.last.fail("not_in_room", { room: "den" });
  chat.join("den");
  FakeSocket.last.fail("not_in_room", { room: "den" });
  assertEquals(FakeSocket.last.sent().at(-1), { type: "join", room: "den" });
  assertEquals(chat.rooms, new Set(["lobby", "den"]));
  assertEquals(told.length, 5);
  time.tick(0);
  chat.close();
});

Deno.test("Chat.leave() is told to the server where the room may have been entered all the same", () => {
  using time = new ChatTime();
  const { chat, told } = start();
  FakeSocket.last.open({ rate: 10, burst: 30 });
  chat.join("den");
  FakeSocket.last.sent();
  // It may be the join that was refused, or else a sign of writing.
  FakeSocket.last.fail("rate_limited", { retryAfter: 300 });
  chat.leave("den");
  chat.join("den", { since: id(1) });
  FakeSocket.last.enter("den", { at: id(9) });
  time.tick(1_000);
  assertEquals(FakeSocket.last.sent(), [{ type: "leave", room: "den" }]);
  FakeSocket.last.left("den", 10);
  assertEquals(FakeSocket.last.sent(), [{ type: "join", room: "den", since: id(1) }]);
  assertEquals([told, chat.place("den")], [["online"], id(1)]);
  chat.close();
});

Deno.test("Chat.leave() of the room it connects with is told to the server once it is in", () => {
  const { chat, told } = start();
  chat.leave("lobby");
  chat.join("lobby", { since: id(1) });
  FakeSocket.last.open().chat(id(2), "of the stay before");
  assertEquals(FakeSocket.last.sent(), [{ type: "leave", room: "lobby" }]);
  FakeSocket.last.left("lobby", 3);
  assertEquals(FakeSocket.last.sent(), [{ type: "join", room: "lobby", since: id(1) }]);
  FakeSocket.last.enter("lobby", { since: id(1), head: id(2) }).chat(id(2), "two");
  assertEquals(told, ["online", "two", "recovered lobby true"]);
  chat.close();
});

Deno.test("Chat.join() is told when it is refused, and not repeated", () => {
  using time = new ChatTime();
  const { chat, told } = start();
  chat.join("full", { since: id(1) });
  chat.join("full");
  FakeSocket.last.open();
  chat.send("waits for what was missed").catch(() => {});
  assertEquals(FakeSocket.last.sent(), [{ type: "join", room: "full", since: id(1) }]);
  FakeSocket.last.fail("too_many_rooms", { room: "full" });
  assertEquals(FakeSocket.last.sent().length, 1);
  assertEquals(told, ["online", "error too_many_rooms"]);
  FakeSocket.last.cut();
  time.tick(500);
  assertEquals(FakeSocket.last.open().sent().map(({ type }) => type), ["chat"]);
  assertEquals(chat.rooms, new Set(["lobby"]));
  chat.close();
  chat.join("late");
  assertEquals(chat.rooms, new Set(["lobby"]));
});

Deno.test("Chat.typing() is told at most every 3 s, and not while offline", () => {
  using time = new ChatTime();
  const { chat } = start();
  chat.typing();
  FakeSocket.last.open();
  chat.typing();
  chat.typing();
  chat.typing({ to: "bob" });
  assertEquals(FakeSocket.last.sent(), [
    { type: "typing", room: "lobby" },
    { type: "typing", to: "bob" },
  ]);
  time.tick(2_999);
  chat.typing({ to: "bob" });
  time.tick(1);
  chat.typing({ to: "bob" });
  assertEquals(FakeSocket.last.sent(), [{ type: "typing", to: "bob" }]);
  chat.join("den");
  chat.typing({ room: "den" });
  assertEquals(FakeSocket.last.sent(), [{ type: "join", room: "den" }]);
  FakeSocket.last.enter("den");
  chat.typing({ room: "Den" });
  assertEquals(FakeSocket.last.sent(), [{ type: "typing", room: "den" }]);
  FakeSocket.last.cut();
  chat.typing({ to: "eve" });
  chat.close();
});

Deno.test("Chat[Symbol.asyncIterator]() gives every loop every message, until it is closed", async () => {
  const { chat } = start();
  const [first, second] = [chat[Symbol.asyncIterator](), Array.fromAsync(chat)];
  FakeSocket.last.open().chat(id(1), "one").chat(id(1), "one");
  assertEquals((await first.next()).value!.type, "welcome");
  assertEquals(await first.return(), { done: true, value: undefined });
  FakeSocket.last.say({ type: "typing", room: "lobby", username: "bob" });
  chat.close();
  const types = (await soon(second)).map(({ type }) => type);
  assertEquals(types, ["welcome", "room", "chat", "typing"]);
  assertEquals(await soon(Array.fromAsync(chat)), []);
});

Deno.test("Chat[Symbol.asyncIterator]() waits for what comes later", async () => {
  const { chat } = start();
  const loop = chat[Symbol.asyncIterator]();
  const types: unknown[] = [];
  for (const say of [() => FakeSocket.last.open(), () => {}, () => chat.close()]) {
    const next = soon(loop.next());
    await new Promise((resolve) => setTimeout(resolve, 0));
    say();
    types.push((await next).value?.type);
  }
  assertEquals(types, ["welcome", "room", undefined]);
  assertEquals(await soon(loop.next()), { done: true, value: undefined });
});

Deno.test("Chat[Symbol.asyncIterator]() keeps nothing for a loop that is over, or was never begun", async () => {
  const { chat } = start();
  FakeSocket.last.open();
  const kept: WeakRef<object>[] = [];
  chat.addEventListener("message", (event) => {
    kept.push(new WeakRef((event as CustomEvent<object>).detail));
  });
  const [unbegun, left] = [chat[Symbol.asyncIterator](), chat[Symbol.asyncIterator]()];
  const next = left.next();
  FakeSocket.last.chat(id(1), "one");
  assertEquals((await next).value!.type, "chat");
  for (const loop of [unbegun, left]) {
    assertEquals(await loop.return(), { done: true, value: undefined });
  }
  kept.length = 0;
  FakeSocket.last.chat(id(2), "two");
  // A reference lives as long as the turn in which it was made.
  await new Promise((resolve) => setTimeout(resolve, 0));
  collect();
  assertEquals(kept.map((message) => message.deref()), [undefined]);
  assertEquals([await unbegun.next(), await left.next()].map(({ done }) => done), [true, true]);
  chat.close();
});

Deno.test("Chat[Symbol.asyncIterator]() tells a loop that is too slow of the gap", async () => {
  const { chat } = start();
  const readings: ReturnType<typeof Array.fromAsync<Message>>[] = [];
  FakeSocket.last.open();
  for (let n = 0; n <= 10_000; n++) {
    if (n < 2) readings.push(Array.fromAsync(chat));
    FakeSocket.last.chat(id(n + 1), `${n}`);
  }
  chat.close();
  const [slow, last] = await soon(Promise.all(readings));
  const numbers = (messages: Message[]) =>
    messages.map((message) => message.type === "chat" && Number(message.content));
  // One has kept as many as it may, the other one too many.
  assertEquals(numbers(last!), Array.from({ length: 10_000 }, (_, n) => n + 1));
  const [gap, ...after] = slow!;
  assertEquals(gap?.type === "error" && [gap.code, gap.temporary], ["gap", false]);
  assertEquals(numbers(after), Array.from({ length: 5_001 }, (_, n) => n + 5_000));
});

Deno.test("Chat keeps nothing of the connections that have ended", async () => {
  const { chat } = start({ backoff: { min: 0 } });
  const kept: WeakRef<object>[] = [];
  for (let n = 0; n < 3; n++) {
    kept.push(new WeakRef(FakeSocket.last.open().cut()));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  FakeSocket.all.splice(0, kept.length);
  await new Promise((resolve) => setTimeout(resolve, 0));
  collect();
  assertEquals(kept.filter((socket) => socket.deref()), []);
  chat.close();
});

Deno.test("Chat[Symbol.asyncDispose]() waits until the connection has ended, 2 s at most", async () => {
  using time = new ChatTime();
  for (const late of [false, true]) {
    const { chat } = start();
    const socket = FakeSocket.last.open();
    socket.close = () => {};
    let ended = false;
    const disposed = chat[Symbol.asyncDispose]().then(() => ended = true);
    time.tick(1_999);
    await time.runMicrotasks();
    assertEquals([chat.state, ended], ["closed", false]);
    if (late) time.tick(1);
    else socket.cut();
    await disposed;
    assertEquals(time.next(), false);
  }
});

Deno.test("new Chat() throws on what no server takes", () => {
  const WebSocket = FakeSocket.fresh();
  const make = (options: object, url: string | URL = ADDRESS) => () =>
    new Chat(url, { username: "ann", WebSocket, ...options });
  for (const username of ["", " ", "@ann", "#ann", "a\nb", "x".repeat(33)]) {
    assertThrows(make({ username }), RangeError, "username");
  }
  for (const room of ["", "a b", "x".repeat(65)]) assertThrows(make({ room }), RangeError, "room");
  for (const last of [-1, 201, 1.5]) assertThrows(make({ last }), RangeError, "last");
  assertThrows(make({ since: "yesterday" }), RangeError, "since");
  assertThrows(make({ inbox: "yesterday" }), RangeError, "since");
  assertThrows(make({ WebSocket: null }), TypeError, "no WebSocket");
  assertThrows(make({}, "not an address"), TypeError);
  assertEquals(FakeSocket.all.length, 0);
  const options = { username: " Ａnn ", last: 200, inbox: id(1) };
  const chat = make(options, new URL("https://chat.test/ws?token=t"))();
  const query = `token=t&username=Ann&room=lobby&last=200&inbox=${id(1)}`;
  assertEquals(`${FakeSocket.last.url}`, `wss://chat.test/ws?${query}`);
  FakeSocket.last.say({ type: "welcome", username: "ANN", limits: {}, at: id(1) });
  assertEquals(chat.username, "ANN");
  chat.close();
});

Deno.test("Chat listens to errors of its sockets, and to the page until it is closed", () => {
  const [listened, signals]: [string[], AbortSignal[]] = [[], []];
  const page = {
    addEventListener: (_: string, __: () => void, { signal }: { signal: AbortSignal }) => {
      signals.push(signal);
    },
  };
  FakeSocket.fresh();
  class Listening extends FakeSocket {
    override addEventListener(...args: Parameters<EventTarget["addEventListener"]>) {
      listened.push(args[0]);
      super.addEventListener(...args);
    }
  }
  const WebSocket = Listening as unknown as typeof globalThis.WebSocket;
  Object.assign(globalThis, { document: page });
  try {
    const chat = new Chat(ADDRESS, { username: "ann", WebSocket });
    // Some implementations throw those that nobody listens to.
    assert(listened.includes("error"));
    assertEquals(signals.map(({ aborted }) => aborted), [false]);
    chat.close();
    assertEquals(signals.map(({ aborted }) => aborted), [true]);
  } finally {
    Reflect.deleteProperty(globalThis, "document");
  }
});
