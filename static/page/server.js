/// <reference lib="dom" />
/**
 * Where the page's server is. The page may be one path of a bigger site, so it asks for nothing by a
 * path from the root.
 *
 * @module
 */

/** The address of a path on the server, such as `api/rooms`. @param {string} path */
export const address = (path) => new URL(`../${path}`, import.meta.url).href;

/**
 * The rooms there are, which the server tells a part at a time.
 *
 * @returns {Promise<{ room: string, users: number }[]>}
 */
export async function listRooms() {
  const rooms = [];
  let next = "";
  while (next !== undefined) {
    const answer = await fetch(address(`api/rooms?limit=1000&after=${next}`));
    if (!answer.ok) throw new Error(`Cannot list the rooms: the server says ${answer.status}`);
    const part = await answer.json();
    rooms.push(...part.rooms);
    next = part.next;
  }
  return rooms;
}
