import { keyOf } from "../../../static/names.js";
import type { Channel } from "../engine.ts";

/**
 * Names of everything that is in Redis, as `docs/cluster.md` lists it. What one script touches has the
 * same tag in braces, so that a Redis Cluster has it on one node: a room has a tag of its own, and all
 * inboxes share one, because a private message is for two of them.
 */
export class Keys {
  readonly epoch: string;
  /** All rooms. */
  readonly rooms: string;
  #prefix: string;
  #published: string;

  /** @param database what is published reaches all databases of a Redis, so its number is in those names */
  constructor(prefix: string, database = 0) {
    this.#prefix = prefix;
    this.#published = database === 0 ? prefix : `${prefix}${database}:`;
    this.epoch = `${prefix}epoch`;
    this.rooms = `${prefix}rooms`;
  }

  /** Of a channel: how it stands, what is kept of it, and what was said by its `ref`. */
  of(channel: Channel): { meta: string; log: string; refs: [string, string] } {
    const name = this.#name(channel);
    const key = (kind: string) => `${this.#prefix}${kind}:${name}`;
    return { meta: key("meta"), log: key("log"), refs: [key("ref0"), key("ref1")] };
  }

  /** Of who is in a channel; `@` stands for all who are connected. The last two are followed by a node. */
  there(channel: Channel): {
    who: string;
    names: string;
    untold: string;
    counted: string;
    here: string;
    gone: string;
  } {
    const key = (kind: string) => `${this.#prefix}${kind}:${this.#name(channel)}`;
    return {
      ...{ who: key("who"), names: key("names"), untold: key("untold"), counted: key("counted") },
      ...{ here: key("here"), gone: key("gone") },
    };
  }

  /** The number of the last call in which a node has shown people: behind it comes the node. */
  get shown(): string {
    return `${this.#prefix}shown:{@}`;
  }

  /** Whoever has a name that looks so: behind it comes the look. */
  get look(): string {
    return `${this.#prefix}look:{@}`;
  }

  /** That somebody was told to be writing in a channel. */
  typed(channel: Channel, key: string): string {
    return `${this.#prefix}typed:${this.#name(channel)}\n${key}`;
  }

  /** What nodes know of each other: when the lease of each ends, what each has done, who is being reaped. */
  get nodes(): { lease: string; deeds: string; reaped: string } {
    const key = (kind: string) => `${this.#prefix}${kind}:{nodes}`;
    return { lease: key("lease"), deeds: key("deeds"), reaped: key("reaped") };
  }

  /** The rooms in which a node has people. */
  at(node: string): string {
    return `${this.#prefix}at:{nodes}${node}`;
  }

  /** What all have agreed on: each fact, which change was the newest, and where each is published. */
  get facts(): { facts: string; version: string; live: string } {
    return {
      facts: `${this.#prefix}facts:{facts}`,
      version: `${this.#prefix}version:{facts}`,
      live: `${this.#published}live:{facts}`,
    };
  }

  /** An allowance. */
  rate(name: string): string {
    return `${this.#prefix}rate:{${name}}`;
  }

  /** Where a channel's news are published. */
  live(channel: Channel): string {
    return `${this.#published}live:${this.#name(channel)}`;
  }

  /** What a node has last had done on a line. */
  call(line: string, node: string): string {
    return `${this.#prefix}call:{${line}}${node}`;
  }

  /** Where a node publishes to itself, to see whether it is heard. */
  probe(node: string): string {
    return `${this.#published}probe:${node}`;
  }

  #name(channel: Channel): string {
    const line = lineOf(channel);
    return line === channel ? `{${line}}` : `{${line}}${channel.slice(1)}`;
  }
}

/** The channel, as of inboxes, that stands for all who are connected. */
export const ALL = "@" as Channel;

/** By what a message is known when it comes again, within its channel. */
export function keyOfRef(username: string, ref: string): string {
  return `${keyOf(username)}\n${ref}`;
}

/** The line in which things are done in a channel: that of a room, or of all inboxes. */
export function lineOf(channel: Channel): string {
  return channel.startsWith("#") ? channel : "@";
}
