// Parley inside another server: some paths are its own, all others are the chat's.
//
//   deno run --allow-net examples/embed.ts 8080

import { Hub } from "../hub.ts";
import { routes } from "../routes.ts";

const chat = routes(new Hub());

const server = Deno.serve({ port: Number(Deno.args[0] ?? 8080) }, (request, info) => {
  if (URL.parse(request.url)?.pathname === "/about") {
    return new Response("A server with a chat in it.\n");
  }
  return chat.handle(request, info);
});

Deno.addSignalListener("SIGINT", async () => {
  // Conversations first, with a close code that tells clients to come back; then the server.
  chat.drain();
  await server.shutdown();
});
