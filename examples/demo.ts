// A server with company: three guests who talk, so that the page has something to show at once.
//
//   deno task demo

import { Hub } from "../hub.ts";
import { routes } from "../routes.ts";
import { Chat } from "../static/chat.js";

const port = Number(Deno.args[0] ?? 8080);
const { handle } = routes(new Hub());
const server = Deno.serve({ port, onListen: () => {} }, handle);
const address = `localhost:${server.addr.port}`;
// deno-lint-ignore no-console
console.log(`Come in: http://${address}/?name=you&room=lobby`);

const lines: [guest: string, line: string][] = [
  ["ada", "Good morning! Is this the new chat?"],
  ["grace", "It is. One process, no database."],
  ["linus", "And if I close my laptop in the middle of a sentence?"],
  ["grace", "Then you read on from where you were. Try it: stop the network for a minute."],
  ["ada", "A room is a log, and everybody has a bookmark in it."],
  ["linus", "So a slow reader costs nothing but a bookmark. Nice."],
  ["ada", "Say something to us, we answer."],
];

const guests = new Map(["ada", "grace", "linus"].map((username) => [
  username,
  new Chat(`ws://${address}/ws`, { username }),
]));

// Whoever is new and speaks gets an answer from one of them.
const [host] = guests.values();
(async () => {
  for await (const message of host!) {
    if (message.type !== "chat" || guests.has(message.username)) continue;
    const target = message.to === undefined ? { room: message.room } : { to: message.username };
    await host!.send(`Hello ${message.username}, nice to have you here.`, target).catch(() => {});
  }
})();

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
for (let turn = 0;; turn++) {
  const [guest, line] = lines[turn % lines.length]!;
  const chat = guests.get(guest)!;
  chat.typing();
  await pause(1);
  await chat.send(line);
  await pause(turn < lines.length ? 2 : 20);
}
