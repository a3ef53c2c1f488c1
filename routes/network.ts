import { isIPv4, isIPv6 } from "node:net";

/** Longest text that can be an address with a port: an IPv4 one written as IPv6, in brackets. */
const LONGEST = 64;

/**
 * The network of an address, as one person or household has it: an IPv4 address, also where it is
 * mapped into IPv6, or the first 64 bits of an IPv6 address. A port is left out; undefined for anything
 * else.
 */
export function networkOf(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  const address = text.trim()
    .replace(/^\[(.*)\](?::\d+)?$/, "$1")
    .replace(/^([\d.]+):\d+$/, "$1")
    .replace(/%.*$/, "");
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return undefined;
  const groups = groupsOf(address);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups.slice(6).flatMap((group) => [group >> 8, group & 255]).join(".");
  }
  return `${groups.slice(0, 4).map((group) => group.toString(16)).join(":")}::/64`;
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
  // A URL has it in one form: without dots, and with one `::` at most.
  const { hostname } = new URL(`http://[${address}]/`);
  const [start, end] = hostname.slice(1, -1).split("::").map((half) => half.split(":"));
  const zeros = end ? new Array(8 - start!.length - end.length).fill("0") : [];
  return [...start!, ...zeros, ...(end ?? [])].map((group) => parseInt(group || "0", 16));
}
