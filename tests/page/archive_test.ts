import { assertEquals, assertNotEquals } from "@std/assert";
import type { ChatMessage } from "../../static/chat.js";
import { jump } from "../../static/page/dialogs/jump.js";
import { Archive } from "../../static/page/model/archive.js";
import { Conversation } from "../../static/page/model/conversation.js";
import { toLine } from "../../static/page/model/lines.js";
import { mend } from "../../static/page/model/mend.js";
import type { Session } from "../../static/page/model/session.js";

const id = (n: number) => `01${String(n).padStart(24, "0")}`;

const said = (n: number): ChatMessage => ({
  type: "chat",
  id: id(n),
  username: "Bob",
  content: `${n}`,
  timestamp: new Date(n).toISOString(),
  room: "lobby",
});

/** Numbers from one to another. */
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** A server that holds some messages of those that were said. */
class Server implements Disposable {
  asked = 0;
  /** Messages of an answer at most, as where they are long. */
  most = Infinity;
  /** Called when an answer is on its way. */
  late = () => {};
  #fetch = globalThis.fetch;
  /** @param from the first one that was said */
  constructor(public held: number[], from: number) {
    globalThis.fetch = (address) => {
      this.asked++;
      const query = new URL(`${address}`).searchParams;
      for (const [name, value] of query) assertNotEquals(value, "", `${name} is no id`);
      if (query.get("since") === "") return Promise.resolve(new Response(null, { status: 400 }));
      const [since, before] = [query.get("since") ?? "", query.get("before") ?? "~"];
      const limit = Math.min(Number(query.get("limit")), this.most);
      const among = this.held.filter((n) => id(n) > since && id(n) < before);
      const page = since ? among.slice(0, limit) : among.slice(-limit);
      const whole = id((this.held[0] ?? Infinity) - 1) <= (since || id(from - 1));
      const complete = whole && page.length === among.length;
      const answer = Response.json({ messages: page.map(said), complete });
      this.late();
      return Promise.resolve(answer);
    };
  }
  [Symbol.dispose]() {
    globalThis.fetch = this.#fetch;
  }
}

/** A room of which some lines are held, and more are known to be. */
function room(held: number[], newest: number) {
  const conversation = new Conversation("room", "lobby");
  conversation.fetch(held.map((n) => toLine(said(n))));
  conversation.hear(toLine(said(newest)));
  conversation.held.trim(id(held[0]!), held.length);
  return conversation;
}

const texts = ({ lines }: Conversation) =>
  lines.map(({ kind, content }) => kind === "gap" ? "gap" : Number(content));

Deno.test("Archive fetches what comes next, a page at a time, and says nothing is missing", async () => {
  using server = new Server(range(1, 200), 1);
  const archive = new Archive(() => {});
  const lobby = room(range(1, 100), 200);
  for (const reached of [149, 198, 200]) {
    await archive.later(lobby);
    assertEquals(texts(lobby), range(1, reached));
  }
  assertEquals(lobby.held.atEnd, true);
  await archive.later(lobby);
  assertEquals(server.asked, 3);
});

Deno.test("Archive says where something that came is not kept any more", async () => {
  using _server = new Server(range(131, 300), 1);
  const archive = new Archive(() => {});
  const lobby = room(range(1, 100), 300);
  await archive.later(lobby);
  assertEquals(texts(lobby), [...range(1, 100), "gap", ...range(131, 180)]);
  await archive.later(lobby);
  assertEquals(texts(lobby).filter((text) => text === "gap").length, 1);

  // It is said already.
  const torn = room(range(1, 100), 300);
  torn.note("gap", "Some are lost");
  await archive.later(torn);
  assertEquals(texts(torn), [...range(1, 100), "gap", ...range(131, 180)]);
});

Deno.test("Archive does not say so where only what is held itself is not kept", async () => {
  using _server = new Server(range(101, 300), 1);
  const archive = new Archive(() => {});
  for (const held of [range(1, 100), [100]]) {
    const lobby = room(held, 300);
    await archive.later(lobby);
    assertEquals(texts(lobby), [...held, ...range(101, 150)]);
  }
});

Deno.test("Archive gives up the end of what nobody keeps", async () => {
  using _server = new Server([], 301);
  const archive = new Archive(() => {});
  const lobby = room(range(1, 100), 300);
  await archive.later(lobby);
  assertEquals([...texts(lobby).slice(-2), lobby.held.atEnd], [100, "gap", true]);
});

Deno.test("Archive reaches the end, also where more is said meanwhile", async () => {
  using server = new Server(range(1, 200), 1);
  const archive = new Archive(() => {});
  const lobby = room(range(1, 100), 200);
  let next = 201;
  server.late = () => {
    if (next > 203) return;
    server.held.push(next);
    lobby.hear(toLine(said(next++)));
  };
  await archive.newest(lobby);
  assertEquals(texts(lobby), range(151, 203));
  assertEquals(lobby.held.atEnd, true);
});

Deno.test("Archive reaches the end also while something else is being fetched", async () => {
  using _server = new Server(range(1, 300), 1);
  const archive = new Archive(() => {});
  const lobby = room(range(101, 150), 300);
  await Promise.all([archive.earlier(lobby), archive.newest(lobby)]);
  assertEquals(texts(lobby), range(251, 300));
});

Deno.test("Archive lets nothing go for the newest where nothing is kept", async () => {
  using _server = new Server([], 301);
  const lobby = room(range(1, 100), 300);
  await new Archive(() => {}).newest(lobby);
  assertEquals(texts(lobby), [...range(1, 100), "gap"]);
  assertEquals([lobby.held.atEnd, lobby.trouble], [true, ""]);
  lobby.hear(toLine(said(301)));
  assertEquals(texts(lobby).at(-1), 301);
});

Deno.test("Archive fetches what comes after those who came, where nothing is held that was said", async () => {
  using _server = new Server(range(1, 60), 1);
  const archive = new Archive(() => {});
  const lobby = new Conversation("room", "lobby");
  lobby.fetch([toLine(said(60))]);
  lobby.held.clear();
  assertEquals(lobby.hear(toLine(said(61))), true);
  lobby.held.note({ ...toLine(said(20)), kind: "presence" });
  await archive.later(lobby);
  assertEquals(texts(lobby), range(20, 60));
  lobby.held.clear();
  await archive.later(lobby);
  assertEquals(texts(lobby), range(11, 60));
});

Deno.test("Archive tells what is wrong once, and does not insist", async () => {
  using server = new Server(range(1, 200), 1);
  server.late = () => {
    throw new TypeError("Failed to fetch");
  };
  const lobby = room(range(1, 100), 200);
  await new Archive(() => {}).newest(lobby);
  assertEquals([server.asked, texts(lobby).length, lobby.trouble === ""], [1, 100, false]);
});

Deno.test("Archive takes nothing that does not fit any more when it comes", async () => {
  using server = new Server(range(1, 2_000), 1);
  const archive = new Archive(() => {});
  const start = new Conversation("room", "lobby");
  start.fetch(range(101, 150).map((n) => toLine(said(n))));
  // More is said than is held, so that the first lines go.
  server.late = () => {
    for (const n of range(151, 1_150)) start.hear(toLine(said(n)));
  };
  await archive.earlier(start);
  assertEquals([texts(start), start.held.start], [range(151, 1_150), "unknown"]);
  server.late = () => {};
  await archive.earlier(start);
  assertEquals(texts(start)[0], 151, "the reader is at the end, and so many are held");

  const end = room(range(1, 980), 2_000);
  end.reading = { order: id(5), bottom: 0 };
  server.late = () => {
    end.fetch(range(981, 1_050).map((n) => toLine(said(n))));
    server.late = () => {};
  };
  await archive.later(end);
  assertEquals(texts(end), range(1, 1_000));
  end.reading = { order: id(999), bottom: 0 };
  await archive.later(end);
  assertEquals(texts(end), range(50, 1_049));

  const anew = new Conversation("room", "lobby");
  anew.fetch([toLine(said(100))]);
  server.late = () => anew.held.clear();
  await archive.earlier(anew);
  assertEquals(texts(anew), []);
  server.late = () => {};
  await archive.earlier(anew);
  assertEquals(texts(anew), range(1_951, 2_000));
});

Deno.test("Archive says what was before the first line, once it is known", async () => {
  using server = new Server(range(11, 100), 11);
  let changes = 0;
  const archive = new Archive(() => changes++);
  const lobby = new Conversation("room", "lobby");
  lobby.trouble = "Cannot read it";
  lobby.fetch([toLine(said(100))]);
  await Promise.all([archive.earlier(lobby), archive.earlier(lobby)]);
  assertEquals([texts(lobby)[0], lobby.held.start, lobby.trouble, changes], [50, "unknown", "", 1]);
  await archive.earlier(lobby);
  assertEquals([texts(lobby)[0], lobby.held.start], [11, "nothing"]);
  await archive.earlier(lobby);
  await archive.earlier(new Conversation("person", "Bob"));
  assertEquals(server.asked, 2);
  const late = new Conversation("room", "lobby");
  server.held = range(91, 100);
  late.fetch([toLine(said(100))]);
  await archive.earlier(late);
  assertEquals([texts(late), late.held.start], [range(91, 100), "lost"]);
});

Deno.test("Archive goes on where a page is short only because its messages are long", async () => {
  using server = new Server(range(11, 300), 1);
  server.most = 20;
  const archive = new Archive(() => {});
  const lobby = room(range(150, 160), 300);
  for (const first of [130, 110, 90, 70, 50, 30]) {
    await archive.earlier(lobby);
    assertEquals([texts(lobby)[0], lobby.held.start], [first, "unknown"]);
  }
  await archive.earlier(lobby);
  assertEquals([texts(lobby)[0], lobby.held.start], [11, "lost"]);
  while (!lobby.held.atEnd) await archive.later(lobby);
  assertEquals(texts(lobby), range(11, 300));
});

Deno.test("Archive asks again for what comes next, where what came is not kept any more", async () => {
  using server = new Server(range(131, 140), 1);
  const archive = new Archive(() => {});
  const lobby = room(range(1, 100), 300);
  await archive.later(lobby);
  assertEquals([texts(lobby).slice(-11), lobby.held.atEnd], [["gap", ...range(131, 140)], false]);
  await archive.later(lobby);
  assertEquals([lobby.held.atEnd, server.asked], [true, 3]);
});

/** Somebody who looks at a room, and goes to a message. */
function reader(lobby: Conversation) {
  let looks = 0;
  const archive = new Archive(() => {});
  const open = (...opened: string[]) => assertEquals(opened, ["room", "lobby"]);
  const session = { open, current: lobby, archive, look: () => looks++ } as unknown as Session;
  return {
    archive,
    go: async (n: number) => {
      await jump(session, { conversation: lobby, line: toLine(said(n)) });
      return [lobby.wanted, looks];
    },
  };
}

Deno.test("page: a message that is found is shown among what was said around it", async () => {
  using server = new Server(range(1, 2_000), 1);
  const lobby = room(range(1_950, 1_999), 2_000);
  const { archive, go } = reader(lobby);
  // What is held needs nobody.
  assertEquals([...await go(1_999), server.asked], [id(1_999), 1, 0]);
  assertEquals(await go(1_000), [id(1_000), 2]);
  assertEquals(texts(lobby), range(950, 1_050));
  assertEquals([lobby.held.start, lobby.held.atEnd], ["unknown", false]);
  await archive.earlier(lobby);
  await archive.later(lobby);
  assertEquals([texts(lobby)[0], texts(lobby).at(-1)], [900, 1_099]);
  // Also while something else is being fetched.
  const earlier = archive.earlier(lobby);
  assertEquals(await go(10), [id(10), 3]);
  await earlier;
  assertEquals([texts(lobby), lobby.held.start], [range(1, 60), "nothing"]);
  await archive.newest(lobby);
  assertEquals([texts(lobby), lobby.held.atEnd], [range(1_951, 2_000), true]);
  server.held = range(500, 2_000);
  assertEquals(await go(510), [id(510), 4]);
  assertEquals([texts(lobby)[0], lobby.held.start], [500, "lost"]);
});

Deno.test("page: where a message that is found cannot be fetched, it is said why, and all stays", async () => {
  using server = new Server(range(1, 200), 1);
  const lobby = room(range(101, 199), 200);
  const { go } = reader(lobby);
  server.late = () => {
    throw new TypeError("Failed to fetch");
  };
  assertEquals(await go(50), [undefined, 1]);
  const [first, ...rest] = lobby.lines.toReversed();
  assertEquals([first?.kind, rest.length], ["error", 99]);
  assertEquals(first?.content, "Cannot read what was said: the server cannot be reached");
});

Deno.test("page: what was too much to be sent, but is kept, is read back without a hole", async () => {
  using server = new Server(range(1, 5_000), 1);
  const lobby = new Conversation("room", "lobby");
  const held = (from: number, to: number) => {
    for (const n of range(from, to)) lobby.hear(toLine(said(n)));
  };
  held(1, 60);
  lobby.reading = { order: id(5), bottom: 0 };
  const place = lobby.held.after();
  held(4_901, 5_000);
  server.held = range(62, 5_000);
  assertEquals(await mend(lobby, id(60), place), false, "one is lost");
  assertEquals([texts(lobby).length, lobby.reading?.order], [160, id(5)]);
  server.held = range(61, 5_000);
  assertEquals(await mend(lobby, id(60), place), true);
  assertEquals([texts(lobby), lobby.held.start], [range(4_901, 5_000), "unknown"]);
  assertEquals(lobby.reading, undefined);
  await new Archive(() => {}).earlier(lobby);
  assertEquals(texts(lobby)[0], 4_851);

  // Nothing came since, and nothing is held.
  const silent = new Conversation("room", "lobby");
  silent.held.start = "nothing";
  assertEquals(await mend(silent, id(5_000), silent.held.after()), true);
  assertEquals([texts(silent), silent.held.start], [[], "unknown"]);
});
