import { ChatError } from "../messages.ts";
import type { Config, Info } from "./config.ts";
import type { Context } from "./context.ts";
import { networkOf } from "./network.ts";

/** Longest name of a host, with its port. */
const LONGEST = 261;

/**
 * The network of the client: of the address that the outermost of `trustProxy` proxies saw, else of the
 * nearest one that is known. Undefined where there is none, as on a Unix socket without a proxy.
 */
export function clientOf(
  { remoteAddr }: Partial<Info>,
  headers: Headers,
  { trustProxy }: Config,
): string | undefined {
  let nearest = remoteAddr && "hostname" in remoteAddr ? networkOf(remoteAddr.hostname) : undefined;
  for (const entry of newest(trustProxy, headers, "x-forwarded-for")) {
    const network = networkOf(entry);
    // What is left of it was written by who knows whom.
    if (network === undefined) break;
    nearest = network;
  }
  return nearest;
}

/** The host that the client asked for, and whether by TLS: trusted proxies know better than we do. */
export function siteOf(
  { request: { headers }, url, config: { trustProxy } }: Context,
): { host: string; secure: boolean } {
  const proto = newest(trustProxy, headers, "x-forwarded-proto").at(-1) ??
    url.protocol.slice(0, -1);
  const secure = proto.toLowerCase() === "https";
  const given = newest(trustProxy, headers, "x-forwarded-host").at(-1);
  const asked = given && given.length <= LONGEST
    ? URL.parse(`${secure ? "https" : "http"}://${given}`)
    : undefined;
  return { host: (asked ?? url).host, secure };
}

/** May pages of this origin use the server? Its own may, and whoever is no page of a site sends none. */
export function isWelcome(context: Context): boolean {
  const { request, config: { origins } } = context;
  const origin = request.headers.get("origin");
  if (origin === null || origins.length === 0 || origins.includes(origin)) return true;
  return URL.parse(origin)?.host === siteOf(context).host;
}

/** Lets pages of other origins do nothing that changes anything. @param what they may not do @throws {ChatError} `forbidden` */
export function refusePages(context: Context, what: string) {
  if (isWelcome(context)) return;
  throw new ChatError("forbidden", `Pages of this origin may not ${what}`);
}

/** The entries that trusted proxies have added to a header, the newest first. */
function newest(trustProxy: number, headers: Headers, name: string): string[] {
  if (trustProxy === 0) return [];
  return headers.get(name)?.split(",").slice(-trustProxy).reverse().map((entry) => entry.trim()) ??
    [];
}
