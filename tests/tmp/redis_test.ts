/** The hub's own tests, on an engine that keeps what is said in Redis. */
import { RedisEngine } from "../../hub/engine/redis.ts";
import { chosen } from "../engine/chosen.ts";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";

const { ignore, path } = await need(redis);

if (!ignore) {
  chosen.engine = "redis";
  const { RedisServer } = await import("../redis/server.ts");
  const server = await RedisServer.start(path());
  addEventListener("unload", () => server.remove());
  chosen.make = () => ({
    engine: new RedisEngine(server.url, { prefix: `${crypto.randomUUID()}:` }),
  });
  await import("../access/names_test.ts");
}
