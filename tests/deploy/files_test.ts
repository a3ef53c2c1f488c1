/** What is offered to run servers in containers. Containers cannot be run here, but nginx can. */
import { assert, assertEquals } from "@std/assert";
import { parse } from "yaml";
import manifest from "../../deno.json" with { type: "json" };
import { VARIABLES } from "../../main/settings.ts";
import { Nginx } from "../nginx/nginx.ts";
import { need } from "../prepare/need.ts";
import { nginx } from "../prepare/tools.ts";
import { root } from "../program.ts";
import { granted, serve, timeout, v1 } from "../support.ts";

const { ignore, path } = await need(nginx);
const files = { ignore: !granted("read") };
const file = (name: string) => Deno.readTextFile(new URL(name, root));

Deno.test("compose.yaml has two servers, a Redis, and a proxy", files, async () => {
  const { services, volumes } = parse(await file("compose.yaml"), { merge: true });
  assertEquals(Object.keys(services), ["redis", "parley1", "parley2", "proxy"]);
  assertEquals(services.parley2, services.parley1);
  for (const name of Object.keys(services.parley1.environment)) assert(VARIABLES.includes(name));
  for (const { depends_on } of Object.values<{ depends_on?: object }>(services)) {
    const others = Array.isArray(depends_on) ? depends_on : Object.keys(depends_on ?? {});
    for (const other of others) assert(other in services, other);
  }
  const [configuration] = services.proxy.volumes[0].split(":");
  assert((await file(configuration)).includes("server parley2:8080"));
  assertEquals(services.redis.volumes, [`${Object.keys(volumes)[0]}:/data`]);
  assertEquals(new URL(services.parley1.environment.PARLEY_REDIS).hostname, "redis");
});

Deno.test("an image has the rights of deno task start:env", files, async () => {
  const [, words] = (await file("Containerfile")).match(/^CMD (\[.*\])$/m)!;
  const [deno, ...rights] = manifest.tasks["start:env"].command.split(" ");
  assertEquals([deno, ...rights.slice(0, -1), "--cached-only", rights.at(-1)], [
    "deno",
    ...JSON.parse(words!),
  ]);
});

Deno.test(
  "behind the proxy of compose.yaml people come to both servers, and not to one that stops",
  { ignore, timeout },
  async () => {
    await using one = serve({ note: "one", trustProxy: 1 });
    await using other = serve({ note: "other", trustProxy: 1 });
    await using proxy = await Nginx.start(path(), one.host, async (host, server) => {
      const changes = [["listen 80", `listen ${host}`], ["parley1:8080", server]]
        .concat([["parley2:8080", other.host]]);
      return changes.reduce(
        (text, [from, to]) => text.replace(from!, to!),
        await file("deploy/nginx.conf"),
      );
    });
    const notes = async () => {
      const asked = Array.from({ length: 6 }, async () => {
        return (await (await fetch(`http://${proxy.host}/`)).json()).note;
      });
      return new Set(await Promise.all(asked));
    };
    assertEquals(await notes(), new Set(["one", "other"]));
    one.drain();
    for (const name of ["bob", "eve", "joe"]) {
      await using _guest = await v1(proxy.host, { username: name });
    }
    const metrics = await fetch(`http://${proxy.host}/metrics`);
    await metrics.body?.cancel();
    assertEquals(metrics.status, 404);
  },
);
