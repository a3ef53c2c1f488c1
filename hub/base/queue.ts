/** An item of a {@linkcode Queue}, between two others. */
interface Item<Key, Value> {
  readonly key: Key;
  readonly value: Value;
  older?: Item<Key, Value>;
  newer?: Item<Key, Value>;
}

/**
 * Values by key, in the order in which they were put in, with the oldest at hand. In a Map it is not:
 * the way to its first entry leads past all that stood before it and are gone, which can be thousands.
 */
export class Queue<Key, Value> {
  #items = new Map<Key, Item<Key, Value>>();
  #oldest?: Item<Key, Value>;
  #newest?: Item<Key, Value>;

  /** How many there are. */
  get size(): number {
    return this.#items.size;
  }

  /** What has been in it for the longest time. */
  get oldest(): { readonly key: Key; readonly value: Value } | undefined {
    return this.#oldest;
  }

  /** The value of a key. */
  get(key: Key): Value | undefined {
    return this.#items.get(key)?.value;
  }

  /** Puts a value at the end, instead of the one that its key had. */
  push(key: Key, value: Value) {
    this.delete(key);
    const item: Item<Key, Value> = { key, value, older: this.#newest, newer: undefined };
    if (this.#newest) this.#newest.newer = item;
    else this.#oldest = item;
    this.#newest = item;
    this.#items.set(key, item);
  }

  /** Takes out a key's value, if it has one. */
  delete(key: Key) {
    const item = this.#items.get(key);
    if (!item) return;
    const { older, newer } = item;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    this.#items.delete(key);
  }
}
