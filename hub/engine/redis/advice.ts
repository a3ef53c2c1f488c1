import type { Address } from "./address.ts";

/** What a server says of itself. */
export interface Server {
  version: string;
  /** Of the process: another one has another. */
  run: string;
  /** Is it a copy of another one, which takes no messages? */
  isReplica: boolean;
}

/** The oldest Redis whose scripts may say what they do. */
const VERSION = 7;

/** Reads the answer to INFO. */
export function readServer(info: string): Server {
  const field = (name: string) => info.match(new RegExp(`^${name}:(\\S+)`, "m"))?.[1] ?? "";
  return {
    version: field("redis_version"),
    run: field("run_id"),
    isReplica: field("role") === "slave",
  };
}

/** Why a server cannot be used, and what to do; nothing where it can. */
export function adviceOnServer({ version, isReplica }: Server): string | undefined {
  if (version === "") return "Cannot use what is there: it does not say which Redis it is";
  if (parseInt(version) < VERSION) {
    return `Cannot use Redis ${version}: at least version ${VERSION} is needed`;
  }
  if (!isReplica) return undefined;
  return "Cannot use this Redis: it is a replica, which keeps no messages; name its master, or the Sentinels " +
    "that know which one that is, as in redis+sentinel://host:26379/mymaster";
}

/** What an error in connecting means, and what to do. No user and no password is in it. */
export function adviceOnError(error: string, address: Address): string {
  const { sentinels, host, port, tls, name } = address;
  const where = (sentinels ?? [{ host, port }]).map(({ host, port }) => `${host}:${port}`).join(
    ", ",
  );
  const code = error.match(/\b(WRONGPASS|NOAUTH|NOPERM)\b/)?.[0];
  if (code === "NOPERM") {
    return `Cannot use Redis at ${where}: its user may not do all that is needed (NOPERM); allow it ` +
      "+@all -@dangerous +info, all keys and all channels with the prefix";
  }
  if (code !== undefined || /invalid password/.test(error)) {
    return `Cannot use Redis at ${where}: it refuses the user or the password (${code}); put both into its ` +
      "URL, as in redis://user:password@host:6379";
  }
  if (/NOPROTO|unknown command.*hello/i.test(error)) {
    return `Cannot use Redis at ${where}: it does not know RESP3; it or the proxy in front of it is older ` +
      `than Redis ${VERSION}`;
  }
  if (/invalid reply: null/.test(error)) {
    return `Cannot find Redis: the Sentinels at ${where} know no master with the name ${name}`;
  }
  if (sentinels && /sentinel/i.test(error)) {
    return `Cannot reach Redis: none of the Sentinels at ${where} can be reached, or says where it is`;
  }
  if (/ENOTFOUND|EAI_AGAIN|getaddrinfo|dns/i.test(error)) {
    return `Cannot find Redis: there is no host ${where}`;
  }
  if (/RESP|protocol error|unexpected/i.test(error) && !tls) {
    return `Cannot use what is at ${where}: it does not speak as Redis does`;
  }
  if (tls && /certificate|UnknownIssuer|self.?signed|NotValidForName/i.test(error)) {
    return `Cannot trust Redis at ${where}: ${error}; have Deno know who signed its certificate, by ` +
      "--cert FILE or DENO_CERT";
  }
  if (
    tls &&
    /InvalidContentType|corrupt|InvalidMessage|closed|answer|ETIMEDOUT|ECONNRESET|EPIPE|EPROTO/i
      .test(
        error,
      )
  ) {
    return `Cannot reach Redis at ${where}: it does not answer by TLS; if it has none, its URL begins with ` +
      "redis:// and not rediss://";
  }
  if (/closed|ECONNRESET|EPIPE/i.test(error)) {
    return `Cannot reach Redis at ${where}: it closes the connection; if it wants TLS, its URL begins with rediss://`;
  }
  return `Cannot reach Redis at ${where}: ${error}`;
}
