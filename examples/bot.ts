// A bot in twenty lines: it throws dice for whoever says "!roll", in public or in private.
//
//   deno run --allow-net examples/bot.ts ws://localhost:8080/ws

import { Chat } from "../static/chat.js";

const [url = "ws://localhost:8080/ws"] = Deno.args;
await using chat = new Chat(url, { username: "dicebot" });
Deno.addSignalListener("SIGINT", () => chat.close());

for await (const message of chat) {
  if (message.type !== "chat" || message.username === chat.username) continue;
  const [, sides] = message.content.match(/^!roll(?: (\d+))?$/) ?? [];
  if (!message.content.startsWith("!roll")) continue;
  const thrown = 1 + Math.floor(Math.random() * Number(sides ?? 6));
  const target = message.to === undefined ? { room: message.room } : { to: message.username };
  await chat.send(`${message.username} rolls ${thrown} of ${sides ?? 6}`, target);
}
