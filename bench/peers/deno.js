// Plain Deno with callbacks, after the WebSocket server example of Deno's documentation. Argument:
// the port.
import { seat, stamp } from "./stamp.js";

/** @type {Map<string, Set<WebSocket>>} */
const rooms = new Map();

Deno.serve({ port: Number(Deno.args[0]), hostname: "127.0.0.1", onListen() {} }, (request) => {
  if (request.headers.get("upgrade") !== "websocket") {
    return new Response("a WebSocket is expected", { status: 426 });
  }
  const { username, room } = seat(request.url);
  const members = rooms.get(room) ?? new Set();
  rooms.set(room, members);
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onopen = () => members.add(socket);
  socket.onclose = () => members.delete(socket);
  socket.onerror = () => members.delete(socket);
  socket.onmessage = ({ data }) => {
    const { content } = JSON.parse(data);
    const text = JSON.stringify(stamp(username, room, content));
    for (const member of members) {
      if (member.readyState === WebSocket.OPEN) member.send(text);
    }
  };
  return response;
});
