/** Clients that do not read, and clients that do not go. */
import { Buffer } from "node:buffer";
import { type Attack, besieging } from "./attack.ts";
import type { Target } from "./target.ts";
import { chat, frame, posting, request } from "./wire.ts";

/** Connections of each attack. */
const LINES = 15;

/** Asks for something and reads nothing of it. */
const unread = (name: string, path: string, times = 1): Attack =>
  besieging(name, LINES, async (target) => {
    const line = await target.open();
    if (!line) return;
    await line.send(Buffer.concat(Array(times).fill(request(`GET ${path} HTTP/1.1`, ["Host: x"]))));
    await target.stay();
  });

/** Says as much in a room as one may, by HTTP, all the time. */
async function shout(target: Target, room: string) {
  while (!target.over) {
    target.tried++;
    await target.ask(
      posting(JSON.stringify({ username: "shouter", content: "x".repeat(900) }), [], room),
    );
    await target.pause(20);
  }
}

export const readers: Attack[] = [
  besieging("never reading what is said", LINES + 1, async (target, number) => {
    if (number === 0) return await shout(target, "sloths");
    await target.talk({ room: "sloths" }, number % 2 ? ["Sec-WebSocket-Protocol: chat.v1"] : []);
    await target.stay();
  }),
  besieging("never reading one's own echoes", LINES, async (target) => {
    const line = await target.talk({ room: "echoes" });
    if (!line) return;
    const many = Buffer.concat(Array(20).fill(chat("x".repeat(400))));
    while (line.open && !target.over) {
      await line.send(many);
      await target.pause(500);
    }
  }),
  unread("never reading an event stream", "/api/rooms/sloths/events"),
  unread("never reading many answers", "/api/rooms/sloths/messages?limit=200", 300),
  unread("never reading a file", "/chat.js", 200),
  besieging("reading a byte at a time", LINES, async (target) => {
    const line = await target.open();
    if (!line) return;
    await line.send(request("GET /api/rooms/sloths/messages?limit=200 HTTP/1.1", ["Host: x"]));
    while (!target.over) {
      await target.hear(line, 50, () => true);
      await target.pause(200);
    }
  }),
  besieging("ignoring a close code", LINES, async (target) => {
    const line = await target.talk();
    if (!line) return;
    await line.send(Buffer.concat(Array(6).fill(frame("no json"))));
    await target.stay();
  }),
  besieging("going on after a close code", LINES, async (target) => {
    const line = await target.talk();
    if (!line) return;
    await line.send(Buffer.concat(Array(6).fill(frame("no json"))));
    await target.dribble(line, Array(100).fill(chat("still here")), 50);
  }),
  besieging("closing one's own direction", LINES, async (target, number) => {
    const line = number % 2 ? await target.talk() : await target.open();
    if (!line) return;
    if (number % 2 === 0) {
      await line.send(request("GET /api/rooms/sloths/events HTTP/1.1", ["Host: x"]));
    }
    line.end();
    await target.stay();
  }),
];
