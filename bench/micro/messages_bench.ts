/** Reading and writing wire JSON: what every single message costs, however few hear it. */
import { encode, type Message, parse } from "../../messages.ts";

const content = "the quick brown fox jumps over the lazy dog and runs away";
const frame = JSON.stringify({ type: "chat", content });
const message: Message = {
  type: "chat",
  username: "ann",
  content,
  timestamp: "2026-01-01T12:00:00.000Z",
  id: "01KDWCT8M00000000000000000",
  room: "lobby",
};

Deno.bench("JSON.parse(), the floor of parse()", { group: "parse", baseline: true }, () => {
  JSON.parse(frame);
});

// Keeps the checks cheap beside the reading itself.
Deno.bench("parse() of a chat command", { group: "parse" }, () => {
  parse(frame);
});

Deno.bench("JSON.stringify(), the floor of encode()", { group: "encode", baseline: true }, () => {
  JSON.stringify(message);
});

// Keeps encode() from becoming more than one call of the engine's own writer.
Deno.bench("encode() of a chat message", { group: "encode" }, () => {
  encode(message);
});
