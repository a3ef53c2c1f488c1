// @ts-nocheck: runs on another runtime, whose types are not installed
// Socket.IO, after the chat tutorial of its documentation. Argument: the port.
import { createServer } from "node:http";
import process from "node:process";
// @ts-ignore: installed for Node, in this folder only
import { Server } from "socket.io";
import { stamp } from "./stamp.js";

const server = createServer();
const io = new Server(server);

io.on("connection", (socket) => {
  const { username, room } = socket.handshake.query;
  socket.join(room);
  socket.on("chat", ({ content }) => io.to(room).emit("chat", stamp(username, room, content)));
});

server.listen(Number(process.argv[2]), "127.0.0.1");
