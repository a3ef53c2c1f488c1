/** What is kept, as lines and back. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ulid } from "@std/ulid";
import type { Channel } from "../hub/engine/engine.ts";
import { type Row, Store } from "../hub/engine/sqlite/store.ts";
import { exported, type ExportOptions } from "../main/export.ts";
import { Intake, IntakeError } from "../main/intake.ts";
import { linesOf } from "../main/lines.ts";
import { type Chat, encode, LIMITS } from "../messages.ts";
import { granted, timeout } from "./support.ts";

const files = { ignore: !granted("read", "write"), timeout };

/** A directory that is gone in the end. */
function temporary() {
  const path = Deno.makeTempDirSync();
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

/** When the first message was said. */
const BEGAN = Date.UTC(2024, 10, 25);

/** The n-th message, said a second after the one before. */
function message(n: number, more: Partial<Chat> = {}): Chat {
  const time = BEGAN + n * 1_000;
  const id = ulid(time).slice(0, 10) + "0123456789ABCDEF";
  const timestamp = new Date(time).toISOString();
  const room = more.to === undefined ? "lobby" : undefined;
  const said = { username: "ann", name: undefined, content: `${n}` };
  return { type: "chat", ...said, id, timestamp, room, ...more };
}

/** A message as it is kept: a private one twice. */
function rows(chat: Chat): Row[] {
  const { id, room, to, username } = chat;
  const channels: Channel[] = to === undefined ? [`#${room!}`] : [`@${to}`, `@${username}`];
  return [...new Set(channels)].map((channel) => ({ channel, id, text: encode(chat) }));
}

const textOf = (chats: Chat[]) => chats.map((chat) => `${encode(chat)}\n`).join("");

async function* piecesOf(text: string | Uint8Array, size = 1_000) {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Takes lines into a directory. */
async function take(directory: string, text: string | Uint8Array) {
  using store = Store.open(directory);
  const intake = new Intake(store);
  await intake.take(linesOf(piecesOf(text), LIMITS.frame));
  return [intake.added, intake.known];
}

/** What a directory holds. */
function contentOf(directory: string, options: ExportOptions = { private: true }): string {
  using store = Store.open(directory, { readonly: true });
  return [...exported(store, options)].map((line) => `${line}\n`).join("");
}

const CHATS = [
  message(1),
  message(2, { username: "bob", name: "Bob B.", room: "kitchen", ref: "b1" }),
  message(3, { to: "bob", content: "Just between us\n\u2028👩‍🚀" }),
  message(4, { username: "bob", to: "bob" }),
  message(5, { username: "bob", to: "ann", ref: "b2" }),
  message(6),
];

Deno.test(
  "what is exported and taken in elsewhere is the same, and the second time nothing",
  files,
  async () => {
    using here = temporary();
    using there = temporary();
    {
      using store = Store.open(here.path);
      for (const chat of CHATS) store.write(rows(chat), BEGAN + 10_000);
      // While another process may write.
      assertEquals(contentOf(here.path), textOf(CHATS));
    }
    const all = contentOf(here.path);
    assertEquals(contentOf(here.path, {}), textOf(CHATS.filter(({ room }) => room)));
    assertEquals(contentOf(here.path, { room: "kitchen" }), textOf([CHATS[1]!]));
    assertEquals(contentOf(here.path, { room: "attic" }), "");
    assertEquals(await take(there.path, all), [6, 0]);
    assertEquals(contentOf(there.path), all);
    assertEquals(await take(there.path, all), [0, 6]);
    assertEquals(contentOf(there.path), all);
    // And what was said since.
    assertEquals(await take(there.path, all + textOf([message(7), message(8, { to: "bob" })])), [
      2,
      6,
    ]);
    using one = Store.open(here.path);
    using two = Store.open(there.path);
    for (const channel of ["#lobby", "#kitchen", "@ann", "@bob"] as const) {
      const ids = (store: Store) => store.page(channel, { limit: 100 }, CHATS.at(-1)!.id).rows;
      assertEquals(ids(two), ids(one));
    }
    assert(one.random !== two.random);
    // No id is given out again that was taken in.
    assert(two.newest > message(8).id);
  },
);

Deno.test("what a server would have changed is changed", files, async () => {
  using directory = temporary();
  const said = message(1, { username: "Ann", content: "hi" });
  // It may have got an id that is ahead of the clock, which was set back.
  const id = message(2).id.toLowerCase();
  const given = { ...said, id, username: " Ａｎｎ ", content: " hi ", room: "LOBBY", ref: null };
  assertEquals(await take(directory.path, `\uFEFF${JSON.stringify(given)}\r\n\n`), [1, 0]);
  assertEquals(contentOf(directory.path), textOf([{ ...said, id: message(2).id }]));
  // Who somebody is does not depend on how they are spelled.
  await take(directory.path, textOf([message(3, { to: "BOB", username: "Ann" })]));
  using store = Store.open(directory.path);
  const newest = message(3).id;
  assertEquals([store.past("@bob").newest, store.past("@ann").newest], [newest, newest]);
});

Deno.test(
  "a line that could not have been said ends it; what is before it is in",
  files,
  async () => {
    using directory = temporary();
    const good = textOf([message(1)]);
    const wrong = (more: Record<string, unknown>) => JSON.stringify({ ...message(2), ...more });
    const ahead = message((Date.now() - BEGAN) / 1_000 + 101 * 366 * 24 * 60 * 60);
    for (
      const [line, wanted] of [
        ["{", /It is no JSON\./],
        ["[]", /no JSON object/],
        [JSON.stringify({ type: "join" }), /"type" must be "chat"/],
        [wrong({ file: "a.png" }), /"file" is no field of a message/],
        [wrong({ username: "@ann" }), /Cannot use this username/],
        [wrong({ username: undefined }), /Cannot use this username/],
        [wrong({ username: 7 }), /"username" must be/],
        [wrong({ content: " " }), /empty/],
        [wrong({ content: "x".repeat(4_001) }), /over 4000 characters/],
        [wrong({ content: "x".repeat(70_000) }), /over 65536 bytes/],
        [wrong({ content: 7 }), /"content" must be a string/],
        [wrong({ room: ".." }), /Cannot use this room name/],
        [wrong({ room: undefined }), /"room" or else "to" must say where/],
        [wrong({ room: null, to: null }), /"room" or else "to" must say where/],
        [wrong({ to: "bob" }), /"room" or else "to" must say where/],
        [wrong({ room: undefined, to: "system" }), /Cannot use this username/],
        [wrong({ ref: "x".repeat(65) }), /"ref" must be/],
        [wrong({ id: "7" }), /"id"/],
        [wrong({ id: undefined }), /"id"/],
        [wrong({ timestamp: undefined }), /"timestamp" must be a time such as/],
        [wrong({ timestamp: "yesterday" }), /"timestamp" must be a time/],
        [wrong({ timestamp: "2024-11-25T00:00:02Z" }), /"timestamp" must be a time/],
        [
          wrong({ timestamp: message(3).timestamp }),
          /"timestamp" is after the time that is in "id"/,
        ],
        [encode(ahead), /"id" is more than a hundred years ahead/],
        [encode(message(0)), /#lobby has newer ones already, but not this one/],
        [encode(message(1, { content: "other" })), /#lobby has another message with this id/],
      ] as const
    ) {
      const text = `${good}\n${line}\n${encode(message(9))}\n`;
      const { message: why } = await assertRejects(() => take(directory.path, text), IntakeError);
      assertMatch(why, wanted);
      assertMatch(why, /^Cannot import line 3\. [^\n]+\. What is before it is in: mend it/);
      assertEquals(contentOf(directory.path), good);
    }
    const bytes = new Uint8Array([...new TextEncoder().encode(good), 0xff, 10]);
    const { message: why } = await assertRejects(() => take(directory.path, bytes), IntakeError);
    assertMatch(why, /^Cannot import line 2\. It is no UTF-8\./);
  },
);

Deno.test("what was let go is not taken in again", files, async () => {
  using directory = temporary();
  const chats = [message(1), message(2), message(3)];
  assertEquals(await take(directory.path, textOf(chats)), [3, 0]);
  {
    const milliseconds = Date.now() - BEGAN - 2_500;
    using store = Store.open(directory.path, { keep: { milliseconds } });
    while (store.tidy(1_000));
  }
  assertEquals(await take(directory.path, textOf([...chats, message(4)])), [1, 3]);
  assertEquals(contentOf(directory.path), textOf([message(3), message(4)]));
});

Deno.test(
  "many messages are taken in in many steps, none of which is forgotten",
  files,
  async () => {
    using directory = temporary();
    const chats = Array.from({ length: 2_500 }, (_, n) => message(n, { room: `r${n % 7}` }));
    // One that is there before it was written.
    const text = textOf([...chats.slice(0, 1_500), ...chats.slice(1_400)]);
    assertEquals(await take(directory.path, text), [2_500, 100]);
    assertEquals(contentOf(directory.path), textOf(chats));
  },
);

Deno.test("linesOf() finds lines wherever pieces end, and stops at one that is too long", async () => {
  const lines = async (text: string, size: number, most = 100) => {
    const found = await Array.fromAsync(linesOf(piecesOf(text, size), most));
    return found.map((line) => new TextDecoder().decode(line));
  };
  for (const size of [1, 2, 3, 5, 100]) {
    assertEquals(await lines("één\n\nzwei\r\n👩‍🚀", size), ["één", "", "zwei\r", "👩‍🚀"]);
    assertEquals(await lines("a\n", size), ["a", ""]);
    assertEquals(await lines("", size), [""]);
  }
  assertEquals(await lines(`a\n${"x".repeat(50)}\nb`, 10, 20), ["a", "x".repeat(28)]);
  assertEquals(await lines(`${"x".repeat(20)}\nb`, 10, 20), ["x".repeat(20), "b"]);
});
