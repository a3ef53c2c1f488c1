import type { Channel } from "../engine.ts";
import { PATIENCE } from "./bounds.ts";
import { ALL, type Keys } from "./keys.ts";
import { type Link, now, Script } from "./link.ts";
import nodesText from "./nodes.lua" with { type: "text" };
import strayText from "./stray.lua" with { type: "text" };

const [NODES, STRAY] = [nodesText, strayText].map((text) => new Script(text)) as [Script, Script];

/** People of a room who are looked at. */
const PEOPLE = 100;

/**
 * People of nodes that have no lease, of whom nothing else tells: as where a step reached Redis after its node
 * was reaped, or had ended in order. Looks at some rooms, and has those nodes reaped as if they had just died.
 *
 * @throws {Error}
 */
export async function findStrays(link: Link, keys: Keys, rooms: Channel[]) {
  const until = now() + PATIENCE;
  const found = new Map<string, Channel[]>();
  await Promise.all([ALL, ...rooms].map(async (channel) => {
    const { who } = keys.there(channel);
    for (const node of await link.run(NODES, [who], [PEOPLE], until) as string[]) {
      found.set(node, [...found.get(node) ?? [], channel]);
    }
  }));
  const { lease, reaped } = keys.nodes;
  // Asked for last: who is somewhere has had a lease before.
  const [alive] = await link.all([["zrange", lease, 0, -1]], until) as [string[]];
  for (const node of alive) found.delete(node);
  await Promise.all([...found].map(([node, channels]) => {
    // A reaper looks by itself at all who are connected.
    const at = channels.filter((channel) => channel !== ALL);
    return link.run(STRAY, [lease, reaped, keys.at(node)], [node, ...at], until);
  }));
}
