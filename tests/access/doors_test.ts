/**
 * All doors there are: whoever has no token where one is needed comes through none of them, and whoever has
 * one for another room through none of a room. What is added and does not ask makes this fail.
 */
import { assert, assertEquals } from "@std/assert";
import type { Policy } from "../../hub/access/access.ts";
import { Tokens } from "../../routes/identity/tokens.ts";
import { tokenKey } from "../../routes/identity/keys.ts";
import { routes } from "../../routes.ts";
import { Client, makeHub, network, serve, v1 } from "../support.ts";
import { invitation, SECRET } from "./issuer.ts";

/** Open to everybody: the page with what it loads, and what proxies ask. */
const OPEN = [
  ...["/", "/healthz", "/v/:version/:file(.*)", "/manifest.webmanifest", "/chat.js", "/names.js"],
];
/** Open to whoever may come in, whatever their rooms: what there is, and how many. */
const LISTS = ["/metrics", "/api/stats", "/api/rooms"];
/** Takes nothing but what one has. */
const HARMLESS = ["leave"];

const ID = "01M881X396ZB7EG82K0S5J0000";
/** Everything that anything asks for. */
const ALL = {
  ...{ username: "ann", content: "x", room: "dev", re: ID, topic: "x", slow: 1, for: 60, why: "x" },
};

const identifier = new Tokens({ of: () => key }, { algorithms: ["HS256"] });
const key = await tokenKey(SECRET);

/** Each way in, as a request that nothing else is wrong with. */
function requests(paths: ReturnType<typeof routes>["paths"], token?: string) {
  return paths.flatMap(({ path, methods }) =>
    methods.map((method) => {
      const place = path.replace(":room", "dev").replace(":username", "bob").replace(":id", ID);
      const url = new URL(place, "http://chat.test/");
      if (path === "/ws") url.search = "?username=ann&room=dev";
      if (path.endsWith("/search")) url.search = "?q=x";
      if (path === "/api/users") url.search = "?room=dev";
      return {
        door: `${method} ${path}`,
        path,
        request: new Request(url, {
          method,
          headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
          body: ["GET", "DELETE"].includes(method) ? undefined : JSON.stringify(ALL),
        }),
      };
    })
  );
}

/** The doors that somebody finds open, and the status at the others. */
async function tried(policy: Policy, token?: string) {
  await using hub = makeHub({ policy });
  const { handle, drain, paths } = routes(hub, { identifier });
  const answers: { door: string; path: string; status: number }[] = [];
  for (const { door, path, request } of requests(paths, token)) {
    const { status, body } = await handle(request);
    await body?.cancel();
    answers.push({ door, path, status });
  }
  drain();
  return answers;
}

Deno.test("who has no token where one is needed finds no door open but that of the page", async () => {
  const answers = await tried({ tokens: true, guests: "off" });
  assert(answers.length > 15);
  for (const { door, path, status } of answers) {
    assertEquals(status === 401, !OPEN.includes(path), `${door}: ${status}`);
  }
});

Deno.test("what is open to everybody is so whatever token is sent along", async () => {
  for (const token of ["nonsense", await invitation({ sub: "ann", exp: 1 })]) {
    for (const { door, path, status } of await tried({ tokens: true, guests: "on" }, token)) {
      assertEquals(status === 401, !OPEN.includes(path), `${door}: ${status}`);
    }
  }
});

Deno.test("who has no token where one is needed is not asked for a name", async () => {
  await using hub = makeHub({ policy: { tokens: true, guests: "off" } });
  const { handle, drain } = routes(hub, { identifier });
  const { status, body } = await handle(new Request("http://chat.test/ws"));
  await body?.cancel();
  assertEquals(status, 401);
  drain();
});

Deno.test("who has a token for another room finds no door of a room open, nor any of moderators", async () => {
  const token = await invitation({ sub: "ann", rooms: ["other"] });
  for (const { door, path, status } of await tried({ tokens: true, guests: "off" }, token)) {
    const isOpen = [...OPEN, ...LISTS].includes(path);
    assertEquals(status === 403, !isOpen, `${door}: ${status}`);
  }
});

Deno.test("lists say nothing of rooms that a token does not grant", network, async () => {
  await using server = serve({ policy: { tokens: true, guests: "on" }, identifier });
  await using ann = await v1(server.host, { username: "ann", room: "dev" });
  ann.send({ type: "join", room: "other" });
  await ann.find("room");
  const token = await invitation({ sub: "bob", rooms: ["oth*"] });
  const told = async (path: string, headers?: HeadersInit) =>
    await (await fetch(`http://${server.host}${path}`, { headers })).json();
  const headers = { authorization: `Bearer ${token}` };
  const names = ({ rooms }: { rooms: { room: string }[] }) => rooms.map(({ room }) => room);
  assertEquals(names(await told("/api/rooms")), ["dev", "other"]);
  assertEquals(names(await told("/api/rooms", headers)), ["other"]);
  assertEquals((await told("/api/users")).users[0].rooms, ["dev", "other"]);
  assertEquals((await told("/api/users", headers)).users[0].rooms, ["other"]);
});

Deno.test("every command asks whether one may", network, async () => {
  await using server = serve({ policy: { tokens: true, guests: "read" }, identifier });
  const { commands } = server.hub.counts;
  const old = await invitation({ sub: "ann", exp: 1 });
  const token = await invitation({ sub: "ann", rooms: { read: ["dev"] } });
  const protocols = ["chat.v1", `bearer.${token}`];
  await using ann = new Client(server.host, { username: "ann", room: "dev", protocols });
  await using guest = new Client(server.host, {
    username: "gus",
    room: "dev",
    protocols: ["chat.v1"],
  });
  await guest.find("room");
  for (const type of Object.keys(commands).filter((type) => !HARMLESS.includes(type))) {
    ann.send({
      ...ALL,
      username: "bob",
      type,
      room: type === "join" ? "other" : "dev",
      token: old,
    });
    const { code } = await ann.find("error");
    assertEquals(code, type === "auth" ? "unauthorized" : "forbidden", type);
  }
  for (const type of ["chat", "typing"]) {
    guest.send({ ...ALL, type, to: "ann" });
    assertEquals((await guest.find("error")).code, "forbidden", type);
  }
});
