/** What is said where Redis cannot be used: one clear line, in time, and no password. */
import {
  assert,
  assertEquals,
  assertLess,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { fileURLToPath } from "node:url";
import { RedisEngine } from "../../hub/engine/redis.ts";
import { readAddress } from "../../hub/engine/redis/address.ts";
import { RedisError } from "../../hub/engine/redis/link.ts";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";
import { network, timeout } from "../support.ts";
import { makeCertificate } from "./certificate.ts";
import { FakeRedis } from "./fake.ts";
import { RedisServer } from "./server.ts";

const { ignore, path } = await need(redis);

/** Starts an engine, which must say why it cannot in a line that has all this. */
async function refused(url: string, ...said: RegExp[]) {
  const began = performance.now();
  const engine = new RedisEngine(url);
  try {
    const { message } = await assertRejects(() => engine.ready(), RedisError);
    assertLess(performance.now() - began, 3_000);
    for (const part of [/^Cannot [^\n]+$/, ...said]) assertMatch(message, part);
    assert(!/secret/.test(message), message);
  } finally {
    await engine.end();
  }
}

Deno.test("redis: an address is read", () => {
  const read = (url: string) => JSON.parse(JSON.stringify(readAddress(url) ?? null));
  assertEquals(read("redis://cache"), { host: "cache", port: 6379, db: 0 });
  assertEquals(read("redis://:p%40ss@[::1]:1/3"), {
    ...{ password: "p@ss", host: "::1", port: 1, db: 3 },
  });
  assertEquals(read("rediss://ann:a:b@cache:1/"), {
    ...{ username: "ann", password: "a:b", tls: {}, host: "cache", port: 1, db: 0 },
  });
  assertEquals(read("redis+sentinel://ann:pass@one,two:2/chat/4"), {
    ...{ username: "ann", password: "pass", name: "chat", db: 4, enableTLSForSentinelMode: false },
    sentinels: [{ host: "one", port: 26379 }, { host: "two", port: 2 }],
  });
  const guarded = "rediss+sentinel://one/chat?sentinelUsername=u&sentinelPassword=p%26";
  assertEquals(read(guarded), {
    ...{ tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true, name: "chat", db: 0 },
    ...{ sentinels: [{ host: "one", port: 26379 }], sentinelUsername: "u", sentinelPassword: "p&" },
  });
  for (
    const wrong of [
      ...[
        "http://cache",
        "cache:6379",
        "redis://",
        "redis://one,two",
        "redis://cache/x",
        "redis://%@",
      ],
      ...[
        "redis://cache/1/2",
        "redis://cache?x=1",
        "redis+sentinel://one",
        "redis+sentinel://one/a/b",
      ],
      ...["redis://%zz:x@cache", "redis://a b"],
    ]
  ) assertEquals(readAddress(wrong), undefined, wrong);
  assertThrows(() => new RedisEngine("redis://ann:secret@"), RedisError, "redis://user:password");
});

Deno.test("redis: who is no Redis of use is told so at once", network, async () => {
  const refusing = async (greeting: (command: string) => string | undefined, ...said: RegExp[]) => {
    await using fake = new FakeRedis(greeting);
    await refused(`redis://ann:secret@127.0.0.1:${fake.port}`, ...said);
  };
  const info = (text: string) => `$${text.length}\r\n${text}`;
  const server = (version: string, more = "role:master") =>
    info(`redis_version:${version}\r\nrun_id:x\r\n${more}\r\n`);
  // An older one, which knows no HELLO, and one that does.
  await refusing(
    (name) =>
      name === "info" ? server("5.0.7") : name === "hello" ? "-ERR unknown command `hello`" : "+OK",
    /Redis 5\.0\.7: at least version 7/,
  );
  await refusing((name) => name === "info" ? server("6.2.6") : "+OK", /Redis 6\.2\.6/);
  await refusing(
    (name) => name === "info" ? server("7.0.0") : name === "hello" ? "-NOPROTO sorry" : "+OK",
    /RESP3/,
  );
  await refusing((name) => name === "info" ? server("7.2.0", "role:slave") : "+OK", /replica/);
  await refusing(() => "HTTP/1.1 400 Bad Request\r\n\r\n", /does not speak as Redis/);
  await refusing(() => undefined, /does not answer/);
  // Nobody is there.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await refused(`redis://:secret@127.0.0.1:${port}`, /refused/i, new RegExp(`127.0.0.1:${port}`));
  await refused("redis://:secret@no-such-host.invalid", /no host no-such-host\.invalid/);
});

Deno.test("redis: a password that is wrong or missing is told", { ignore, timeout }, async () => {
  await using server = await RedisServer.start(path(), {
    settings: { requirepass: "secret", user: "bob on >secret2 ~* &* +info +hello +ping" },
  });
  const at = `127.0.0.1:${server.port}`;
  await refused(`redis://:secretly@${at}`, /WRONGPASS/);
  await refused(`redis://ann:secret@${at}`, /WRONGPASS/);
  await refused(`redis://${at}`, /NOAUTH/);
  await refused(`redis://bob:secret2@${at}`, /NOPERM/);
  const engine = new RedisEngine(`redis://:secret@${at}/2`);
  await engine.ready();
  await engine.end();
});

Deno.test(
  "redis: it is spoken to by TLS, and whoever does not is told",
  { ignore, timeout },
  async () => {
    await using certificate = await makeCertificate();
    await using server = await RedisServer.start(path(), { certificate });
    await using plain = await RedisServer.start(path());
    await refused(`redis://127.0.0.1:${server.port}`, /rediss:\/\//);
    await refused(`rediss://127.0.0.1:${plain.port}`, /redis:\/\/ and not rediss/);
    await refused(`rediss://127.0.0.1:${server.port}`, /Cannot trust/, /--cert/);
    // Deno is told of who signed it when it is started.
    const program = `
    import { RedisEngine } from "${new URL("../../hub/engine/redis.ts", import.meta.url)}";
    const engine = new RedisEngine("rediss://127.0.0.1:${server.port}");
    await engine.ready();
    await engine.say(["#den"], { username: "ann", content: "x", room: "den" });
    await engine.end();
    console.log("said");
  `;
    const file = certificate.authority.replace("ca.pem", "node.ts");
    await Deno.writeTextFile(file, program);
    const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--config", config, "--allow-net", "--ignore-env"],
        ...["--cert", certificate.authority, file],
      ],
    }).output();
    const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals(out, "said\n", error);
  },
);

Deno.test("redis: Sentinels that are not there are told", {
  ...network,
  // The client of a Sentinel waits two seconds for the end of a connection that there never was.
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  await refused(
    "redis+sentinel://:secret@127.0.0.1:1,127.0.0.1:2/chat",
    /none of the Sentinels at 127.0.0.1:1, 127/,
  );
});
