/** Chats with moderators: two who moderate, one who has proven who she is, and guests. */
import { assertEquals } from "@std/assert";
import type { Hub } from "../../hub.ts";
import type { Soon } from "../../hub/base/soon.ts";
import { Client, type ClientOptions, serve, v1 } from "../support.ts";
import { known, Register } from "./people.ts";

/** A server of boss and chief, who moderate, and of ann, who has proven who she is; all others are guests. */
export function moderated(options: Parameters<typeof serve>[0] = {}) {
  const identifier = new Register({
    boss: known("boss", { admin: true }),
    chief: known("chief", { admin: true }),
    ann: known("ann"),
  });
  return serve({ identifier, policy: { tokens: true }, rate: 0, ...options });
}

/** Somebody with a token, past the room's state. */
export async function withToken(host: string, { username, ...options }: ClientOptions) {
  const protocols = ["chat.v1", `bearer.${username}`];
  const client = new Client(host, { username, ...options, protocols });
  await client.find("room");
  return client;
}

/** What is asked by HTTP, as boss where nobody else is named. */
export async function ask(
  host: string,
  request: string,
  body?: unknown,
  { token = "boss", ...headers }: Record<string, string> = {},
) {
  const [method, path] = request.split(" ") as [string, string];
  const bearer: Record<string, string> = token === "" ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(`http://${host}/api${path}`, {
    method,
    headers: { ...bearer, ...headers },
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, answer: text === "" ? undefined : JSON.parse(text) };
}

/**
 * Looks that what is decided at one server of a chat holds at another one, and at one that is started later.
 *
 * @param make makes the hub of one more server of the same chat
 */
export async function holdsEverywhere(make: () => Soon<Hub & AsyncDisposable>) {
  await using stack = new AsyncDisposableStack();
  const begin = async () => stack.use(moderated({ hub: stack.use(await make()) }));
  const one = await begin();
  const other = await begin();
  await using boss = await withToken(one.host, { username: "boss" });
  await using bob = await v1(other.host, { username: "bob" });
  await using eve = await v1(other.host, { username: "eve", room: "den" });
  boss.send({ type: "ban", username: "bob", room: "lobby", for: 60 });
  assertEquals((await bob.find("error")).room, "lobby");
  await bob.find("leave");
  bob.send({ type: "join", room: "den" });
  await bob.find("room");
  assertEquals((await ask(one.host, "PUT /mutes/bob", { for: 60 })).status, 200);
  const speak = async (code: string) => {
    // It is not there before it was brought.
    for (let said = ""; said !== code;) {
      bob.say("here I am", { room: "den" });
      const answer = await bob.next();
      if (answer.type === "error" || answer.username === "bob") said = answer.code ?? "";
    }
  };
  await speak("muted");
  const settings = { topic: "Foxes", closed: true };
  await ask(one.host, "PATCH /rooms/attic", settings);
  await ask(one.host, "PUT /bans/bob", { for: 60, address: true });
  assertEquals([await bob.closed, await eve.closed], [4403, 4403]);
  const later = await begin();
  for (const { host } of [one, other, later]) {
    const { answer: attic } = await ask(host, "GET /rooms/attic");
    assertEquals([attic.topic, attic.closed], ["Foxes", true]);
    const door = async (username: string) => {
      const answer = await fetch(`http://${host}/ws?username=${username}`);
      await answer.body?.cancel();
      return answer.status;
    };
    assertEquals([await door("bob"), await door("fred")], [403, 403]);
    const { answer: { bans } } = await ask(host, "GET /rooms/lobby/bans");
    assertEquals(bans.map(({ username }: { username: string }) => username), ["bob"]);
  }
}
