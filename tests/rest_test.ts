/** A room over HTTP: history and posting. */
import { assert, assertEquals } from "@std/assert";
import { setImmediate, setTimeout } from "node:timers/promises";
import { RawClient } from "./raw.ts";
import {
  forgetful,
  network,
  plain,
  say,
  serve,
  timely,
  type Told,
  until,
  within,
} from "./support.ts";
import { TestTime } from "./time.ts";

function room(host: string, name = "lobby") {
  const url = `http://${host}/api/rooms/${name}/messages`;
  return {
    async history(query = ""): Promise<{ messages: Told[]; complete: boolean }> {
      return await (await fetch(url + query)).json();
    },
    async status(query: string): Promise<number> {
      const answer = await fetch(url + query);
      await answer.body?.cancel();
      return answer.status;
    },
    post: (body: unknown) =>
      fetch(url, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) }),
  };
}

const numbers = ({ messages }: { messages: Told[] }) => messages.map(({ content }) => content);

Deno.test("GET messages pages forward from since and backward from before", network, async () => {
  await using server = serve();
  const lobby = room(server.host);
  assertEquals(await lobby.history(), { messages: [], complete: true });
  const ids = await say(server.hub, 60);
  const newest = await lobby.history();
  assertEquals([newest.messages.length, newest.messages[0]!.content], [50, "10"]);
  assertEquals(newest.complete, false);
  const older = await lobby.history(`?before=${newest.messages[0]!.id}`);
  assertEquals([older.messages.length, older.complete], [10, true]);
  const next = await lobby.history(`?since=${ids[1]}&limit=3`);
  assertEquals([numbers(next), next.complete], [["2", "3", "4"], false]);
  const rest = await lobby.history(`?since=${ids[57]}`);
  assertEquals([numbers(rest), rest.complete], [["58", "59"], true]);
  assertEquals((await lobby.history("?limit=200")).complete, true);
});

Deno.test("GET messages is not complete where messages are lost", forgetful, async () => {
  await using server = serve({ history: 2 });
  const ids = await say(server.hub, 5);
  const lobby = room(server.host);
  assertEquals((await lobby.history()).complete, false);
  assertEquals((await lobby.history(`?since=${ids[1]}`)).complete, false);
  assertEquals((await lobby.history(`?since=${ids[2]}`)).complete, true);
  assertEquals((await lobby.history("?since=01ARZ3NDEKTSV4RRFFQ69G5FAV")).complete, false);
});

Deno.test("GET messages refuses what it cannot use, and opens no room", network, async () => {
  await using server = serve();
  const lobby = room(server.host);
  for (const query of ["?since=x", "?before=x", "?limit=0", "?limit=201", "?limit=x"]) {
    assertEquals([query, await lobby.status(query)], [query, 400]);
  }
  assertEquals(await room(server.host, "A%20B").status(""), 400);
  assertEquals(server.hub.rooms.size, 0);
});

Deno.test(
  "POST messages says something in a room, under the rules of a chat frame",
  network,
  async () => {
    await using server = serve();
    await using ann = await plain(server.host, { username: "ann" });
    const lobby = room(server.host);
    const answer = await lobby.post({ username: " bot ", content: " hi ", ref: "r" });
    assertEquals(answer.status, 201);
    const said = await answer.json();
    assertEquals([said.type, said.username, said.content, said.ref], ["chat", "bot", "hi", "r"]);
    assertEquals((await ann.take(1))[0], said);
    for (
      const [body, status, code] of [
        ["{", 400, "bad_json"],
        ["[]", 400, "bad_message"],
        [{ content: "x" }, 400, "bad_message"],
        [{ username: "@bot", content: "x" }, 400, "bad_message"],
        [{ username: "bot", content: " " }, 400, "empty"],
        [{ username: "bot", content: "x".repeat(4_001) }, 400, "too_long"],
        [{ username: "bot", content: "x".repeat(70_000) }, 413, undefined],
      ] as const
    ) {
      const answer = await lobby.post(body);
      assertEquals(answer.headers.get("content-type"), "application/problem+json");
      assertEquals([answer.status, (await answer.json()).code], [status, code]);
    }
  },
);

Deno.test("POST messages is refused over the rate, with the time to wait", timely, async () => {
  await using server = serve({ rate: 1, burst: 2 });
  using time = new TestTime();
  const lobby = room(server.host);
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) {
    const answer = await lobby.post({ username: i === 1 ? "BOT" : "bot", content: "x" });
    if (answer.status === 429) assertEquals(answer.headers.get("retry-after"), "1");
    await answer.body?.cancel();
    statuses.push(answer.status);
  }
  assertEquals(statuses, [201, 201, 429]);
  time.tick(1_000);
  const answer = await lobby.post({ username: "bot", content: "x" });
  await answer.body?.cancel();
  assertEquals(answer.status, 201);
});

Deno.test("POST messages reads a body whole, however its pieces come", network, async () => {
  await using server = serve();
  const content = "\u00e9\u20ac\ud83d\ude00 naïve";
  const bytes = new TextEncoder().encode(JSON.stringify({ username: "bot", content }));
  const headers = [`Content-Length: ${bytes.length}`];
  const path = "/api/rooms/lobby/messages";
  await using client = await RawClient.request(server.host, path, headers, "POST");
  for (const byte of bytes) {
    client.write(Uint8Array.of(byte));
    await setImmediate();
  }
  const answer = new TextDecoder().decode(await client.read());
  assertEquals(answer.includes(`"content":${JSON.stringify(content)}`), true);
  // What ends in the middle of a character is not as it was meant.
  const half = await fetch(`http://${server.host}${path}`, {
    method: "POST",
    body: Uint8Array.of(
      ...new TextEncoder().encode('{"username":"bot","content":"x"}'),
      0xe2,
      0x82,
    ),
  });
  assertEquals([half.status, (await half.json()).code], [400, "bad_json"]);
});

Deno.test(
  "POST messages in another spelling does not rename who is connected",
  network,
  async () => {
    await using server = serve();
    await using bob = await plain(server.host, { username: "Bob" });
    const lobby = room(server.host);
    const post = async (username: string) =>
      (await (await lobby.post({ username, content: "hi" })).json()).username;
    assertEquals([await post("BOB"), await post("bob"), await post("ANN")], ["Bob", "Bob", "ANN"]);
    assertEquals((await bob.take(3)).map(({ username }) => username), ["Bob", "Bob", "ANN"]);
    await bob[Symbol.asyncDispose]();
    await until(() => server.hub.people.online === 0);
    assertEquals(await post("BOB"), "BOB");
  },
);

Deno.test("a room's name in a path may be escaped, and none is a dot or two", network, async () => {
  await using server = serve();
  await server.hub.say("bot", "lobby", "hi");
  const { messages } = await room(server.host, "%6cobb%79").history();
  assertEquals(messages.length, 1);
  for (const name of ["%zz", "%", "%ff", "%2e%2Fx", "a%2Fb", "a%00"]) {
    assertEquals([name, await room(server.host, name).status("")], [name, 400]);
  }
  for (const name of [".", ".."]) {
    const answer = await fetch(`http://${server.host}/ws?username=ann&room=${name}`);
    assertEquals([answer.status, (await answer.json()).code], [400, "bad_message"]);
  }
  await using ann = await plain(server.host, { username: "ann", room: "..." });
  ann.send({ type: "join", room: ".." });
  assertEquals((await ann.find("error")).code, "bad_message");
});

Deno.test(
  "POST messages whose client goes away in the middle is no fault of the server",
  network,
  async () => {
    const faults: string[] = [];
    await using server = serve({
      log: (level, event) => void (level === "error" && faults.push(event)),
    });
    const headers = ["Content-Type: application/json", "Content-Length: 100"];
    const client = await RawClient.request(
      server.host,
      "/api/rooms/lobby/messages",
      headers,
      "POST",
    );
    client.write(new TextEncoder().encode('{"username":"bot",'));
    await setImmediate();
    await client.reset();
    await until(() => server.hub.counts.rejected.get("bad_message") === 1);
    assertEquals(faults, []);
  },
);

Deno.test("POST messages reads a character that comes in two pieces", network, async () => {
  await using server = serve();
  const body = new TextEncoder().encode('{"username":"ann","content":"\u20ac"}');
  const headers = [`Content-Length: ${body.length}`, "Connection: close"];
  const path = "/api/rooms/lobby/messages";
  await using client = await RawClient.request(server.host, path, headers, "POST");
  client.write(body.subarray(0, -4));
  await setTimeout(20);
  client.write(body.subarray(-4));
  const answer = new TextDecoder().decode(await within(client.read(), "an answer"));
  assert(answer.includes('"content":"\u20ac"'), answer);
});
