/** The hub's own tests, on an engine that keeps what is said in Redis. */
import { RedisEngine } from "../../hub/engine/redis.ts";
import { chosen } from "../engine/chosen.ts";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";

const { ignore, path } = await need(redis);

if (!ignore) {
  chosen.engine = "redis";
  const { RedisServer } = await import("./server.ts");
  const server = await RedisServer.start(path());
  addEventListener("unload", () => server.remove());
  chosen.make = () => ({
    engine: new RedisEngine(server.url, { prefix: `${crypto.randomUUID()}:` }),
  });
  await import("../hub_test.ts");
  await import("../names_test.ts");
  await import("../resume_test.ts");
  await import("../places_test.ts");
  await import("../leave_test.ts");
  await import("../private_test.ts");
  await import("../flow_test.ts");
  await import("../plain_test.ts");
  await import("../v1_test.ts");
  await import("../protocol_doc_test.ts");
  await import("../rest_test.ts");
  await import("../http_test.ts");
  await import("../events_test.ts");
  await import("../faults_test.ts");
  await import("../metrics_test.ts");
  await import("../chat_network_test.ts");
  await import("../soak_test.ts");
}
