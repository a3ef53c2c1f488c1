import type { Hub, Member } from "../hub.ts";
import { ChatError, encode, parse } from "../messages.ts";
import { Feed } from "./feed.ts";
import type { Ending, Socket } from "./socket.ts";

/** How fast one connection may send commands. */
export interface Rate {
  /** Commands per second; 0 switches the limit off. */
  rate: number;
  /** Commands at once after a pause. */
  burst: number;
}

/** Malformed frames in a row before the conversation ends with 4400. */
const MALFORMED = 5;
/** Refused commands in a row before the conversation ends with 4429. */
const REFUSED = 50;

/**
 * Holds one conversation, from the first frame to the last: one loop obeys what the client says,
 * another tells it what happens. It ends when either does.
 */
export async function converse(
  hub: Hub,
  socket: Socket,
  { username, room, rate }: { username: string; room: string; rate: Rate },
): Promise<Ending> {
  const feed = new Feed();
  const member: Member = { username, feed, connectedAt: Date.now() };
  let tokens = rate.burst;
  let refilled = Date.now();
  let malformed = 0;
  let refused = 0;

  async function receive() {
    for await (const frame of socket) {
      try {
        limit();
        obey(frame);
        malformed = 0;
      } catch (error) {
        if (!(error instanceof ChatError)) throw error;
        await socket.write(encode(error.toMessage(Date.now())));
        malformed = error.code.startsWith("bad_") ? malformed + 1 : 0;
        if (malformed >= MALFORMED) socket.close(4400, "too many malformed frames");
        if (refused >= REFUSED) socket.close(4429, "flooding");
      }
    }
  }

  function obey(frame: string) {
    const command = parse(frame);
    hub.say(command.room ?? room, member, command.content, command.ref);
  }

  function limit() {
    if (rate.rate === 0) return;
    const now = Date.now();
    tokens = Math.min(rate.burst, tokens + (now - refilled) * rate.rate / 1_000);
    refilled = now;
    if (tokens >= 1) {
      tokens--;
      refused = 0;
      return;
    }
    refused++;
    const retryAfter = Math.ceil((1 - tokens) * 1_000 / rate.rate);
    throw new ChatError(
      "rate_limited",
      `Cannot take more than ${rate.rate} commands a second: wait ${retryAfter} ms`,
      { retryAfter },
    );
  }

  async function deliver() {
    for await (const { entries } of feed) {
      for (const { text } of entries) await socket.write(text);
    }
  }

  try {
    await socket.opened;
    if (!socket.ending) {
      hub.join(room, member);
      await Promise.race([receive(), deliver()]);
    }
  } catch (error) {
    socket.close(1011, "a fault of the server");
    throw error;
  } finally {
    hub.dismiss(member);
    feed.close();
  }
  return socket.ending ?? { code: 1000, reason: "" };
}
