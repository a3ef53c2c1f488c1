import { ROOMS, type Truth } from "./crowd.ts";

/** Somebody in a list. */
interface User {
  username: string;
  rooms: string[];
  connections: number;
}

/** Who is there, and what people know of that. */
export interface Known {
  truth: Truth;
  people: {
    mark: string;
    rooms: string[];
    people(room: string): string[];
    story(room: string, username: string): string;
  }[];
}

/** A page of a list of people. */
interface Page {
  users: User[];
  next?: string;
}

/** People of a page: few, so that there are several pages. */
const LIMIT = 7;
/** Those who are read at most: many more than there are. */
const MOST = 1_000;
/** Milliseconds for a page. */
const PATIENCE = 5_000;

/** What is wrong with all lists of who is there, in words: those of each node, and those that people were told. */
export async function strangers(hosts: Map<string, string>, crowd: Known): Promise<string[]> {
  const { truth } = crowd;
  const wrong: string[] = [];
  const here = (await Promise.all([...hosts.values()].map((host) => read(host, { scope: "node" }))))
    .flat();
  wrong.push(...differences("the nodes by themselves have", described(sum(here)), all(truth)));
  for (const [node, host] of hosts) {
    wrong.push(...differences(`${node} tells`, described(await read(host)), all(truth)));
    for (const room of ROOMS) {
      const there = described(await read(host, { room }));
      wrong.push(...differences(`${node} tells of ${room}`, there, all(truth, room)));
    }
  }
  for (const person of crowd.people) {
    for (const room of person.rooms) {
      const told = new Set(person.people(room));
      const there = names(truth, room);
      wrong.push(
        ...[...told.symmetricDifference(there)].map((name) => {
          const what = told.has(name) ? `${name}, who is not there` : `nothing of ${name}`;
          return `${person.mark} knows of ${room} ${what} (${person.story(room, name)})`;
        }),
      );
    }
  }
  return wrong;
}

/** Everybody in words: their name, rooms, and connections. */
function all(truth: Truth, room?: string): Set<string> {
  const there = [...truth].filter(([, { rooms }]) => room === undefined || rooms.has(room));
  return described(
    there.map(([username, { rooms, connections }]) => ({
      ...{ username, rooms: [...rooms], connections },
    })),
  );
}

/** Only their names. */
function names(truth: Truth, room: string): Set<string> {
  return new Set([...truth].flatMap(([name, { rooms }]) => rooms.has(room) ? [name] : []));
}

/** Those who are in several lists, once. */
function sum(users: User[]): User[] {
  return [...Map.groupBy(users, ({ username }) => username)].map(([username, some]) => ({
    username,
    rooms: [...new Set(some.flatMap(({ rooms }) => rooms))],
    connections: some.reduce((sum, { connections }) => sum + connections, 0),
  }));
}

function described(users: User[]): Set<string> {
  return new Set(
    users.map(({ username, rooms, connections }) =>
      `${username} (${connections}: ${[...rooms].sort()})`
    ),
  );
}

/** Who a node says is there, page by page. */
async function read(host: string, query: Record<string, string> = {}): Promise<User[]> {
  const users: User[] = [];
  let after: string | undefined;
  do {
    const params = new URLSearchParams({ limit: `${LIMIT}`, ...query });
    if (after !== undefined) params.set("after", after);
    const signal = AbortSignal.timeout(PATIENCE);
    const answer = await fetch(`http://${host}/api/users?${params}`, { signal });
    if (!answer.ok) {
      return [{ username: `nothing but ${await answer.text()}`, rooms: [], connections: 0 }];
    }
    const page: Page = await answer.json();
    users.push(...page.users);
    after = page.next;
  } while (after !== undefined && users.length < MOST);
  return users;
}

function differences(what: string, told: Set<string>, truth: Set<string>): string[] {
  return [
    ...[...told.difference(truth)].map((one) => `${what} ${one}, who is not so there`),
    ...[...truth.difference(told)].map((one) => `${what} nothing of ${one}`),
  ];
}
