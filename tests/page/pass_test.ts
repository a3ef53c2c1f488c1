import { assertEquals } from "@std/assert";
import type { Chat } from "../../static/chat.js";
import { remember } from "../../static/page/memory.js";
import { forget, holder, invitation, keep, proofOf } from "../../static/page/pass.js";
import { act, change, clear, read, remove } from "../../static/page/moderation/orders.js";
import { ask } from "../../static/page/server.js";
import { forged } from "../access/issuer.ts";

/** A browser that keeps nothing of these tests. */
function browser(): Disposable {
  const real = ["localStorage", "sessionStorage"].map((name) =>
    [name, Object.getOwnPropertyDescriptor(globalThis, name)!] as const
  );
  for (const [name] of real) {
    const kept = new Map<string, string>();
    const value = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, text: string) => void kept.set(key, text),
    };
    Object.defineProperty(globalThis, name, { value, configurable: true });
  }
  return {
    [Symbol.dispose]() {
      for (const [name, own] of real) Object.defineProperty(globalThis, name, own);
    },
  };
}

/** A connection, as far as something is kept of it. */
const connection = (username: string, token: string, session: string) =>
  ({ username, token, session }) as Chat;

Deno.test("page: an invitation says whose it is, and for which room", () => {
  using _browser = browser();
  const of = (claims: object) => {
    remember("token", forged({}, claims));
    return holder();
  };
  assertEquals(of({ sub: " Zoe ", name: "Zoe Z.", rooms: ["dev", "den"] }), {
    username: "Zoe",
    name: "Zoe Z.",
    room: "dev",
    beginning: "",
  });
  const read = { read: ["old"], write: ["dev"] };
  assertEquals(of({ sub: "1234", username: "ann", rooms: read }), {
    username: "ann",
    name: "ann",
    room: "dev",
    beginning: "",
  });
  for (const rooms of [["team-*", "dev"], { read: ["dev"] }, { read: ["dev"], write: ["t*"] }]) {
    assertEquals(of({ sub: "ann", rooms }).room, "dev");
  }
  for (const rooms of [undefined, [], {}, 5, { read: [] }, ["*"]]) {
    const { room, beginning } = of({ sub: "ann", rooms });
    assertEquals([room, beginning || ""], [undefined, ""]);
  }
  for (const rooms of [["team-*", "x*"], { read: ["team-*"], write: [] }]) {
    const { room, beginning } = of({ sub: "ann", rooms });
    assertEquals([room, beginning], [undefined, "team-"]);
  }
  assertEquals(of({ sub: "@ann" }).username, undefined);
  assertEquals(of({}).username, undefined);
  // Whoever makes a link can write anything into it, which is kept here then.
  const hostile = { toString: 1, valueOf: 1 };
  const nobody = { username: undefined, name: "", room: undefined, beginning: undefined };
  assertEquals(of({ sub: hostile, rooms: [hostile] }), nobody);
  assertEquals(of({ sub: "ann", name: hostile }), { ...nobody, username: "ann" });
  remember("token", "");
  assertEquals([holder().username, invitation()], [undefined, ""]);
});

Deno.test("page: what the server gave is kept for its owner, and takes the place of an old invitation", () => {
  using _browser = browser();
  assertEquals(proofOf("ann"), { token: "", session: undefined });
  keep(connection("Ann", "", "guest.a"));
  assertEquals([proofOf("ANN").session, proofOf("bob").session], ["guest.a", undefined]);
  // Another name, in this tab or another: whoever goes back to their own is who they were.
  for (const name of ["bob", "ann"]) keep(connection(name, "", `guest.${name}`));
  assertEquals([proofOf("Ann").session, proofOf("BOB").session], ["guest.ann", "guest.bob"]);
  keep(connection("ann", "", undefined as never));
  assertEquals([proofOf("ann").session, proofOf("bob").session], [undefined, "guest.bob"]);

  remember("token", "invited");
  const { token } = proofOf("ann");
  const now = () => (token as () => string)();
  keep(connection("ann", "invited", "longer"));
  assertEquals([now(), invitation(), proofOf("ann").session], ["invited", "invited", "longer"]);
  keep(connection("ann", "longer", "longer2"));
  assertEquals([now(), invitation(), proofOf("ann").session], ["longer", "longer", "longer2"]);
  // A newer link was opened in another tab.
  remember("token", "newer");
  keep(connection("ann", "longer", "longer3"));
  assertEquals(now(), "newer");
  forget("Ann");
  assertEquals([invitation(), proofOf("ann").session, proofOf("bob").session], [
    "",
    undefined,
    "guest.bob",
  ]);
  // Who signs out in one tab ends no other.
  assertEquals(now(), "invited");
});

Deno.test("page: the server is asked as who one is, and told what a moderator wants", async () => {
  using _browser = browser();
  const { fetch } = globalThis;
  const asked: unknown[] = [];
  let answer = () => Response.json({});
  globalThis.fetch = (url, { method, headers, body } = {}) => {
    const { pathname } = new URL(`${url}`);
    asked.push([method, pathname.replace(/.*\/api/, "/api"), headers, body]);
    return Promise.resolve(answer());
  };
  try {
    await ask("do it", "api/rooms");
    remember("token", "mine");
    const headers = { authorization: "Bearer mine" };
    await act("mute", "Zoë/1", { room: "dev", for: 60, why: "loud" });
    answer = () => new Response(null, { status: 204 });
    assertEquals(await act("unban", "bob", {}), null);
    await act("kick", "bob", { room: "dev" });
    await act("ban", "..", { address: true });
    await remove("dev", "01J", { why: "rude" });
    await clear("dev", {});
    await change("dev", { closed: true });
    await read("dev");
    assertEquals(asked, [
      [undefined, "/api/rooms", {}, undefined],
      ["PUT", "/api/rooms/dev/mutes/Zo%C3%AB%2F1", headers, '{"for":60,"why":"loud"}'],
      ["DELETE", "/api/bans/bob", headers, "{}"],
      ["DELETE", "/api/rooms/dev/users/bob", headers, "{}"],
      // Without more, this would be another path.
      ["PUT", "/api/bans/..%20", headers, '{"address":true}'],
      ["DELETE", "/api/rooms/dev/messages/01J", headers, '{"why":"rude"}'],
      ["DELETE", "/api/rooms/dev/messages", headers, "{}"],
      ["PATCH", "/api/rooms/dev", headers, '{"closed":true}'],
      [undefined, "/api/rooms/dev", headers, undefined],
    ]);
  } finally {
    globalThis.fetch = fetch;
  }
});
