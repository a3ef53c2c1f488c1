import type { Program } from "../program.ts";

/** How many messages are on their way at the same time; the server queues 64 per connection. */
const AHEAD = 32;

/**
 * Enters the lobby as `Flood`, says "message FIRST." to "message LAST.", as fast as the server takes
 * them, and leaves.
 */
export async function flood(server: Program, first: number, last: number) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws?username=Flood`);
  const said = Promise.withResolvers<void>();
  let next = first;
  const say = () => socket.send(JSON.stringify({ type: "chat", content: `message ${next++}.` }));
  socket.onopen = () => {
    for (let ahead = 0; ahead < AHEAD && next <= last; ahead++) say();
  };
  socket.onmessage = ({ data }) => {
    const { type, content } = JSON.parse(data);
    if (type === "chat" && content === `message ${last}.`) said.resolve();
    else if (type === "chat" && next <= last) say();
  };
  await said.promise;
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
}
