// @ts-nocheck: runs on another runtime, whose types are not installed
// Socket.IO with many processes, after the pages of its documentation about its Redis adapter and its
// Redis streams adapter. Arguments: the port, the URL of Redis, and `pubsub` or `streams`.
import { createServer } from "node:http";
import process from "node:process";
// @ts-ignore: installed for Node, in this folder only
import { createAdapter as pubsub } from "@socket.io/redis-adapter";
// @ts-ignore: installed for Node, in this folder only
import { createAdapter as streams } from "@socket.io/redis-streams-adapter";
// @ts-ignore: installed for Node, in this folder only
import { Redis } from "ioredis";
// @ts-ignore: installed for Node, in this folder only
import { Server } from "socket.io";
import { stamp } from "./stamp.js";

const [port, url, kind] = process.argv.slice(2);
const connect = () => new Redis(url).on("error", () => {});
const redis = connect();
const server = createServer();
const io = new Server(server, {
  adapter: kind === "streams" ? streams(redis) : pubsub(redis, connect()),
});

io.on("connection", (socket) => {
  const { username, room } = socket.handshake.query;
  socket.join(room);
  socket.on("chat", ({ content }) => io.to(room).emit("chat", stamp(username, room, content)));
});

server.listen(Number(port), "127.0.0.1");
