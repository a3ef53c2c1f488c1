/** The longest page. */
const LIMIT = 200;

/** A page of a room's history. */
interface Page {
  messages: { id: string }[];
  complete: boolean;
}

/** The ids of all messages of a room, read by HTTP from the newest to the oldest; told oldest first. */
export async function backwards(host: string, room: string): Promise<string[]> {
  const pages: string[][] = [];
  for (let before = {}, complete = false; !complete;) {
    const page = await read(host, room, before);
    const ids = page.messages.map(({ id }) => id);
    pages.unshift(ids);
    before = { before: ids[0] };
    complete = page.complete || ids.length === 0;
  }
  return pages.flat();
}

/** The ids of all messages of a room after one, read by HTTP from there to the newest. */
export async function forwards(host: string, room: string, since: string): Promise<string[]> {
  const ids: string[] = [];
  for (let complete = false; !complete;) {
    const page = await read(host, room, { since: ids.at(-1) ?? since });
    ids.push(...page.messages.map(({ id }) => id));
    complete = page.complete || page.messages.length === 0;
  }
  return ids;
}

async function read(host: string, room: string, from: Record<string, string>): Promise<Page> {
  const query = new URLSearchParams({ limit: String(LIMIT), ...from });
  const answer = await fetch(`http://${host}/api/rooms/${room}/messages?${query}`);
  if (!answer.ok) throw new Error(`Cannot read the history of ${room}: ${await answer.text()}`);
  return await answer.json();
}
