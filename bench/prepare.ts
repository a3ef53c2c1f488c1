/**
 * Brings what the peers need into `bench/peers`, once, and says what is missing.
 *
 * @module
 */
import { output } from "./runner.ts";
import type { Contender } from "./servers.ts";

const peers = new URL("peers/", import.meta.url).pathname;

/** Where Debian's `golang-*-dev` packages put their sources. */
const GOPATH = "/usr/share/gocode";

const steps = {
  npm: {
    result: `${peers}node_modules/@socket.io/redis-streams-adapter/package.json`,
    command: ["npm", "ci"],
    env: {},
    missing: "npm ci in bench/peers failed",
  },
  go: {
    result: `${peers}bin/chat`,
    command: ["go", "build", "-o", "bin/chat", "go/chat.go"],
    env: { GO111MODULE: "off", GOPATH, GOFLAGS: "" },
    missing: "it needs Debian's golang-go and golang-github-gorilla-websocket-dev",
  },
};

/** A contender that takes part, or the reason why it does not. */
export interface Readiness {
  contender: Contender;
  /** What it runs on, as that says itself. */
  version?: string;
  /** Why it is skipped. */
  skipped?: string;
}

/** Installs and builds what is needed; servers whose ground is missing are marked as skipped. */
export async function prepare(contenders: Contender[]): Promise<Readiness[]> {
  const failed = new Map<string, string>();
  for (const need of new Set(contenders.map(({ needs }) => needs))) {
    if (!need) continue;
    const { result, command, env, missing } = steps[need];
    if (await exists(result)) continue;
    if (await output(command, { cwd: peers, env }) === undefined) failed.set(need, missing);
  }
  return await Promise.all(contenders.map(async (contender) => {
    const skipped = failed.get(contender.needs ?? "");
    if (skipped) return { contender, skipped };
    const version = (await output(contender.version))?.split("\n")[0];
    return version === undefined
      ? { contender, skipped: `${contender.version[0]!.split("/").at(-1)} is not there` }
      : { contender, version };
  }));
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
