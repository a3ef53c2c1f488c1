import { assertEquals } from "@std/assert";
import type { Chat, ChatMessage, SendOptions } from "../../static/chat.js";
import { Conversation } from "../../static/page/model/conversation.js";
import type { Line } from "../../static/page/model/lines.js";
import { Sender } from "../../static/page/model/sender.js";

/** A client library that does nothing by itself. */
class FakeChat {
  readonly username = "Ann";
  readonly sent: { content: string; options: SendOptions }[] = [];
  readonly typed: object[] = [];
  answers: PromiseWithResolvers<ChatMessage>[] = [];

  send(content: string, options: SendOptions) {
    this.sent.push({ content, options });
    const answer = Promise.withResolvers<ChatMessage>();
    this.answers.push(answer);
    return answer.promise;
  }
  typing(target: object) {
    this.typed.push(target);
  }
}

function start() {
  const chat = new FakeChat();
  const arrived: ChatMessage[] = [];
  const changes: number[] = [];
  const sender = new Sender(
    chat as unknown as Chat,
    (message) => arrived.push(message),
    () => changes.push(1),
  );
  return { chat, sender, arrived, changes };
}

/** Lets promises have their turn. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("Sender says something in a room or to a person, and gives what comes back", async () => {
  const { chat, sender, arrived, changes } = start();
  const room = Object.assign(new Conversation("room", "lobby"), { mark: "x" });
  sender.say(room, "Hello");
  const [line] = room.unsent;
  assertEquals([line?.content, line?.state, line?.username, room.mark], [
    "Hello",
    "pending",
    "Ann",
    "",
  ]);
  assertEquals(changes.length, 1);
  const { ref, ...target } = chat.sent[0]!.options;
  assertEquals([ref, target], [line?.key, { room: "lobby", again: false }]);
  sender.say(new Conversation("person", "Bob"), "Psst");
  assertEquals(chat.sent[1]?.options.to, "Bob");
  const echo = { type: "chat", id: "1", content: "Hello" } as ChatMessage;
  chat.answers[0]?.resolve(echo);
  await turn();
  assertEquals(arrived, [echo]);
  sender.typing(room);
  sender.typing(new Conversation("person", "Bob"));
  assertEquals(chat.typed, [{ room: "lobby" }, { to: "Bob" }]);
});

Deno.test("Sender says why a message was not sent, and sends it again under the same ref", async () => {
  const { chat, sender, changes } = start();
  const room = new Conversation("room", "lobby");
  sender.say(room, "Hello");
  chat.answers[0]?.reject(new Error("Cannot send the message: nobody is there"));
  await turn();
  const line = room.unsent[0]!;
  assertEquals([line.state, line.problem], ["failed", "nobody is there"]);
  assertEquals(changes.length, 2);
  sender.send(room, line);
  assertEquals([line.state, line.problem], ["pending", undefined]);
  assertEquals(chat.sent[1]?.options.ref, chat.sent[0]?.options.ref);
});

Deno.test("Sender says why a message is not sent yet", () => {
  const { chat, sender, changes } = start();
  const room = new Conversation("room", "lobby");
  sender.say(room, "One");
  sender.say(room, "Two");
  const error = new Error("Cannot keep the message: the disk is full");
  const waiting = { ref: chat.sent[1]?.options.ref, error };
  sender.wait([new Conversation("person", "Bob"), room], waiting);
  assertEquals(room.unsent.map(({ state, problem }) => [state, problem]), [
    ["pending", undefined],
    ["pending", "the disk is full"],
  ]);
  assertEquals(changes.length, 3);
  sender.wait([room], { ref: "gone", error });
});

Deno.test("Sender goes on with what was on its way, but for what has arrived or is too old", () => {
  const { chat, sender } = start();
  const room = new Conversation("room", "lobby");
  const line = (key: string, more: Partial<Line>): Line => ({
    key,
    order: key,
    kind: "chat",
    username: "Ann",
    content: key,
    time: Date.now(),
    state: "pending",
    ...more,
  });
  const minutes = 60_000;
  const unsent = [
    line("young", { time: Date.now() - 3 * minutes }),
    line("old", { time: Date.now() - 5 * minutes }),
    line("arrived", {}),
    line("failed", { state: "failed", problem: "it is too long" }),
  ];
  sender.resume(room, { lines: [line("x", { ref: "arrived" })], unsent });
  assertEquals(chat.sent.map(({ content, options }) => [content, options.again]), [[
    "young",
    true,
  ]]);
  assertEquals(room.unsent.map(({ key, state, problem }) => [key, state, problem]), [
    ["young", "pending", undefined],
    ["old", "failed", "the page was closed before it was sent"],
    ["failed", "failed", "it is too long"],
  ]);
});
