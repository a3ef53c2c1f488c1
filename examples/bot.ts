// A bot in twenty lines: it throws dice for whoever says "!roll" or "!roll 20", openly or in private.
//
//   deno run --allow-net examples/bot.ts ws://localhost:8080/ws

import { Chat } from "../static/chat.js";

const [url = "ws://localhost:8080/ws"] = Deno.args;
const chat = new Chat(url, { username: "dicebot" });
Deno.addSignalListener("SIGINT", () => chat.close());

for await (const message of chat) {
  if (message.type !== "chat" || message.username === chat.username) continue;
  const command = message.content.match(/^!roll(?: ([1-9]\d{0,5}))?$/);
  if (!command) continue;
  const sides = Number(command[1] ?? 6);
  const answer = `${message.username} rolls ${1 + Math.floor(Math.random() * sides)} of ${sides}`;
  const target = message.to === undefined ? { room: message.room } : { to: message.username };
  // Who asked may be gone by now: no reason to stop.
  // deno-lint-ignore no-console
  await chat.send(answer, target).catch((error) => console.warn(error.message));
}
