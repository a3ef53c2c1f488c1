/// <reference lib="dom" />
/**
 * What a page is told and what its reader looks at, written down in the page, beside its own code.
 *
 * @module
 */

/**
 * Something that happened in a tab, in order. `said`: somebody else's message came; `seen`: under the
 * eyes of the reader; `old`: it was said before the room was entered. `begun`: what was said in private
 * up to this id came before, to another tab. `look`: the reader looks at a
 * conversation of which they were told all they missed.
 */
export type Event =
  | { type: "said"; place: string; id: string; seen: boolean; old: boolean }
  | { type: "own"; place: string; id: string }
  | { type: "begun"; place: "inbox"; id: string }
  | { type: "look"; place: string };

/** What is known of the connection. */
export interface Line {
  online: boolean;
  /** How far each room is read, or the private messages (`inbox`). */
  places: Record<string, string>;
  /** Rooms of which all that was missed is told. */
  told: string[];
}

/** What the recorder offers to the test. */
export interface Recorder {
  /** Takes out what has happened. */
  drain(): Event[];
  line(): Line;
  /** Takes note of the conversation that is on screen from now on. */
  turn(place: string): void;
  /** The next press of Enter leads to a conversation. */
  expect(place: string): void;
  /** Covers the tab with another, or uncovers it. */
  hide(hidden: boolean): void;
  /** Takes note that a conversation is taken off the lists. */
  leave(place: string): void;
  /** The buttons that lead to the conversations in the lists. */
  entries(): [place: string, button: HTMLElement][];
  entry(place: string): HTMLElement | undefined;
}

declare global {
  /** In the page. */
  const recorder: Recorder;
}

/** To be run before the page. @param me the reader's name */
export function install(me: string) {
  let events: Event[] = [];
  let hidden = false;
  let online = false;
  // Private messages that were missed may come for half a second; nothing says which is the last.
  let away = true;
  let late: ReturnType<typeof setTimeout> | undefined;
  let current = "";
  const places: Record<string, string> = {};
  const told = new Set<string>();
  const heads = new Map<string, string>();
  const entered = new Map<string, string>();
  // Rooms that are left, of which something may still be told.
  const left = new Set<string>();

  const isTold = (place: string) =>
    !online || (place.startsWith("room:") ? told.has(place) : !away);
  const look = () => {
    if (!hidden && current && isTold(current)) events.push({ type: "look", place: current });
  };
  const settle = (place: string) => {
    heads.delete(place);
    told.add(place);
    late ??= setTimeout(() => {
      away = false;
      look();
    }, 500);
    look();
  };
  const part = () => {
    online = false;
    clearTimeout(late);
    late = undefined;
    away = true;
    told.clear();
    heads.clear();
    left.clear();
  };
  const move = (place: string, id: string) => {
    if (id > (places[place] ?? "")) places[place] = id;
    const head = heads.get(place);
    if (head !== undefined && id >= head) settle(place);
  };

  // deno-lint-ignore no-explicit-any
  const hear = (message: any) => {
    const { type, room, to, username, id, at, head, resumed } = message;
    const place = `room:${room}`;
    const own = username?.toLowerCase() === me.toLowerCase();
    if (left.has(place)) {
      if (type === "leave" && own) left.delete(place);
    } else if (type === "welcome") {
      online = true;
      if (places.inbox === undefined) events.push({ type: "begun", place: "inbox", id: at });
      places.inbox = at;
    } else if (type === "room" && at !== undefined) {
      places[place] = at;
      if (resumed === undefined) {
        if (!entered.has(place)) entered.set(place, head ?? at);
        if (!told.has(place)) settle(place);
      } else {
        if (!resumed || !entered.has(place)) entered.set(place, at);
        if (head === null || at >= head) settle(place);
        else heads.set(place, head);
      }
    } else if (type === "chat") {
      const key = room ? place : `person:${(own ? to : username).toLowerCase()}`;
      const seen = key === current && !hidden && isTold(key);
      const old = room !== undefined && id <= (entered.get(place) ?? "");
      events.push(
        own ? { type: "own", place: key, id } : { type: "said", place: key, id, seen, old },
      );
      move(room ? place : "inbox", id);
    } else if (type === "join" || type === "leave") move(place, id);
  };

  const Socket = globalThis.WebSocket;
  let newest: WebSocket;
  globalThis.WebSocket = class extends Socket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      newest = this;
      part();
      this.addEventListener("message", ({ data }) => {
        if (newest === this) { for (const line of data.split("\n")) hear(JSON.parse(line)); }
      });
      this.addEventListener("close", () => {
        if (newest === this) part();
      });
    }
  };

  // A tab that is covered draws nothing.
  const waiting = new Map<number, FrameRequestCallback>();
  const draw = requestAnimationFrame.bind(globalThis);
  const cancel = cancelAnimationFrame.bind(globalThis);
  let next = -1;
  globalThis.requestAnimationFrame = (callback) => {
    if (!hidden) return draw(callback);
    waiting.set(next, callback);
    return next--;
  };
  globalThis.cancelAnimationFrame = (handle) => {
    if (!waiting.delete(handle)) cancel(handle);
  };
  Object.defineProperty(document, "hidden", { get: () => hidden });
  Object.defineProperty(document, "visibilityState", { get: () => hidden ? "hidden" : "visible" });

  const recorder: Recorder = {
    drain() {
      const drained = events;
      events = [];
      return drained;
    },
    line: () => ({ online, places, told: [...told] }),
    turn(place) {
      current = place;
      look();
    },
    expect(place) {
      // The page obeys in the same task, before anything else is heard.
      const obey = ({ key }: KeyboardEvent) => {
        if (key !== "Enter") return;
        removeEventListener("keydown", obey, true);
        recorder.turn(place);
      };
      addEventListener("keydown", obey, true);
    },
    hide(value) {
      hidden = value;
      document.dispatchEvent(new Event("visibilitychange"));
      look();
      if (hidden) return;
      for (const callback of waiting.values()) draw(callback);
      waiting.clear();
    },
    leave(place) {
      if (online && place.startsWith("room:")) left.add(place);
      told.delete(place);
      heads.delete(place);
      entered.delete(place);
      delete places[place];
    },
    entries: () =>
      [...document.querySelectorAll<HTMLElement>("#rooms .entry, #directs .entry")].map(
        (entry) => {
          const kind = entry.closest("#rooms") ? "room" : "person";
          return [`${kind}:${entry.dataset.name!.toLowerCase()}`, entry];
        },
      ),
    entry: (place) => recorder.entries().find(([key]) => key === place)?.[1],
  };
  Object.assign(globalThis, { recorder });
}
