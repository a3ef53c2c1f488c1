import { firstIndex } from "./first_index.ts";

/** A part of something long: `most` of its items, the first of them after a name. */
export interface Part {
  /** Without it the first items of all. */
  after?: string;
  most: number;
}

/** Items in the order of their names, which stay what they are while an item is in. */
export class Sorted<T> {
  #items: T[] = [];
  #nameOf: (item: T) => string;

  constructor(nameOf: (item: T) => string) {
    this.#nameOf = nameOf;
  }

  /** How many there are. */
  get size(): number {
    return this.#items.length;
  }

  /** Puts an item in its place. */
  add(item: T) {
    this.#items.splice(this.#find(this.#nameOf(item)), 0, item);
  }

  /** Takes out an item, which must be in. */
  delete(item: T) {
    this.#items.splice(this.#items.indexOf(item, this.#find(this.#nameOf(item))), 1);
  }

  /** A part of them. */
  part({ after, most }: Part): T[] {
    const start = after === undefined
      ? 0
      : firstIndex(this.#items, (item) => this.#nameOf(item) > after);
    return this.#items.slice(start, start + most);
  }

  #find(name: string): number {
    return firstIndex(this.#items, (item) => this.#nameOf(item) >= name);
  }
}
