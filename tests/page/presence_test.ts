import { assertEquals } from "@std/assert";
import type { RoomMessage } from "../../static/chat.js";
import { Conversations } from "../../static/page/model/conversations.js";

Deno.test("presence: of a small room everybody is known, as they come and go", () => {
  const { all, come, told } = inRoom();
  told({ users: ["Ann", "Bob"], count: 2 });
  come("join", "Ann");
  come("join", "Zoe");
  come("leave", "Bob");
  assertEquals(told.room.people, ["Ann", "Zoe"]);
  assertEquals([told.room.count, told.room.presence.listed], [2, true]);
  assertEquals([all.isHere("ZOE"), all.isHere("Bob")], [true, false]);
  // The connection is lost.
  told.room.ready = false;
  assertEquals([all.isHere("Zoe"), all.isHere("Bob")], [undefined, undefined]);
});

Deno.test("presence: nothing is known of a room before the server has told of it", () => {
  const { all, told } = inRoom();
  assertEquals([told.room.count, told.room.presence.listed], [0, false]);
  assertEquals(all.isHere("Bob"), undefined);
});

Deno.test("presence: a big room has a number, and who is not among the names may be there", () => {
  const { all, told } = inRoom();
  told({ users: ["Ann", "Bob"], count: 301 });
  assertEquals([told.room.count, told.room.presence.listed], [301, false]);
  assertEquals([all.isHere("Bob"), all.isHere("Zoe")], [true, undefined]);
  // One came and one went: it may have been Bob.
  told({ count: 301 });
  assertEquals([told.room.count, told.room.people], [301, []]);
  assertEquals(all.isHere("Bob"), undefined);
  told({ users: ["Ann", "Bob"], count: 2 });
  assertEquals([told.room.presence.listed, all.isHere("Zoe")], [true, false]);
});

Deno.test("presence: where a big room tells who comes and goes, they are counted", () => {
  const { come, told } = inRoom();
  told({ users: ["Bob"], count: 301 });
  come("join", "Ann");
  come("join", "Zoe");
  come("leave", "Carl");
  come("leave", "Bob");
  assertEquals([told.room.count, told.room.people], [300, ["Zoe"]]);
});

Deno.test("presence: each change of who is there can be told from none", () => {
  const { come, told } = inRoom();
  const seen = [told.room.presence.turnover];
  const look = () => seen.push(told.room.presence.turnover);
  told({ users: ["Ann"], count: 1 });
  look();
  come("join", "Bob");
  look();
  come("leave", "Bob");
  look();
  told({ count: 301 });
  look();
  told({ count: 301 });
  look();
  assertEquals(new Set(seen).size, 6);
});

/** Ann's conversations: one, in a room of which she was not told yet. */
function inRoom() {
  const all = new Conversations([], "Ann", "lobby");
  const room = all.current;
  room.ready = true;
  const told = (told: Partial<RoomMessage> & { count: number }) =>
    room.enter({ type: "room", room: "lobby", ...told });
  let id = 0;
  const come = (type: "join" | "leave", username: string) =>
    all.move({ type, username, id: `${id++}`, content: "", timestamp: "", room: "lobby" }, "Ann");
  return { all, come, told: Object.assign(told, { room }) };
}
