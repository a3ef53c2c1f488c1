/** What the program can be called with. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import manifest from "../deno.json" with { type: "json" };
import { FlagError, helpOf, helpOfVariables } from "../main/flags.ts";
import { type Data, FLAGS, OTHERS, readSettings, VARIABLES } from "../main/settings.ts";
import { place } from "../main/values.ts";
import { PUBLIC } from "../routes/identity/algorithms.ts";
import { tools } from "./prepare/tools.ts";

const JWKS = "--auth=jwks:https://id.example.org/keys";

const read = (...args: string[]) => readSettings(args)!;
/** What `--data` and some flags come to. */
const data = (...args: string[]) => read("--data", "d", ...args).data;

Deno.test("flags that are wrong are refused with a line that says what would be right", () => {
  for (
    const [args, wanted] of [
      [["--port", "x"], /^--port must be a whole number from 0 to 65535, not "x"$/],
      [["--port", "65536"], /^--port must be a whole number/],
      [["--port", "1e3"], /^--port must be a whole number/],
      [["--port=-1"], /^--port must be a whole number/],
      [["--port"], /port/],
      [["--hostname="], /^--hostname must be an address, not ""$/],
      [["--history", "0"], /^--history must be a whole number from 1/],
      [["--memory", "15"], /^--memory must be a whole number from 16/],
      [["--rate", "-5"], /^--rate must be a whole number from 0 to 1000000, not "-5"$/],
      [["--rate", "1000001"], /^--rate must be a whole number from 0 to 1000000/],
      [["--port=1", "-5"], /-5/],
      [["--rate", "--burst", "5"], /--rate.*[Dd]id you forget/],
      [["--rate-address", "-1"], /^--rate-address must be a whole number from 0/],
      [["--trust-proxy", "11"], /^--trust-proxy must be a whole number from 0 to 10/],
      [["--rate", "1.5"], /^--rate must be a whole number from 0/],
      [["--burst", ""], /^--burst must be a whole number from 1/],
      [["--max-connections", "many"], /^--max-connections must be a whole number from 1/],
      [["--announce", "-"], /announce/],
      [["--origin", "example.org"], /^--origin must be an origin such as https:\/\/example.org/],
      [["--origin", "https://example.org/x"], /^--origin must be an origin/],
      [
        ["--log-level", "loud"],
        /^--log-level must be one of debug, info, warn, error, not "loud"$/,
      ],
      [["--colour"], /--colour.*--help lists the flags/],
      [["8080"], /8080/],
      [["--data="], /^--data must be a directory, not ""$/],
      [["--data"], /data/],
      ...["", "0", "d", "0d", "1.5h", "30D", "30 d", "-1d", "10s", "10000d", "1000000000"]
        .map((age) => [["--data=d", `--keep=${age}`], /^--keep must be an age from 1m to 9999d/]),
      [["--data=d", "--keep=1d", "--keep=2h"], /^--keep can be given twice, as one age and one/],
      [["--data=d", "--keep=1", "--keep=2"], /^--keep can be given twice/],
      ...["", "10", "15M", "1K", "1g", "1025T", "1.5G", "1GB", "-1G"]
        .map((
          size,
        ) => [["--data=d", `--data-size=${size}`], /^--data-size must be a size from 16M/]),
      [["--data=d", "--sync=off"], /^--sync must be one of full, normal, not "off"$/],
      [["--keep=1d"], /^--keep needs --data DIR or --redis URL$/],
      [["--redis-prefix=p"], /^--redis-prefix needs --redis URL$/],
      [["--redis=redis://h", "--repair"], /^--repair needs --data DIR/],
      [["--redis=redis://h", "--data=d"], /^--data and --redis exclude each other: what is said/],
      ...["", "a b", "{a}:", "}", "x".repeat(101)].map((
        prefix,
      ) => [["--redis=redis://h", `--redis-prefix=${prefix}`], /^--redis-prefix must be 1 to 100/]),
      [["--data-size=1G"], /^--data-size needs --data DIR/],
      [["--filter-timeout=1"], /^--filter-timeout needs --filter URL$/],
      [["--filter-fail=open"], /^--filter-fail needs --filter URL$/],
      ...["", "localhost:9000", "ftp://h/", "http://ann:secret@h/", "http://:secret@h/"]
        .map((url) => [[`--filter=${url}`], /^--filter must be an address such as http:[^@]*$/]),
      [["--sync=full"], /^--sync needs --data DIR/],
      [["--repair"], /^--repair needs --data DIR/],
      ...[
        ...["", "jwks", "jwks:", "jwks:id.example", "jwks:http://id.example/keys", "Secret"],
        ...["https://id.example", "jwks:https://ann:secret@id.example/", "jwks:ftp://localhost/"],
        ...["jwks:http://localhost.example/", "jwks:http://1270.0.0.1/", "jwks:https://:secret@h/"],
      ].map((way) => [[`--auth=${way}`], /^--auth must be secret, or jwks:(?!.*secret@)/]),
      [["--auth=secret"], /^--auth needs PARLEY_SECRET, which .* may read, or --secret-file FILE$/],
      [
        [JWKS, "--sessions=1d"],
        /^--sessions needs PARLEY_SECRET, which .* may read, or --secret-file FILE$/,
      ],
      [[JWKS, "--sessions=401d"], /^--sessions must be an age from 1m to 400d such as 90m/],
      [[JWKS, "--auth-leeway=601"], /^--auth-leeway must be a whole number from 0 to 600/],
      ...["", "ES256,", "none", "HS512", "es256", "RS256;PS256"].map((names) => [
        [JWKS, `--auth-algorithms=${names}`],
        /^--auth-algorithms must be some of RS256, .*, HS256, not "/,
      ]),
      [
        [JWKS, "--auth-algorithms=ES256,HS256"],
        /^--auth-algorithms must be of RS256, .*Ed25519 with --auth jwks:URL, not HS256$/,
      ],
      [
        ["--auth=secret", "--secret-file=f", "--auth-algorithms=RS256"],
        /must be of HS256 with --auth secret, not RS256$/,
      ],
      [["--guests=off"], /^--guests off needs --auth WAY: else nobody could come in$/],
      [["--guests=some"], /^--guests must be one of on, read, off, not "some"$/],
      ...["--auth-issuer=i", "--auth-audience=a", "--auth-leeway=0", "--auth-algorithms=ES256"]
        .map((flag) => [[flag], new RegExp(`^${flag.split("=")[0]} needs --auth WAY$`)]),
      [["--sessions=1d", "--secret-file=f"], /^--sessions needs --auth WAY$/],
    ] as [string[], RegExp][]
  ) {
    const { message } = assertThrows(() => readSettings(args), FlagError, "", args.join(" "));
    assertMatch(message, wanted);
    assert(!message.includes("\n"));
  }
});

Deno.test("an address of Redis is one of a server, or of Sentinels and what they watch", () => {
  const addresses = [
    "redis://h",
    "redis://127.0.0.1:6379",
    "redis://[::1]:6379/15",
    "rediss://ann:p%40ss%25@redis.example.org:65535/0",
    "redis://:secret@h:1/",
    "redis+sentinel://h:26379/mymaster",
    "redis+sentinel://ann:secret@h,[::1]:26379,h3:26379/my-master.1/2",
  ];
  for (const url of addresses) assertEquals(read("--redis", url).redis?.url, url);
  for (
    const url of [
      ...["", "redis://", "h:6379", "http://:secret@h", "redis://:secret@h:0", "redis://h:65536/1"],
      ...[
        "redis://h:123456",
        "redis://:secret@h/x",
        "redis://:secret@h?db=1",
        "redis://:se/cret@h",
      ],
      ...["redis://:secret%@h", "redis://:secret#@h", "redis://a:secret@h,h2", " redis://h"],
      ...["redis+sentinel://:secret@h:26379", "redis+sentinel://h/", "redis+sentinel://h,/m"],
      ...["redis+sentinel://h:65536,h/m", "redis://h\n", "redis://h:secret@h@h"],
    ]
  ) {
    const { message } = assertThrows(() => read(`--redis=${url}`), FlagError, "", url);
    assertMatch(message, /^--redis must be an address such as redis:.* % is %25$/);
    assert(!message.includes("secret"), url);
  }
});

Deno.test("--auth says how people prove who they are, and who else may come in", () => {
  const PARLEY_SECRET = "s";
  const access = (args: string[], env = {}) => {
    const { auth, secret, guests } = readSettings(args, env)!;
    return { auth, secret, guests };
  };
  const none = { issuer: undefined, audience: undefined, leeway: undefined, sessions: undefined };
  const way = new URL("https://id.example.org/keys");
  assertEquals(access([JWKS]), {
    auth: { ...none, way, algorithms: PUBLIC },
    secret: undefined,
    guests: "off",
  });
  assertEquals(access(["--auth=secret"], { PARLEY_SECRET }), {
    auth: { ...none, way: "secret", algorithms: ["HS256"] },
    secret: { text: "s" },
    guests: "off",
  });
  const more = ["--auth-issuer=i", "--auth-audience=a", "--auth-leeway=5", "--sessions=12h"];
  const some = ["--auth-algorithms=ES256, EdDSA,ES256", "--secret-file=f", "--guests=on"];
  assertEquals(access([JWKS, ...more, ...some]), {
    auth: {
      ...{ way, algorithms: ["ES256", "EdDSA"], issuer: "i", audience: "a", leeway: 5 },
      sessions: 43_200_000,
    },
    secret: { file: "f", name: "--secret-file" },
    guests: "on",
  });
  for (const host of ["localhost:1", "127.0.0.1", "127.1.2.3", "[::1]:8"]) {
    assertEquals(`${access([`--auth=jwks:http://${host}/k`]).auth?.way}`, `http://${host}/k`);
  }
  // Without --auth the secret is for the sessions of guests.
  const guests = "read";
  assertEquals(access(["--guests=read"], { PARLEY_SECRET }), {
    auth: undefined,
    secret: { text: "s" },
    guests,
  });
  const both = { PARLEY_SECRET, PARLEY_SECRET_FILE: "f" };
  const { message } = assertThrows(() => access([], both), FlagError);
  assertEquals(message, "PARLEY_SECRET and PARLEY_SECRET_FILE exclude each other");
});

Deno.test("a password in what is no flag is not repeated", () => {
  const { message } = assertThrows(() => read("redis://ann:secret@h:1"), FlagError);
  assertMatch(message, /redis:\/\/…@h:1/);
});

Deno.test("--redis has what is said kept for as long as the engine does, or within --keep", () => {
  const url = "redis://h:1";
  const redis = (args: string[], env = {}) => readSettings(["--redis", url, ...args], env)!.redis;
  assertEquals(redis([]), { url, prefix: undefined, keep: undefined });
  assertEquals(redis(["--redis-prefix", "p:", "--keep=5", "--keep=1m"]), {
    url,
    prefix: "p:",
    keep: { messages: 5, milliseconds: 60_000 },
  });
  const branch = { DENO_TIMELINE: "git-branch/a {b}" };
  assertEquals(redis([], branch)?.prefix, "parley:git-branch/a%20%7Bb%7D:");
  assertEquals(redis(["--redis-prefix", "p:"], branch)?.prefix, "p:");
});

Deno.test("a variable says what a flag says, and a flag wins", () => {
  const env = {
    PARLEY_PORT: "9000",
    PARLEY_MAX_CONNECTIONS: "5",
    PARLEY_ORIGIN: "https://a.example, https://b.example",
    PARLEY_REUSE_PORT: "true",
    PARLEY_DATA: "d",
    PARLEY_KEEP: "30d,1000",
    PARLEY_REPAIR: "1",
  };
  const settings = (...args: string[]) => readSettings(args, env)!;
  const all = { ...read("--data=d"), port: 9000, "max-connections": 5, "reuse-port": true };
  assertEquals(settings(), {
    ...all,
    origin: ["https://a.example", "https://b.example"],
    data: { ...all.data!, repair: true, keep: { milliseconds: 2_592_000_000, messages: 1000 } },
  });
  const { port, origin, data } = settings("--port=1", "--origin=https://c.example", "--keep=1");
  assertEquals([port, origin, data?.keep], [1, ["https://c.example"], { messages: 1 }]);
  for (const no of ["0", "false"]) {
    assertEquals(readSettings([], { PARLEY_REUSE_PORT: no })?.["reuse-port"], false);
  }
  assertEquals(readSettings(["--help"], { PARLEY_PORT: "x" }), undefined);
});

Deno.test("a variable that is wrong is called by its name", () => {
  for (
    const [env, args, wanted] of [
      [{ PARLEY_PORT: "x" }, [], /^PARLEY_PORT must be a whole number from 0 to 65535, not "x"$/],
      [{ PARLEY_ORIGIN: "https://a.example,b" }, [], /^PARLEY_ORIGIN must be an origin .*"b"$/],
      [{ PARLEY_REPAIR: "yes" }, [], /^PARLEY_REPAIR must be 1, true, 0 or false, not "yes"$/],
      [{ PARLEY_REDIS: "http://:secret@h" }, [], /^PARLEY_REDIS must be an address (?!.*secret)/],
      [{ PARLEY_REDIS: "redis://h" }, ["--data=d"], /^--data and PARLEY_REDIS exclude each other/],
      [{ PARLEY_SYNC: "full" }, [], /^PARLEY_SYNC needs --data DIR/],
      [{ PARLEY_KEEP: "1d" }, [], /^PARLEY_KEEP needs --data DIR or --redis URL/],
      [{ PARLEY_DATA: "d", PARLEY_KEEP: "1d,2d" }, [], /^PARLEY_KEEP can be given twice/],
      [{ PARLEY_PORT: "1" }, ["--port=x"], /^--port must be a whole number/],
    ] as [Record<string, string>, string[], RegExp][]
  ) {
    const { message } = assertThrows(() => readSettings(args, env), FlagError);
    assertMatch(message, wanted);
  }
});

Deno.test("on Deno Deploy a server knows that it is there", () => {
  assertEquals(read().deployed, false);
  for (const name of ["DENO_DEPLOY", "DENO_DEPLOYMENT_ID"]) {
    assertEquals(readSettings([], { [name]: "x" })?.deployed, true);
  }
  assertEquals(readSettings([], { DENO_TIMELINE: "production" })?.deployed, false);
});

Deno.test("the variables of the tests are no misspelt flags", () => {
  const named = [...tools.map(({ variable }) => variable), "PARLEY_INSIST", "PARLEY_DISK_SEED"];
  assertEquals(named.filter((name) => VARIABLES.includes(name) || !OTHERS.test(name)), []);
  assertEquals(OTHERS.test("PARLEY_PORTS"), false);
});

Deno.test("the tasks let the server read its variables, and no others", () => {
  for (const name of ["start:env", "start:cores"] as const) {
    const words = manifest.tasks[name].command.split(" ");
    assert(words.includes("--ignore-env"));
    assertEquals(
      words.filter((word) => word.startsWith("--allow-env")),
      ["--allow-env=PARLEY_*"],
    );
  }
  for (const name of ["start:auth", "invite", "revoke"] as const) {
    const words = manifest.tasks[name].command.split(" ");
    assert(words.includes("--ignore-env"));
    assertEquals(
      words.filter((word) => word.startsWith("--allow-")),
      [...name === "invite" ? [] : ["--allow-net"], "--allow-env=PARLEY_SECRET"],
    );
  }
});

Deno.test("without a flag its default holds, and what is held is held in memory", () => {
  assertEquals(read(), {
    port: 8080,
    hostname: "0.0.0.0",
    "reuse-port": false,
    deployed: false,
    auth: undefined,
    secret: undefined,
    guests: "on",
    names: "open",
    history: 1000,
    memory: 256,
    rate: 10,
    burst: 30,
    "rate-address": undefined,
    "trust-proxy": 0,
    "max-connections": 10_000,
    announce: 200,
    origin: [],
    "idle-timeout": 30,
    "log-level": "info",
  });
});

Deno.test("a service that is asked about messages is named by its address", () => {
  assertEquals(read("--filter=http://localhost:9000/check").filter, {
    ...{ url: "http://localhost:9000/check", timeout: undefined, fail: undefined },
  });
  const { filter } = read("--filter=https://h", "--filter-timeout=50", "--filter-fail=open");
  assertEquals(filter, { url: "https://h", timeout: 50, fail: "open" });
});

Deno.test("where a server is is what others are put below, on the same machine", () => {
  for (
    const [given, wanted] of [
      ["https://chat.test", "https://chat.test/"],
      ["https://chat.test:8443/a/b?c#d", "https://chat.test:8443/a/b/"],
      ["http://chat.test//other.test//", "http://chat.test//other.test/"],
    ] as const
  ) assertEquals(place(given).href, wanted);
  assertThrows(() => place("ftp://chat.test/"), FlagError, "https://chat.example.org/");
});

Deno.test("flags are read; of one that is given twice the last counts, or both", () => {
  const settings = read("--port=1", "--port", "2", "--rate-address", "0", "--log-level=warn");
  assertEquals([settings.port, settings["rate-address"], settings["log-level"]], [2, 0, "warn"]);
  const origins = ["https://example.org", "http://localhost:8000"];
  assertEquals(read(...origins.flatMap((origin) => ["--origin", origin])).origin, origins);
});

Deno.test("--data has what is said kept, within the bounds that are given", () => {
  const all: Data = { directory: "d", sync: true, repair: false, keep: {}, size: undefined };
  assertEquals(data(), all);
  assertEquals(data("--sync", "full"), all);
  assertEquals(data("--sync", "normal"), { ...all, sync: false });
  assertEquals(data("--repair"), { ...all, repair: true });
  for (
    const [text, milliseconds] of [
      ["1m", 60_000],
      ["90m", 5_400_000],
      ["12h", 43_200_000],
      ["30d", 2_592_000_000],
      ["9999d", 863_913_600_000],
    ] as const
  ) assertEquals(data("--keep", text), { ...all, keep: { milliseconds } });
  assertEquals(data("--keep", "1"), { ...all, keep: { messages: 1 } });
  assertEquals(data("--keep", "100000", "--keep", "1h"), {
    ...all,
    keep: { messages: 100_000, milliseconds: 3_600_000 },
  });
  for (
    const [text, size] of [
      ["16M", 16_777_216],
      ["500M", 524_288_000],
      ["10G", 10_737_418_240],
      ["1024T", 1_125_899_906_842_624],
    ] as const
  ) assertEquals(data("--data-size", text), { ...all, size });
});

Deno.test("--help is no time for other flags, and has each in lines that fit a terminal", () => {
  assertEquals(readSettings(["--port=x", "--help"]), undefined);
  const lines = helpOf(FLAGS).split("\n");
  for (const line of lines) assert(line.length < 100 && line === line.trimEnd(), line);
  assertEquals(
    lines.flatMap((line) => line.match(/^ {2}--([a-z-]+) /)?.[1] ?? []),
    [...Object.keys(FLAGS), "help"],
  );
  const at = lines.findIndex((line) => line.startsWith("  --announce"));
  assertEquals(lines.slice(at, at + 2), [
    "  --announce N             people in a room above which nobody is told who",
    "                           comes and goes, only how many are there             200",
  ]);
});

Deno.test("what is wrong is told in one line, which steers no terminal and has no password", () => {
  const wrong = "redis://ann:hush@x/0 \r\n\x1b[2J\u2028";
  for (const args of [["--port", wrong], ["--origin", wrong], [wrong], [`--${wrong}`]]) {
    const { message } = assertThrows(() => readSettings(args), FlagError);
    assertMatch(message, /^[^\p{Cc}\u2028]*redis:\/\/…@x\/0[^\p{Cc}\u2028]*$/u);
  }
});

Deno.test("--help names every variable", () => {
  const text = helpOfVariables(FLAGS);
  for (const line of text.split("\n")) assert(line.length < 100 && line === line.trimEnd(), line);
  assertEquals(text.match(/PARLEY_\w+/g), VARIABLES);
});

Deno.test(
  "README.md has a row for every flag, with its default",
  { ignore: Deno.permissions.querySync({ name: "read" }).state !== "granted" },
  async () => {
    const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));
    const rows = readme.matchAll(/^\| `--([a-z-]+)(?: ([A-Z]+))?` +\| (.+?) +\|/gm);
    assertEquals(
      Array.from(
        rows,
        ([, name, value, otherwise]) => [name, value, otherwise!.replaceAll("`", "")],
      ),
      Object.entries(FLAGS).map(([name, flag]) => {
        const { value, otherwise } = { value: undefined, otherwise: "no", ...flag };
        return [name, value, otherwise];
      }),
    );
  },
);
