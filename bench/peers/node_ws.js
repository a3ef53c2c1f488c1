// @ts-nocheck: runs on another runtime, whose types are not installed
// Node + ws, after the "server broadcast" example of ws's README. Argument: the port.
import process from "node:process";
// @ts-ignore: installed for Node, in this folder only
import { WebSocket, WebSocketServer } from "ws";
import { seat, stamp } from "./stamp.js";

/** @type {Map<string, Set<WebSocket>>} */
const rooms = new Map();
const server = new WebSocketServer({ port: Number(process.argv[2]), host: "127.0.0.1" });

server.on("connection", (socket, request) => {
  const { username, room } = seat(request.url ?? "/");
  const members = rooms.get(room) ?? new Set();
  rooms.set(room, members.add(socket));
  socket.on("error", () => socket.terminate());
  socket.on("close", () => members.delete(socket));
  socket.on("message", (data) => {
    const command = JSON.parse(String(data));
    const text = JSON.stringify(stamp(username, room, command.content));
    for (const member of members) {
      if (member.readyState === WebSocket.OPEN) member.send(text);
    }
  });
});
