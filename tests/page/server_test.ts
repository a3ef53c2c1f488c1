import { assertEquals, assertRejects } from "@std/assert";
import { listRooms, searchRoom } from "../../static/page/dialogs/lookup.js";
import { ask, listPeople, readMessages, readStats, Unanswered } from "../../static/page/server.js";

/** Answers instead of a server while the test runs. */
function answering(answer: (url: URL, signal: AbortSignal) => Promise<Response>): Disposable {
  const { fetch } = globalThis;
  globalThis.fetch = (url, init) => answer(new URL(`${url}`), init!.signal!);
  return { [Symbol.dispose]: () => void (globalThis.fetch = fetch) };
}

Deno.test("page: who asks the server for something is told why there is no answer", async () => {
  const late = (signal: AbortSignal) =>
    new Promise<Response>((_, reject) => {
      const bound = setTimeout(() => reject(new Error("no deadline")), 5_000);
      signal.addEventListener("abort", () => reject(signal.reason));
      signal.addEventListener("abort", () => clearTimeout(bound));
    });
  const refused = new TypeError("Failed to fetch");
  const answers: [(signal: AbortSignal) => Promise<Response>, string][] = [
    [late, "the server does not answer"],
    [() => Promise.reject(refused), "the server cannot be reached"],
    [() => Promise.resolve(new Response("<html>")), "the server's answer makes no sense"],
    [() => Promise.resolve(new Response("<html>", { status: 502 })), "the server says 502"],
    [() => Promise.resolve(Response.json({}, { status: 500 })), "the server says 500"],
    [() => Promise.resolve(Response.json(null, { status: 500 })), "the server says 500"],
    [() => Promise.resolve(Response.json({ detail: {} }, { status: 400 })), "the server says 400"],
    [() => Promise.resolve(Response.json({ detail: "no" }, { status: 400 })), "no"],
    [
      () => Promise.resolve(Response.json({ detail: "wait" }, { status: 429 })),
      "the server is asked for too much at the moment",
    ],
  ];
  for (const [answer, why] of answers) {
    using _server = answering((_, signal) => answer(signal));
    const { message } = await assertRejects(
      () => ask("do it", "api/rooms", { patience: 20 }),
      Error,
    );
    assertEquals(message, `Cannot do it: ${why}`);
  }
});

Deno.test("page: an answer that makes no sense is none", async () => {
  const message = { id: "1", username: "Bob", content: "Hi", timestamp: "2026-11-26T03:00:00Z" };
  const answers = [
    ...[null, [], 5, {}],
    ...[[null], [{}], "x"].map((list) => ({ rooms: list, users: list, messages: list })),
    { rooms: [], users: [], messages: [{ ...message, timestamp: "soon" }], next: 5 },
    // It would be asked for without end.
    { rooms: [], users: [], messages: [{ ...message, content: 5 }], next: "" },
    ...[{ message }, { snippet: ["x"] }, { message: {}, snippet: [] }, { message, snippet: [5] }]
      .map((hit) => ({ hits: [hit] })),
  ];
  for (const answer of answers) {
    using _server = answering(() => Promise.resolve(Response.json(answer)));
    const asked = [
      () => listRooms(),
      () => listPeople("lobby", { limit: 1 }),
      () => readMessages("lobby", { limit: 1 }),
      () => readStats(),
      () => searchRoom("lobby", { words: "x", signal: new AbortController().signal }),
    ];
    for (const each of asked) {
      await assertRejects(each, Unanswered, "the server's answer makes no sense");
    }
  }
});

Deno.test("page: the list of rooms is fetched to its end", async () => {
  using _server = answering(({ pathname, searchParams }) => {
    const after = searchParams.get("after");
    const next = after === "" ? "garden" : undefined;
    const rooms = [{ room: pathname.split("/").pop(), users: after }];
    return Promise.resolve(Response.json({ rooms, next }));
  });
  assertEquals(await listRooms() as unknown, [
    { room: "rooms", users: "" },
    { room: "rooms", users: "garden" },
  ]);
});

Deno.test("page: a list of people is a page of names, and where it goes on", async () => {
  let asked = "";
  using _server = answering((url) => {
    asked = url.pathname.replace(/.*(?=\/api)/, "") + url.search;
    return Promise.resolve(Response.json({ users: [{ username: "Zoë" }], count: 9, next: "Zoë" }));
  });
  const page = await listPeople("lobby", { limit: 200, after: "Tom & Tim" });
  assertEquals(page, { names: ["Zoë"], next: "Zoë" });
  assertEquals(asked, "/api/users?room=lobby&limit=200&after=Tom+%26+Tim");
});

Deno.test("page: who is refused is told how long to wait, and can give up", async () => {
  {
    const headers = { "retry-after": "3" };
    using _server = answering(() => Promise.resolve(new Response("", { status: 429, headers })));
    const { retryAfter, status } = await assertRejects(
      () => ask("do it", "api/rooms"),
      Unanswered,
    );
    assertEquals([retryAfter, status], [3_000, 429]);
  }
  using _server = answering((_, signal) => Promise.reject(signal.reason));
  const list = () => listPeople("lobby", { limit: 1, signal: AbortSignal.abort() });
  const { message } = await assertRejects(list, Unanswered);
  assertEquals(message, "Cannot list the people: the server cannot be reached");
});
