import { assertEquals } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { Conversation } from "../../static/page/model/conversation.js";
import type { Session } from "../../static/page/model/session.js";
import { Trail } from "../../static/page/trail.js";

/** A browser that goes through its history when it is told to, and not before. */
class Browser implements Disposable {
  readonly #before = new Map<string, PropertyDescriptor | undefined>();
  readonly #window = new EventTarget();
  readonly #document = new EventTarget();
  #entries: { state: unknown; search: string }[] = [{ state: null, search: "?room=lobby" }];
  #index = 0;
  /** Where it has been sent, and is not yet. */
  readonly sent: number[] = [];
  /** What it does when an entry is to be written. */
  write: "obeys" | "ignores" | "throws" = "obeys";
  covered = false;

  constructor() {
    // deno-lint-ignore no-this-alias
    const browser = this;
    const record = (state: unknown, search: string, added: number) => {
      if (this.write === "throws") throw new DOMException("Too many calls", "SecurityError");
      if (this.write === "ignores") return;
      this.#index += added;
      this.#entries.splice(this.#index, added ? Infinity : 1, { state, search });
    };
    this.#stub({
      history: {
        get state() {
          return browser.#entries[browser.#index]?.state;
        },
        get length() {
          return browser.#entries.length;
        },
        pushState: (state: unknown, _: string, search: string) => record(state, search, 1),
        replaceState: (state: unknown, _: string, search: string) => record(state, search, 0),
        go: (count: number) => this.sent.push(count),
      },
      location: {
        get search() {
          return browser.search;
        },
      },
      document: Object.assign(this.#document, {
        querySelector: () => this.covered ? {} : null,
        querySelectorAll: (selector: string) =>
          selector === "[popover]" ? [{ hidePopover: () => this.covered = false }] : [],
      }),
      addEventListener: this.#window.addEventListener.bind(this.#window),
    });
  }

  get search() {
    return this.#entries[this.#index]?.search;
  }

  /** The addresses in its history, the one where it is in brackets. */
  get way() {
    return this.#entries
      .map(({ search }, index) => index === this.#index ? `[${search}]` : search).join(" ");
  }

  /** Covers the chat, or no longer. */
  async cover(covered: boolean) {
    this.covered = covered;
    this.#document.dispatchEvent(new Event("toggle"));
    await settle();
  }

  /** Arrives where it was sent first. */
  async arrive() {
    await this.go(this.sent.shift() ?? 0);
  }

  /** Goes somewhere at once, as a person tells it to. */
  async go(count: number) {
    this.#index += count;
    this.#window.dispatchEvent(new Event("popstate"));
    await settle();
  }

  /** Forgets where it began, as after very many entries. */
  forget(count: number) {
    this.#entries.splice(0, count);
    this.#index -= count;
  }

  #stub(globals: Record<string, unknown>) {
    for (const [name, value] of Object.entries(globals)) {
      this.#before.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
  }

  [Symbol.dispose]() {
    for (const [name, before] of this.#before) {
      if (before) Object.defineProperty(globalThis, name, before);
      else Reflect.deleteProperty(globalThis, name);
    }
  }
}

/** What a trail sees of a session. */
class Person extends EventTarget {
  readonly ending = new AbortController();
  readonly conversations = {
    all: [] as Conversation[],
    get rooms() {
      return this.all.filter(({ kind }) => kind === "room");
    },
  };
  current = this.#find("room", "lobby");

  open(kind: "room" | "person", name: string) {
    this.current = this.#find(kind, name);
    this.dispatchEvent(new Event("change"));
  }

  /** Opens a room, and lets that be noted. */
  async enter(name: string) {
    this.open("room", name);
    await settle();
  }

  async leave() {
    this.conversations.all.splice(this.conversations.all.indexOf(this.current), 1);
    await this.enter("lobby");
  }

  follow(trail: Trail) {
    trail.follow(this as unknown as Session, this.ending.signal);
  }

  #find(kind: "room" | "person", name: string) {
    const { all } = this.conversations;
    const known = all.find((known) => known.kind === kind && known.name === name);
    if (known) return known;
    const conversation = new Conversation(kind, name);
    all.push(conversation);
    return conversation;
  }
}

/** Lets everything happen that waits for nothing. */
async function settle() {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

/** Somebody in the lobby, and what the form was told. */
function begin() {
  const browser = new Browser();
  const told: string[] = [];
  const trail = new Trail(() => told.push(browser.search ?? ""));
  const ann = new Person();
  ann.follow(trail);
  return { browser, trail, ann, told, [Symbol.dispose]: () => browser[Symbol.dispose]() };
}

Deno.test("trail: each conversation that is opened is an entry, and none twice", async () => {
  using place = begin();
  const { browser, ann } = place;
  assertEquals(browser.way, "[?room=lobby]");
  await ann.enter("den");
  ann.open("person", "Bob & Co");
  await settle();
  const bob = "?room=den&with=Bob+%26+Co";
  assertEquals(browser.way, `?room=lobby ?room=den [${bob}]`);
  ann.dispatchEvent(new Event("change"));
  await settle();
  assertEquals(browser.way, `?room=lobby ?room=den [${bob}]`);
  await browser.go(-1);
  assertEquals([ann.current.name, browser.way], ["den", `?room=lobby [?room=den] ${bob}`]);
  await browser.go(1);
  assertEquals([ann.current.name, browser.sent], ["Bob & Co", []]);
  // The room behind it is left.
  ann.conversations.all.splice(1, 1);
  ann.dispatchEvent(new Event("change"));
  await settle();
  assertEquals(browser.way, "?room=lobby ?room=den [?room=lobby&with=Bob+%26+Co]");
});

Deno.test("trail: what happens while the browser is on its way is noted when it is there", async () => {
  using place = begin();
  const { browser, ann } = place;
  await browser.cover(true);
  assertEquals(browser.way, "?room=lobby [?room=lobby]");
  await browser.go(-1);
  assertEquals([browser.covered, browser.sent], [false, []]);
  await browser.cover(true);
  assertEquals(browser.way, "?room=lobby [?room=lobby]");
  await browser.cover(false);
  assertEquals(browser.sent, [-1]);
  await ann.enter("den");
  await browser.cover(true);
  assertEquals([browser.way, browser.sent], ["?room=lobby [?room=lobby]", [-1]]);
  await browser.arrive();
  assertEquals(browser.way, "?room=lobby ?room=den [?room=den]");
  // What is opened from there takes its entry.
  browser.covered = false;
  await ann.enter("attic");
  assertEquals([browser.way, browser.sent], ["?room=lobby ?room=den [?room=attic]", []]);
});

Deno.test("trail: whoever goes back faster than the browser is where they went", async () => {
  using place = begin();
  const { browser, ann } = place;
  await ann.enter("den");
  await browser.cover(true);
  await browser.cover(false);
  assertEquals(browser.sent, [-1]);
  await browser.go(-2);
  assertEquals(ann.current.name, "lobby");
  assertEquals(browser.way, "[?room=lobby] ?room=den ?room=den");
  await ann.enter("attic");
  assertEquals(browser.way, "?room=lobby [?room=attic]");
});

Deno.test("trail: a room that is left is no entry, and what covered it none either", async () => {
  using place = begin();
  const { browser, ann } = place;
  await ann.enter("den");
  await browser.cover(true);
  await ann.leave();
  await browser.arrive();
  await browser.arrive();
  assertEquals([ann.current.name, browser.sent], ["lobby", []]);
  assertEquals(browser.way, "?room=lobby [?room=lobby]");
  await browser.cover(false);
  await browser.arrive();
  // Where another was below it, the next one takes its place.
  await ann.enter("attic");
  await ann.enter("barn");
  await ann.leave();
  assertEquals(browser.way, "?room=lobby ?room=attic [?room=lobby]");
});

Deno.test("trail: a browser that does not go or write is not waited for", async () => {
  using time = new FakeTime();
  using place = begin();
  const { browser, ann } = place;
  await browser.cover(true);
  await browser.cover(false);
  await time.tickAsync(4_000);
  await settle();
  assertEquals([browser.way, browser.sent], ["?room=lobby [?room=lobby]", [-1]]);
  await browser.cover(true);
  await browser.cover(false);
  await ann.enter("den");
  await time.tickAsync(1_999);
  assertEquals(browser.way, "?room=lobby ?room=lobby [?room=lobby]");
  await time.tickAsync(1);
  await settle();
  const stuck = ["?room=lobby ?room=lobby [?room=den]", [-1, -1]];
  assertEquals([browser.way, browser.sent], stuck);
  for (const write of ["ignores", "throws"] as const) {
    browser.write = write;
    await ann.enter("attic");
    await browser.cover(true);
    await browser.cover(false);
    assertEquals([browser.way, browser.sent], stuck);
  }
  browser.write = "obeys";
  await ann.enter("attic");
  assertEquals(browser.way, "?room=lobby ?room=lobby ?room=den [?room=attic]");
});

Deno.test("trail: leaving goes back to the beginning, and cuts off what came after", async () => {
  using place = begin();
  const { browser, trail, ann, told } = place;
  await ann.enter("den");
  await ann.enter("attic");
  await browser.cover(true);
  await browser.cover(false);
  browser.covered = true;
  // While the browser is on its way; and another comes while it still is.
  ann.ending.abort();
  const left = trail.leave();
  assertEquals(browser.covered, false);
  const bob = new Person();
  bob.follow(trail);
  await browser.arrive();
  assertEquals(browser.sent, [-2]);
  const arrived = browser.arrive();
  bob.open("room", "barn");
  await arrived;
  assertEquals([browser.way, browser.sent], ["?room=lobby [?room=lobby]", [-1]]);
  await browser.arrive();
  await left;
  assertEquals([browser.way, browser.sent], ["[?room=barn] ?room=lobby", []]);
  assertEquals(told, []);
  // What is left ahead leads back.
  await browser.go(1);
  assertEquals([bob.current.name, browser.sent], ["barn", [-1]]);
  await browser.arrive();
  assertEquals(browser.way, "[?room=barn] ?room=lobby");
});

Deno.test("trail: at the form, an entry is an address, and no way out is lost", async () => {
  using place = begin();
  const { browser, trail, ann, told } = place;
  ann.open("person", "Bob");
  await settle();
  await ann.enter("den");
  browser.forget(1);
  ann.ending.abort();
  trail.leave();
  await settle();
  assertEquals(browser.sent, [-1]);
  await browser.arrive();
  await browser.arrive();
  assertEquals(browser.way, "[?room=lobby] ?room=lobby");
  await browser.go(1);
  assertEquals([told, browser.sent], [[], [-1]]);
  await browser.arrive();
  assertEquals(told, []);
  await browser.go(0);
  assertEquals(told, ["?room=lobby"]);
  // A browser that writes nothing is not sent away from the page.
  browser.write = "ignores";
  await trail.leave();
  assertEquals([browser.way, browser.sent], ["[?room=lobby] ?room=lobby", []]);
});

Deno.test("trail: an entry that something else has written counts for nothing", async () => {
  for (const state of [5, "x", [], { step: "x" }, { step: NaN }, { a: 1 }]) {
    using browser = new Browser();
    history.replaceState(state, "", "?room=lobby");
    const trail = new Trail(() => {});
    const ann = new Person();
    ann.follow(trail);
    await ann.enter("kitchen");
    assertEquals(browser.way, "?room=lobby [?room=kitchen]", JSON.stringify(state));
    const left = trail.leave();
    ann.ending.abort();
    await settle();
    assertEquals(browser.sent, [-1], JSON.stringify(state));
    await browser.arrive();
    await browser.arrive();
    await left;
    assertEquals(browser.search, "?room=lobby");
  }
});
