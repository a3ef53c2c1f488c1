/** Very many at once. */
import { abreast, type Attack } from "./attack.ts";
import type { Target } from "./target.ts";
import { chat, frame, handshake, posting, request } from "./wire.ts";

/** Clients of a storm. */
const STORM = 3_000;
/** How many are under way at a time, where a storm goes on and on. */
const ABREAST = 50;

/** Something that many do beside each other, so many times each at most. */
const storm = (
  name: string,
  many: number,
  times: number,
  act: (target: Target, number: number) => Promise<unknown>,
): Attack => ({
  name,
  run: (target) =>
    abreast(many, async (number) => {
      for (let i = 0; i < times && !target.over; i++) {
        target.tried++;
        await act(target, number);
      }
    }),
});

const command = (fields: object) => frame(JSON.stringify(fields));

export const storms: Attack[] = [
  storm("a reconnect storm", STORM, 1, async (target, number) => {
    const dialect = number % 2 ? ["Sec-WebSocket-Protocol: chat.v1"] : [];
    const line = await target.talk({ room: `r${number % 50}` }, dialect, target.elsewhere());
    // All are there at the same time, before any of them goes.
    await target.pause(2_000);
    if (line) await target.close(line, number % 2 ? "reset" : "end");
  }),
  storm("a reconnect storm from one address", STORM, 1, async (target) => {
    const line = await target.open();
    if (!line) return;
    line.write(handshake(`/ws?username=${target.name()}`));
    await target.answer(line);
    await target.close(line, "reset");
  }),
  storm("joining and leaving", ABREAST, 1_000, async (target) => {
    const line = await target.talk({ room: "door" });
    if (!line) return await target.pause(100);
    line.write(command({ type: "leave", room: "door" }));
    for (let i = 0; i < 10; i++) {
      line.write(command({ type: "join", room: "door", last: 200 }));
      line.write(command({ type: "leave", room: "door" }));
    }
    await target.settled(line, 1_000);
    await target.close(line);
  }),
  storm("very many rooms", ABREAST, 1_000, async (target) => {
    const line = await target.talk({ room: target.name() }, [], target.elsewhere());
    if (!line) return await target.pause(100);
    for (let i = 0; i < 29; i++) line.write(command({ type: "join", room: target.name() }));
    await target.settled(line, 1_000);
    await target.close(line);
  }),
  storm("very many names", ABREAST, 1_000, async (target) => {
    const body = JSON.stringify({ username: target.name(), content: "x" });
    const { status } = await target.ask(posting(body, [], "names"), target.elsewhere());
    if (status !== 201) await target.pause(100);
  }),
  storm("a storm of requests", ABREAST, 10_000, async (target, number) => {
    const path = ["/", "/chat.js", "/api/rooms?limit=1000", "/api/users?limit=1000"][number % 4];
    const { status } = await target.ask(request(`GET ${path} HTTP/1.1`, ["Host: x"]));
    if (status !== 200) await target.pause(50);
  }),
  storm("a storm of event streams", ABREAST, 1_000, async (target) => {
    const line = await target.open();
    if (!line) return await target.pause(100);
    line.write(
      request("GET /api/rooms/attic/events?since=7ZZZZZZZZZZZZZZZZZZZZZZZZZ HTTP/1.1", ["Host: x"]),
    );
    await target.hear(line, 50, () => true);
    await target.close(line, "reset");
  }),
  storm("typing all the time", ABREAST, 1_000, async (target) => {
    const line = await target.talk({ room: "noise" });
    if (!line) return await target.pause(100);
    for (let i = 0; i < 25; i++) line.write(command({ type: "typing", room: "noise" }));
    line.write(chat("and a word"));
    await target.settled(line, 1_000);
    await target.close(line);
  }),
];
