/** Names: one rule on both sides, who is the same person, and who looks like another. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { named } from "../hub/access/identity.ts";
import { Feed } from "../hub/log/feed.ts";
import { looksOf } from "../hub/base/looks.ts";
import { Lookalikes } from "../hub/presence/lookalikes.ts";
import { ChatError, parseRoom, parseUsername } from "../messages.ts";
import { Chat } from "../static/chat.js";
import { keyOf } from "../static/names.js";
import { FakeSocket } from "./chat/fake_socket.ts";
import { RawClient } from "./raw.ts";
import { makeHub, plain, serve, timely, until, within } from "./support.ts";
import { TestTime } from "./time.ts";

const ADDRESS = "ws://chat.test/ws";

/** Texts with the code points that cannot be seen written out. */
const shown = (text: string) => JSON.stringify(text).replace(/[^ -~]/gu, escape);

/** A name as the server has it, and as the client library has it; undefined where it is refused. */
function bothSides(read: (given: string) => string, client: (given: string) => string) {
  return (given: string) => {
    const sides = [read, client].map((side) => {
      try {
        return side(given);
      } catch (error) {
        assert(error instanceof ChatError || error instanceof RangeError, String(error));
      }
    });
    assertEquals(sides[1], sides[0], `The two sides differ about ${shown(given)}`);
    return sides[0];
  };
}

const username = bothSides(parseUsername, (username) => {
  const chat = new Chat(ADDRESS, { username, WebSocket: FakeSocket.fresh() });
  chat.close();
  return chat.username;
});

const roomName = bothSides(parseRoom, (room) => {
  const chat = new Chat(ADDRESS, { username: "ann", room, WebSocket: FakeSocket.fresh() });
  chat.close();
  return [...chat.rooms][0]!;
});

/** Do the names of two people look alike? */
function alike(one: string, other: string): boolean {
  assert(keyOf(one) !== keyOf(other), `${one} and ${other} are the same person`);
  const looks = looksOf(one);
  return [...looksOf(other)].some((look) => looks.has(look));
}

Deno.test("a username is taken with what its script needs, spaces and pictures", () => {
  for (
    const name of [
      "علی‌رضا",
      "خامه‌",
      "👩‍🚀",
      "👩🏽‍🚀",
      "🏳️‍🌈",
      "❤️",
      "1️⃣",
      "👨‍👩‍👧‍👦",
      "葛\u{e0100}城",
      "ശ്രീ",
      "അവന്‍",
      "ශ්‍රී",
      "क्‌ष",
      "র‍্যাব",
      "ᠠ᠋",
      "Zoë & Léa!",
      "שָׁלוֹם",
      "เต้ย",
      "x".repeat(32),
      "😀".repeat(32),
    ]
  ) assertEquals(username(name), name, shown(name));
});

Deno.test("a username has one form", () => {
  for (
    const [given, name] of [
      ["  ann ", "ann"],
      ["\ufeffann\u3000", "ann"],
      ["ｂｏｂ", "bob"],
      ["e\u0301ric", "éric"],
      ["ann\u00a0 \u3000lee", "ann lee"],
      ["rock´n´roll", "rock \u0301n \u0301roll"],
      [`${" ".repeat(999)}ann`, "ann"],
      ["가".repeat(32).normalize("NFD"), "가".repeat(32)],
      ["\u{1109a}".repeat(32).normalize("NFD"), "\u{1109a}".repeat(32)],
    ] as const
  ) assertEquals(username(given), name, shown(given));
});

Deno.test("a username of which something cannot be seen is refused", () => {
  for (
    const name of [
      ...["", " ", "\u3164", "\u115f", "\u1160", "\uffa0", "\u2800", "\u200b", "\ufe0f", "\u0301"],
      ...["carl\u200b", "carl\u200c", "carl\u200d", "carl\u3164", "car\u2800l", "carl\ufe0f"],
      ...["ca\u034frl", "ca\u00adrl", "carl\u2060", "ca\ufeffrl", "ca\u180erl", "ca\u17b4rl"],
      ...[
        "\u202eann",
        "ann\u200e",
        "an\u2066n",
        "an\u061cn",
        "a\u{e0061}",
        "a\u{e0100}",
        "a\ufff9",
      ],
      ...["a\u0000b", "a\nb", "a\tb", "a\u0085b", "a\u2028b", "a\u2029b", "\ud800", "a\udc00"],
      ...["\ufffc", "\u{1d159}", "\u{13441}", "a\ue000", "a\u0378", "a\uffff"],
      ...["👩‍", "‍👩", "👩‍‍🚀", "👩‍x", "❤\ufe0f\ufe0f", "葛\u{e0100}\u{e0100}", "1\ufe0f", "क‍", "ا‍ب"],
      ...["a‌ا", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}"],
    ]
  ) assertEquals(username(name), undefined, shown(name));
});

Deno.test("a username that is too long, that begins wrong or belongs to the server is refused", () => {
  for (
    const name of [
      ...["@ann", "＠ann", "﹫ann", "#ann", "\u0301ann", "´ann", "x".repeat(33), "😀".repeat(33)],
      ...["ﷺ".repeat(2), `a${"\u0301".repeat(127)}`, `a${"\u0323\u0301".repeat(16_000)}`],
      ...["a\u0316\u0317\u0318\u0319\u031c", "x".repeat(129), "system", "SYSTEM", "Ｓｙｓｔｅｍ"],
    ]
  ) assertEquals(username(name), undefined, shown(name.slice(0, 40)));
  assertEquals(username("a\u0316\u0317\u0318\u0319"), "a\u0316\u0317\u0318\u0319");
});

Deno.test("a room's name is 1 to 64 of a-z 0-9 . _ -, and no step in a path", () => {
  assertEquals(roomName("Team.A_1-x"), "team.a_1-x");
  assertEquals(roomName("r".repeat(64)), "r".repeat(64));
  assertEquals(roomName("..."), "...");
  for (const bad of ["", ".", "..", "a b", "a/b", "ä", "\u212a", "r".repeat(65), "a\n", " a"]) {
    assertEquals(roomName(bad), undefined, shown(bad));
  }
});

Deno.test("names that differ only in case, or in what cannot be seen, are the same person", () => {
  for (
    const [one, other] of [
      ["Ann", "aNN"],
      ["ΝΊΚΟΣ", "Νίκος"],
      ["ΣΑΣ", "σας"],
      ["Νίκος Α", "ΝΊΚΟΣ α"],
      ["STRASSE", "Straße"],
      ["STRAẞE", "straße"],
      ["İlker", "ilker"],
      ["IŞIK", "ışık"],
      ["ᏣᎳᎩ", "ꮳꮃꭹ"],
      ["علی‌رضا", "علیرضا"],
      ["❤️", "❤"],
    ] as const
  ) {
    assertEquals(keyOf(parseUsername(one)), keyOf(parseUsername(other)), `${one} ${other}`);
  }
  assert(keyOf("José") !== keyOf("Jose"));
  // Marks that an invisible character keeps apart are put in order without it.
  const key = keyOf(parseUsername("\u0915\u094d\u200d\u3099"));
  assertEquals([keyOf(key), key.length], [key, 3]);
});

Deno.test("the client library knows its own echo in whatever case the server writes its name", async () => {
  await using chat = new Chat(ADDRESS, { username: "Νίκος", WebSocket: FakeSocket.fresh() });
  FakeSocket.last.open();
  const sent = chat.send("hi");
  const [frame] = FakeSocket.last.sent();
  FakeSocket.last.echo(frame!, "01J00000000000000000000001", "ΝΊΚΟΣ");
  assertEquals((await within(sent, "the echo")).username, "ΝΊΚΟΣ");
});

Deno.test("names look alike across scripts and cases, and as they are written", () => {
  for (
    const [one, other] of [
      ["ann", "аnn"],
      ["Ann", "ΑΝΝ"],
      ["mike", "ΜΙΚΕ"],
      ["ian", "ΙΑΝ"],
      ["alice", "АLІСЕ"],
      ["sasha", "ѕаѕһа"],
      ["Capa", "Сара"],
      ["carl", "carI"],
      ["Carl", "carI"],
      ["paul", "pau1"],
      ["NOVA", "N0VA"],
      ["b|ue", "blue"],
      ["علی", "علي"],
      ["Οʼbrien", "O'brien"],
      ["ﬁn", "ꬵin"],
      ["éva", "e\u0301vа"],
    ] as const
  ) assert(alike(parseUsername(one), parseUsername(other)), `${one} ${other}`);
});

Deno.test("names that people tell apart do not look alike", () => {
  for (
    const [one, other] of [
      ["Ian", "Lan"],
      ["Mamie", "Marnie"],
      ["Ema", "Erna"],
      ["nova", "n0va"],
      ["Anna", "Анна"],
      ["Nikos", "Νίκος"],
      ["José", "Jose"],
      ["แดน", "แคน"],
      ["עידו", "עידן"],
      ["🍎", "🍏"],
      ["al", "ai"],
    ] as const
  ) assert(!alike(parseUsername(one), parseUsername(other)), `${one} ${other}`);
});

Deno.test("a name is held as long as one connection uses it, whatever its spelling", () => {
  const looks = new Lookalikes();
  const refuses = (name: string) => {
    try {
      looks.check(named(name));
      return false;
    } catch (error) {
      assert(error instanceof ChatError && error.code === "name_taken");
      return true;
    }
  };
  looks.hold(named("Carl"));
  looks.hold(named("CARL"));
  assert(!refuses("carl"));
  assert(refuses("саrl") && refuses("CarI"));
  looks.release(named("Carl"));
  assert(refuses("саrl") && !refuses("CarI"));
  looks.release(named("CARL"));
  assert(!refuses("саrl"));
  assert(refuses("ѕуstem") && refuses("SYSTЕM"));
});

Deno.test("a name is held in the spelling that its person has now", async () => {
  using time = new TestTime();
  await using hub = makeHub();
  const { people } = hub;
  const visit = async (username: string) =>
    people.disconnect((await people.connect(named(username), new Feed(), () => undefined)).member);
  // As it was written first it looks like nobody else.
  await visit("il");
  await visit("IL");
  assertThrows(() => people.check(named("lL")), ChatError, "looks like IL");
  people.check(named("1l"));
  time.tick(600_001);
  people.check(named("lL"));
});

/** The status and the body of the answer to a handshake. */
async function handshake(host: string, username: string) {
  await using client = await RawClient.request(host, `/ws?${new URLSearchParams({ username })}`);
  const answer = new TextDecoder().decode(await within(client.read(), "an answer"));
  return { status: Number(answer.split(" ")[1]), answer };
}

Deno.test(
  "who looks like somebody who is connected is refused, at the door and over HTTP",
  timely,
  async () => {
    await using server = serve();
    using time = new TestTime();
    const url = `http://${server.host}/api/rooms/lobby/messages`;
    const post = async (username: string) => {
      const body = JSON.stringify({ username, content: "hi" });
      const answer = await fetch(url, { method: "POST", body });
      return { status: answer.status, ...await answer.json() };
    };
    {
      await using _ = await plain(server.host, { username: "carl" });
      const { status, answer } = await handshake(server.host, "саrl");
      assertEquals(status, 409);
      assert(answer.includes('"code":"name_taken"') && answer.includes("looks like carl"), answer);
      // How a page learns why: it is not told of a WebSocket that was refused.
      await using chat = new Chat(`ws://${server.host}/ws`, { username: "саrl" });
      await until(() => chat.state === "closed");
      assertMatch(chat.ending!.reason, /looks like carl/);
      const problem = await post("саrl");
      assertEquals([problem.status, problem.code], [409, "name_taken"]);
      assertEquals((await post("Carl")).status, 201);
      // The same person on another device.
      await using _other = await plain(server.host, { username: "CARL" });
    }
    await until(() => server.hub.people.online === 0);
    // Who was cut off finds their name again.
    time.tick(9 * 60_000);
    assertEquals((await post("саrl")).status, 409);
    time.tick(2 * 60_000);
    assertEquals((await post("саrl")).status, 201);
    await using _ = await plain(server.host, { username: "саrl" });
    assertEquals((await handshake(server.host, "carl")).status, 409);
    assertEquals((await handshake(server.host, "SYSТEM")).status, 409);
    assertEquals((await handshake(server.host, "system")).status, 400);
    assertEquals(server.hub.counts.rejected.get("name_taken"), 7);
  },
);

Deno.test("of two who look alike and come at the same time, one is let in", timely, async () => {
  await using server = serve();
  const path = (username: string) => `/ws?${new URLSearchParams({ username })}`;
  await using one = await RawClient.request(server.host, path("carl"));
  await using other = await RawClient.request(server.host, path("саrl"));
  const answers = await Promise.all([one, other].map((each) => within(each.read(), "an answer")));
  const statuses = answers.map((answer) => new TextDecoder().decode(answer).split(" ")[1]);
  assertEquals(statuses.toSorted(), ["101", "409"]);
});
