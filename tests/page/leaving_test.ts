import { assertEquals } from "@std/assert";
import { Conversation } from "../../static/page/model/conversation.js";
import type { Line } from "../../static/page/model/lines.js";
import { listUnsent } from "../../static/page/dialogs/leaving.js";

Deno.test("leaving: what others have not got yet is counted", () => {
  const lobby = new Conversation("room", "lobby");
  const bob = new Conversation("person", "Bob");
  const told = () => listUnsent([lobby, bob]);
  lobby.draft = " \n";
  assertEquals(told(), "");
  bob.draft = "Shall we";
  assertEquals(told(), "Not sent yet: 1 draft.");
  bob.unsent.push(message("1"));
  assertEquals(told(), "Not sent yet: 1 message and 1 draft.");
  lobby.draft = "Well";
  lobby.unsent.push(message("2"));
  assertEquals(told(), "Not sent yet: 2 messages and 2 drafts.");
  lobby.draft = bob.draft = "";
  assertEquals(told(), "Not sent yet: 2 messages.");
});

/** A message that is on its way. */
const message = (key: string): Line => ({
  key,
  order: key,
  kind: "chat",
  username: "Ann",
  content: "Hello",
  time: 0,
  state: "pending",
});
