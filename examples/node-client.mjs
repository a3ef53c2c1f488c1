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
const lines = createInterface({ input: process.stdin });
/** @param {string} line */
const print = (line) => process.stdout.write(`${line}\n`);

chat.addEventListener("state", () => {
  const why = chat.state === "online" ? undefined : chat.ending?.reason;
  print(`* ${chat.state}${why ? `: ${why}` : ""}`);
});

await Promise.all([talk(), listen()]);

/** Says each line once the one before it has arrived, and leaves at the end of the input. */
async function talk() {
  for await (const line of lines) {
    if (line.trim() === "") continue;
    await chat.send(line).catch((error) => print(`* Not sent: ${line} (${error.message})`));
  }
  chat.close();
}

/** Prints what is said, until the chat is over. */
async function listen() {
  for await (const message of chat) {
    if (message.type === "chat") {
      print(`${message.username}${message.to ? " (in private)" : ""}: ${message.content}`);
    } else if ("content" in message) print(`* ${message.content}`);
  }
  lines.close();
}
