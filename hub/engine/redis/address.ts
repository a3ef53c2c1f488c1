import type { RedisOptions } from "ioredis";

/** Where Redis is, in the words of its client. */
export type Address = Pick<
  RedisOptions,
  | "host"
  | "port"
  | "username"
  | "password"
  | "db"
  | "tls"
  | "sentinels"
  | "name"
  | "sentinelUsername"
  | "sentinelPassword"
  | "sentinelTLS"
  | "enableTLSForSentinelMode"
>;

const HOST = String.raw`(?:\[[\da-fA-F:.]+\]|[^\s:,/?#@[\]]+)(?::\d{1,5})?`;
const URLS = new RegExp(
  String.raw`^redis(?<tls>s?)(?<sentinel>\+sentinel)?://(?:(?<auth>[^\s/?#@]*)@)?` +
    String.raw`(?<hosts>${HOST}(?:,${HOST})*)(?<path>/[^\s?#]*)?(?:\?(?<query>[^\s#]*))?$`,
);

/**
 * Reads where Redis is.
 *
 * `redis://[[user]:password@]host[:port][/db]`, and `rediss://` with TLS. Or the Sentinels that know which
 * Redis is the master: `redis+sentinel://[[user]:password@]host[:port][,host[:port]…]/name[/db]`, and
 * `rediss+sentinel://` with TLS to both; the user and the password are Redis' own there, those of the
 * Sentinels follow as `?sentinelUsername=…&sentinelPassword=…`. What has a meaning in a URL is written as
 * there: `%40` for `@`.
 *
 * @returns nothing where it is no such address
 */
export function readAddress(url: string): Address | undefined {
  const { tls, sentinel, auth, hosts, path = "", query } = URLS.exec(url)?.groups ?? {};
  if (hosts === undefined) return undefined;
  try {
    const [user, ...password] = (auth ?? "").split(":");
    const own = {
      username: user ? decodeURIComponent(user) : undefined,
      password: password.length > 0 ? decodeURIComponent(password.join(":")) : undefined,
      tls: tls ? {} : undefined,
    };
    const all = hosts.split(",").map((host) => readHost(host, sentinel ? 26_379 : 6_379));
    const [, name, db, ...rest] = sentinel
      ? path.split("/")
      : ["", "", ...path.split("/").slice(1)];
    if (rest.length > 0 || !/^\d{0,5}$/.test(db ?? "")) return undefined;
    if (!sentinel) {
      return all.length === 1 && query === undefined
        ? { ...own, ...all[0], db: Number(db ?? 0) }
        : undefined;
    }
    if (!name) return undefined;
    const more = new URLSearchParams(query);
    return {
      ...own,
      sentinels: all,
      name: decodeURIComponent(name),
      db: Number(db ?? 0),
      sentinelUsername: more.get("sentinelUsername") ?? undefined,
      sentinelPassword: more.get("sentinelPassword") ?? undefined,
      sentinelTLS: own.tls,
      enableTLSForSentinelMode: own.tls !== undefined,
    };
  } catch {
    // What is said with % says nothing, or the port is none.
    return undefined;
  }
}

/** @throws {RangeError} */
function readHost(text: string, usual: number): { host: string; port: number } {
  const [, v6, name, digits = usual] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(text)!;
  const port = Number(digits);
  if (port < 1 || port > 65_535) throw new RangeError("There is no such port");
  return { host: v6 ?? name!, port };
}
