import type { Readiness } from "./prepare.ts";

/** The machine and the versions of what ran on it, as Markdown; no names of hosts or paths. */
export async function describeMachine(ready: Readiness[]): Promise<string> {
  const read = (path: string) => Deno.readTextFile(path).catch(() => "");
  const model = (await read("/proc/cpuinfo")).match(/model name\s*:\s*(.*)/)?.[1] ?? "unknown CPU";
  const kernel = (await read("/proc/sys/kernel/osrelease")).match(/^[\d.]+/)?.[0] ?? "unknown";
  const control = (await read("/proc/sys/net/ipv4/tcp_congestion_control")).trim();
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  const versions = new Map<string, string>();
  for (const { contender, version } of ready) {
    if (version) versions.set(contender.version[0]!.split("/").at(-1)!, version);
  }
  const peers = JSON.parse(await Deno.readTextFile(new URL("peers/package.json", import.meta.url)));
  const packages = Object.entries(peers.dependencies).filter(([name]) => name !== "bun")
    .map(([name, version]) => `${name} ${version}`);
  return [
    `- ${model}, ${navigator.hardwareConcurrency} cores, ${memory} GiB`,
    `- Linux ${kernel}, ${Deno.build.arch}${control && `, TCP congestion control ${control}`}`,
    `- ${[...versions].map(([name, text]) => tidy(name, text)).concat(packages).join(", ")}`,
  ].join("\n");
}

/** "v20.1.0", "go version go1.19 linux/amd64" or "deno 2.9.6 (stable …)" as "name version". */
function tidy(name: string, text: string): string {
  return `${name} ${text.match(/\d+(\.\d+)+/)?.[0] ?? text}`;
}
