/**
 * What a person has not read of a conversation. Knows nothing of the page.
 *
 * @module
 */

/** How many of the newest are known one by one; of the rest, how many they are. */
const KNOWN = 1_000;

/** Messages of others that are not read. */
export class Unread {
  /** The newest of them, in their order. @type {{ order: string, calls: boolean }[]} */
  #newest = [];
  /** How many there are. */
  count = 0;
  /** How many of them call this person: by their name, or because they are private. */
  calls = 0;
  /** Order of the first one; empty: there is none. */
  first = "";

  /** @param {string} order @param {boolean} calls does it call this person? */
  add(order, calls) {
    if (this.count === 0 || order < this.first) this.first = order;
    this.count++;
    if (calls) this.calls++;
    const before = this.#newest.findLastIndex((known) => known.order < order);
    this.#newest.splice(before + 1, 0, { order, calls });
    if (this.#newest.length > KNOWN) this.#newest.shift();
  }

  /** Takes note that all up to an order is read. @param {string} order */
  readTo(order) {
    const read = this.#newest.findLastIndex((known) => known.order <= order) + 1;
    if (read === 0) return;
    this.#newest.splice(0, read);
    this.count = this.#newest.length;
    this.calls = this.#newest.filter(({ calls }) => calls).length;
    this.first = this.#newest[0]?.order ?? "";
  }

  /** Takes note that something was taken back. @param {string} order */
  remove(order) {
    const at = this.#newest.findIndex((known) => known.order === order);
    if (at < 0) return;
    const [{ calls = false } = {}] = this.#newest.splice(at, 1);
    this.count--;
    if (calls) this.calls--;
    if (order === this.first) this.first = this.#newest[0]?.order ?? "";
  }

  /** Takes note that all is read. */
  clear() {
    this.#newest = [];
    this.count = this.calls = 0;
    this.first = "";
  }
}
