import { assertEquals, assertMatch } from "@std/assert";
import { Hub } from "../hub.ts";
import { routes } from "../routes.ts";

interface Told {
  type: string;
  username: string;
  content: string;
  code?: string;
}

function start() {
  const { handle, drain } = routes(new Hub(), {
    version: "test",
    rate: 10,
    burst: 30,
    maxConnections: 10,
    origins: [],
    log: () => {},
  });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, handle);
  return {
    host: `127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      drain();
      await server.shutdown();
    },
  };
}

/** A client of the original backend: one JSON object per frame. */
class Client {
  #told: Told[] = [];
  #wake?: () => void;
  readonly socket: WebSocket;
  readonly closed: Promise<number>;

  constructor(host: string, username: string) {
    this.socket = new WebSocket(`ws://${host}/ws?username=${username}`);
    this.socket.onmessage = ({ data }) => {
      this.#told.push(JSON.parse(data));
      this.#wake?.();
    };
    this.closed = new Promise((resolve) => this.socket.onclose = ({ code }) => resolve(code));
  }

  async next(): Promise<Told> {
    while (this.#told.length === 0) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#told.shift()!;
  }

  say(content: string) {
    this.socket.send(JSON.stringify({ type: "chat", content }));
  }

  async [Symbol.asyncDispose]() {
    this.socket.close();
    await this.closed;
  }
}

Deno.test("two plain clients see each other join, talk and leave", async () => {
  await using server = start();
  await using ann = new Client(server.host, "ann");
  assertEquals((await ann.next()).content, "ann joined the chat");
  {
    await using bob = new Client(server.host, "bob");
    assertEquals((await bob.next()).content, "bob joined the chat");
    assertEquals((await ann.next()).content, "bob joined the chat");
    bob.say("hello");
    assertEquals((await ann.next()).content, "hello");
    assertEquals((await bob.next()).content, "hello");
  }
  const { type, content } = await ann.next();
  assertEquals([type, content], ["leave", "bob left the chat"]);
});

Deno.test("a bad frame is told and the connection stays open", async () => {
  await using server = start();
  await using ann = new Client(server.host, "ann");
  await ann.next();
  for (
    const [frame, code] of [["{", "bad_json"], ["[]", "bad_message"], [
      '{"type":"dance"}',
      "unknown_type",
    ], ['{"type":"chat","content":" "}', "empty"]]
  ) {
    ann.socket.send(frame!);
    assertEquals((await ann.next()).code, code);
  }
  ann.say("still here");
  assertEquals((await ann.next()).content, "still here");
});

Deno.test("a frame over 64 KiB ends the connection with 1009", async () => {
  await using server = start();
  await using ann = new Client(server.host, "ann");
  await ann.next();
  ann.say("x".repeat(70 * 1024));
  assertEquals(await ann.closed, 1009);
});

Deno.test("GET / gives a page to browsers and JSON to the rest", async () => {
  await using server = start();
  const page = await fetch(`http://${server.host}/`, { headers: { accept: "text/html" } });
  assertMatch(await page.text(), /<!DOCTYPE html>/);
  const info = await (await fetch(`http://${server.host}/`)).json();
  assertEquals(info.websocket, `ws://${server.host}/ws?username=YourName`);
});

Deno.test("an unknown path is a 404 problem", async () => {
  await using server = start();
  const answer = await fetch(`http://${server.host}/nowhere`);
  assertEquals(answer.status, 404);
  assertEquals(answer.headers.get("content-type"), "application/problem+json");
  await answer.body?.cancel();
});
