/**
 * What it costs to know who people are: how fast they come in with tokens and without, what a message
 * costs then, and what a pair that talks feels of thousands who come at once.
 *
 *     deno task bench:auth [--people N] [--storm N] [--repeat N]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { tokenKey } from "../routes/identity/keys.ts";
import { Provider, SECRET, sign, Signer } from "../tests/access/issuer.ts";
import type { Job, Outcome } from "./auth/load.ts";
import { MEMORY } from "./durable/pair.ts";
import { pinned } from "./launch.ts";
import { describeMachine } from "./machine.ts";
import { prepare } from "./prepare.ts";
import { table } from "./report.ts";
import { chooseCores } from "./runner.ts";
import { type Contender, serve, start } from "./servers.ts";
import { format, median } from "./statistics.ts";

const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));

const { values } = parseArgs({
  options: {
    people: { type: "string", default: "2000" },
    storm: { type: "string", default: "5000" },
    repeat: { type: "string", default: "5" },
  },
});
const [people, many, repeat] = [values.people, values.storm, values.repeat].map(Number);
const cores = await chooseCores();

/** One way in which people prove who they are, or none. */
interface Way {
  name: string;
  /** What the server is called with. */
  flags: string[];
  /** The token of somebody, by name. */
  token(username: string): Promise<string> | null;
  provider?: Provider;
}

const secret = await tokenKey(SECRET);
/** All that a token can say and that makes no message longer. */
const claims = { rooms: { read: ["*"], write: ["room*"] }, jti: "x" };

async function signedBy(alg: string): Promise<Way & { provider: Provider; signer: Signer }> {
  const signer = await Signer.make(alg);
  const provider = new Provider(signer);
  return {
    ...{ name: alg, provider, signer, flags: ["--auth", `jwks:${provider.url}`] },
    token: (sub) => signer.sign({ ...claims, sub }),
  };
}

const open: Way = { name: "open", flags: [], token: () => null };
const shared: Way = {
  name: "HS256",
  flags: ["--auth", "secret", "--sessions", "30d"],
  token: (sub) => sign(secret, { ...claims, sub }),
};

/** The server as it is for one of them. */
function contender({ name, flags }: Way): Contender {
  return {
    ...MEMORY,
    ...{ name, title: name, dialect: "known" },
    env: () => ({ PARLEY_SECRET: new TextDecoder().decode(SECRET) }),
    command(port) {
      const words = serve(new URL("../", import.meta.url).pathname, port);
      words.splice(words.indexOf("--allow-net"), 0, "--allow-env=PARLEY_SECRET");
      return [...words, ...flags];
    },
  };
}

const nameOf = (i: number) => `user${String(i).padStart(4, "0")}`;

/** Does a job on a server of its own. @param begun is called once that knows the keys of its provider */
async function measure(
  what: Job["what"],
  way: Way,
  tokens: (string | null)[],
  begun: () => unknown = () => {},
): Promise<Outcome> {
  await using server = await start(contender(way), { core: cores.server });
  const authorization = `Bearer ${await way.token("nobody") ?? "none"}`;
  const answer = await fetch(`http://127.0.0.1:${server.target.port}/api/stats`, {
    headers: { authorization },
  });
  if (!answer.ok) throw new Error(`Cannot measure ${way.name}: ${await answer.text()}`);
  await answer.body?.cancel();
  await begun();
  const program = new URL("auth/load.ts", import.meta.url).pathname;
  const [command, ...args] = pinned(cores.generator, [Deno.execPath(), "run", "-A", program]);
  await using load = new Deno.Command(command!, { args, stdin: "piped", stdout: "piped" }).spawn();
  const output = load.output();
  const job: Job = { what, target: server.target, tokens };
  await new Response(JSON.stringify(job)).body!.pipeTo(load.stdin);
  const { stdout } = await output;
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Several repetitions for each of some ways, by turns: their middle and least; and what went wrong. */
async function compare(what: Job["what"], ways: Way[], count: number) {
  const figures = new Map(ways.map(({ name }) => [name, [] as Outcome["figures"][]]));
  const faults = new Set<string>();
  for (let round = 0; round < repeat!; round++) {
    for (const way of ways) {
      const names = Array.from({ length: count }, (_, i) => nameOf(i));
      const tokens = await Promise.all(names.map((name) => way.token(name)));
      const outcome = await measure(what, way, tokens);
      figures.get(way.name)!.push(outcome.figures);
      // Each once, however often and much.
      for (const fault of outcome.faults) faults.add(fault.replace(/\d+ %/, "a part"));
    }
  }
  const all = (name: string, key: string) => figures.get(name)!.map((figures) => figures[key]!);
  const middle = (name: string, key: string) => median(all(name, key));
  const least = (name: string, key: string) => Math.min(...all(name, key));
  return { middle, least, faults: [...faults] };
}

const signers = await Promise.all(["ES256", "EdDSA", "RS256"].map(signedBy));
const ways = [open, shared, ...signers];

print(await describeMachine(await prepare([MEMORY])));
print(`\n${people} people come to one room, the median of ${repeat}:\n`);
const came = await compare("connect", ways, people!);
const columns = [["rate", 0], ["cost", 0], ["again", 0], ["costAgain", 0]] as const;
print(table(
  [
    "",
    ...["they come", "all come once more"].flatMap((when) => [
      ...[`${when}: a second`, "× open", "µs of CPU each", "× open"],
    ]),
  ],
  ways.map(({ name }) => [
    name,
    ...columns.flatMap(([key, digits]) => [
      format(came.middle(name, key), digits),
      format(came.middle(name, key) / came.middle("open", key), 2),
    ]),
  ]),
));
print(`\n50 rooms of two say 5,000 messages a second, the middle and the least of ${repeat}:\n`);
const talk = await compare("talk", [open, shared], 100);
print(table(
  ["", "µs of CPU per message", "× open", "least", "× open"],
  ["open", "HS256"].map((name) => [
    name,
    ...[talk.middle, talk.least].flatMap((of) => [
      format(of(name, "cost"), 2),
      format(of(name, "cost") / of("open", "cost"), 3),
    ]),
  ]),
));

/** A tenth more come, by a key that nobody knows. */
const [es256] = signers;
const stranger = await Signer.make("ES256", "unknown");
const tokens = await Promise.all(
  Array.from({ length: 2 + Math.floor(many! * 1.1) }, (_, i) => {
    const signer = i > 2 && i % 11 === 0 ? stranger : es256!.signer;
    return signer.sign({ ...claims, sub: nameOf(i) });
  }),
);
print(
  `\nA pair talks, ${many} come at once, with a tenth more by an unknown key; the provider is dead:\n`,
);
const dead = () => es256!.provider[Symbol.asyncDispose]();
const storms = [
  ["open", await measure("storm", open, Array(2 + many!).fill(null))],
  ["ES256", await measure("storm", es256!, tokens, dead)],
] as const;
print(table(
  [
    "",
    "came in",
    "told unavailable",
    "otherwise gone",
    "seconds",
    "p99 before",
    "p99",
    "worst",
    "lost",
  ],
  storms.map(([name, { figures }]) => [
    ...[name, ...["inside", "told", "other"].map((key) => format(figures[key]!, 0))],
    ...["took", "calm", "p99", "worst"].map((key) => format(figures[key]!, 1)),
    format(figures.lost!, 0),
  ]),
));
print([...came.faults, ...talk.faults].map((fault) => `- ${fault}`).join("\n"));
Deno.exit(0);
