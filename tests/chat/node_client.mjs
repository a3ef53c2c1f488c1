// The library in Node: answers what others say, until one says "bye". Argument: the WebSocket's URL.
import { Chat } from "../../static/chat.js";

/** @param {object} event */
// deno-lint-ignore no-console
const report = (event) => console.log(JSON.stringify(event));

const [, , url = ""] = process.argv;
const chat = new Chat(url, { username: "node", backoff: { min: 1, max: 20 } });
chat.addEventListener("recovered", (event) => {
  report({ recovered: /** @type {CustomEvent} */ (event).detail.complete });
});
for await (const message of chat) {
  if (message.type !== "chat") continue;
  report({ heard: message.content });
  if (message.content === "bye") break;
  if (message.username !== chat.username) await chat.send(`${message.content}?`);
}
await chat[Symbol.asyncDispose]();
