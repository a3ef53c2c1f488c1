/**
 * People who look into rooms: how long each takes.
 *
 * @module
 */
import { handshake } from "../load/wire.ts";

/** Milliseconds from connecting, with a wish for the last 50 messages, until the room's state is there. */
export async function enter(port: number, room: string): Promise<number> {
  const began = performance.now();
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const path = `/ws?username=visitor&room=${room}&last=50`;
  await connection.write(handshake(`127.0.0.1:${port}`, path, "chat.v1"));
  let told = "";
  for await (const text of connection.readable.pipeThrough(new TextDecoderStream())) {
    told += text;
    if (told.includes('"type":"room"')) return performance.now() - began;
  }
  throw new Error(`Cannot enter ${room}: the server said ${told.slice(0, 200)}`);
}

/** Milliseconds until a page of 50 messages is read that were said before one. */
export async function leaf(port: number, room: string, before: string): Promise<number> {
  const began = performance.now();
  const query = `limit=50&before=${before}`;
  const answer = await fetch(`http://127.0.0.1:${port}/api/rooms/${room}/messages?${query}`);
  const { messages } = await answer.json();
  if (messages?.length !== 50) {
    throw new Error(`Cannot read 50 messages of ${room} before ${before}`);
  }
  return performance.now() - began;
}

/** Says so many messages in each of these rooms, many at the same time. @returns their ids by room */
export async function talk(
  port: number,
  rooms: string[],
  each: number,
): Promise<Map<string, string[]>> {
  const said = new Map<string, string[]>();
  const left = rooms.values();
  await Promise.all(Array.from({ length: 32 }, async () => {
    for (const room of left) {
      const ids: string[] = [];
      while (ids.length < each) {
        const body = JSON.stringify({
          username: "person",
          content: "shall we meet by the river or in town",
        });
        const answer = await fetch(`http://127.0.0.1:${port}/api/rooms/${room}/messages`, {
          method: "POST",
          body,
        });
        ids.push((await answer.json()).id);
      }
      said.set(room, ids);
    }
  }));
  return said;
}
