// @ts-nocheck: runs on another runtime, whose types are not installed
// Bun's native publish, after the chat example of Bun's WebSocket documentation. Argument: the port.
import { seat, stamp } from "./stamp.js";

const server = Bun.serve({
  port: Number(Bun.argv[2]),
  hostname: "127.0.0.1",
  fetch(request, server) {
    if (server.upgrade(request, { data: seat(request.url) })) return;
    return new Response("a WebSocket is expected", { status: 426 });
  },
  websocket: {
    open(socket) {
      socket.subscribe(socket.data.room);
    },
    message(socket, data) {
      const { username, room } = socket.data;
      const { content } = JSON.parse(data);
      server.publish(room, JSON.stringify(stamp(username, room, content)));
    },
    close(socket) {
      socket.unsubscribe(socket.data.room);
    },
  },
});
