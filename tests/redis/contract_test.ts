import { RedisEngine } from "../../hub/engine/redis.ts";
import { contract } from "../engine/contract.ts";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";
import { RedisServer } from "./server.ts";

const { ignore, path } = await need(redis);

if (!ignore) {
  const server = await RedisServer.start(path());
  addEventListener("unload", () => server.remove());
  contract({
    name: "redis",
    keeps: true,
    home() {
      const prefix = `${crypto.randomUUID()}:`;
      return {
        async start({ keep } = {}) {
          const engine = new RedisEngine(server.url, {
            prefix,
            keep: { messages: keep },
            look: 100,
          });
          await engine.ready();
          return engine;
        },
        async [Symbol.asyncDispose]() {},
      };
    },
  });
}
