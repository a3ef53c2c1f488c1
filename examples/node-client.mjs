// A chat in the terminal: lines typed are said, what others say is printed. Node 22 or newer:
//
//   node examples/node-client.mjs ann ws://localhost:8080/ws
//
// (Node 20 has the WebSocket it needs behind `node --experimental-websocket`.)

import { createInterface } from "node:readline";
import process from "node:process";
import { Chat } from "../static/chat.js";

const [username = "node", url = "ws://localhost:8080/ws"] = process.argv.slice(2);
const chat = new Chat(url, { username, last: 20, deadline: 60_000 });
/** @param {string} line */
const print = (line) => process.stdout.write(`${line}\n`);

chat.addEventListener("state", () => {
  const { code, reason } = chat.ending ?? {};
  print(`* ${chat.state}${chat.state === "online" ? "" : ` (${code} ${reason})`}`);
});

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  chat.send(line).catch((error) => print(`* "${line}" was not sent: ${error.message}`));
});
lines.on("close", () => chat.close());

for await (const message of chat) {
  if (message.type === "chat") print(`${message.username}: ${message.content}`);
  if (message.type === "join" || message.type === "leave") print(`* ${message.content}`);
}
lines.close();
