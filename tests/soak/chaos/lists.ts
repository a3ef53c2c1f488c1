import type { Crowd, Truth } from "./crowd.ts";
import { ROOMS } from "./crowd.ts";

/** A page of a list of people. */
interface Page {
  users: { username: string; rooms: string[]; connections: number }[];
  count: number;
  next?: string;
}

/** People of a page: few, so that there are several pages. */
const LIMIT = 7;

/** What is wrong with all lists of who is there, in words: those of each node, and those that people were told. */
export async function strangers(hosts: Map<string, string>, crowd: Crowd): Promise<string[]> {
  const { truth } = crowd;
  const wrong: string[] = [];
  for (const [node, host] of hosts) {
    wrong.push(...differences(`${node} tells`, await listed(host), all(truth)));
    for (const room of ROOMS) {
      const there = await listed(host, room);
      wrong.push(...differences(`${node} tells of ${room}`, there, all(truth, room)));
    }
  }
  for (const person of crowd.people) {
    for (const room of person.rooms) {
      const told = new Set(person.people(room));
      wrong.push(...differences(`${person.mark} knows of ${room}`, told, names(truth, room)));
    }
  }
  return wrong;
}

/** Everybody in words: their name, rooms, and connections. */
function all(truth: Truth, room?: string): Set<string> {
  return new Set(
    [...truth].filter(([, { rooms }]) => room === undefined || rooms.has(room))
      .map(([username, { rooms, connections }]) =>
        described({ username, rooms: [...rooms], connections })
      ),
  );
}

/** Only their names. */
function names(truth: Truth, room: string): Set<string> {
  return new Set([...truth].flatMap(([name, { rooms }]) => rooms.has(room) ? [name] : []));
}

function described({ username, rooms, connections }: Page["users"][number]): string {
  return `${username} (${connections}: ${[...rooms].sort()})`;
}

/** Who a node says is there, page by page. */
async function listed(host: string, room?: string): Promise<Set<string>> {
  const users: string[] = [];
  let after: string | undefined;
  do {
    const query = new URLSearchParams({ limit: `${LIMIT}` });
    if (room !== undefined) query.set("room", room);
    if (after !== undefined) query.set("after", after);
    const signal = AbortSignal.timeout(5_000);
    const answer = await fetch(`http://${host}/api/users?${query}`, { signal });
    if (!answer.ok) return new Set([`nothing but ${await answer.text()}`]);
    const page: Page = await answer.json();
    users.push(...page.users.map(described));
    after = page.next;
  } while (after !== undefined && users.length < 1_000);
  return new Set(users);
}

function differences(what: string, told: Set<string>, truth: Set<string>): string[] {
  return [
    ...[...told.difference(truth)].map((one) => `${what} ${one}, who is not so there`),
    ...[...truth.difference(told)].map((one) => `${what} nothing of ${one}`),
  ];
}
