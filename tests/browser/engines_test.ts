/**
 * The page in browsers that Playwright does not drive here: Firefox, and WebKit in its GTK port. One
 * long visit to each; what is tested in detail is tested in Chromium.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { Chat } from "../../static/chat.js";
import { need } from "../prepare/need.ts";
import { firefox, webkit, xvfb } from "../prepare/tools.ts";
import { Program } from "../program.ts";
import { Firefox } from "./engines/firefox.ts";
import { Guest, type Tab } from "./engines/tab.ts";
import { WebKit } from "./engines/webkit.ts";
import { flood } from "./flood.ts";
import { until } from "./support.ts";
import { Wire } from "./wire.ts";

const TIMEOUT = 240_000;

const [inFirefox, inWebKit, onScreen] = [await need(firefox), await need(webkit), await need(xvfb)];

Deno.test(
  "page: a visit with Firefox",
  { ignore: inFirefox.ignore, timeout: TIMEOUT },
  async (test) => {
    await using tab = await Firefox.start(inFirefox.path());
    await visit(test, tab, "firefox");
  },
);

Deno.test(
  "page: a visit with WebKit",
  { ignore: inWebKit.ignore || onScreen.ignore, timeout: TIMEOUT },
  async (test) => {
    await using tab = await WebKit.start(inWebKit.path(), onScreen.path());
    await visit(test, tab, "webkit");
  },
);

/** Takes all steps, or those up to the first that fails. */
async function visit(test: Deno.TestContext, tab: Tab, name: string) {
  await using server = await Program.start(["--rate", "0"]);
  await using scene = new Scene(tab, server, name);
  for (const [what, task] of Object.entries(VISIT)) {
    if (!await test.step(what, () => task(scene))) return;
  }
  assertEquals(await tab.faults(), []);
}

/** What Bob says when Ann has come. */
const HELLO = "Hello, **Ann**! See [the *list*](https://example.org/list):\n" +
  "- one\n- two\n\n> quoted\n\n```ts\nconst one = 1;\n```\n🎉 and مرحبا";

/** Ann, before a browser, and Bob, who is a program. */
class Scene implements AsyncDisposable {
  readonly ann: Guest;
  readonly wire: Wire;
  readonly bob: Chat;
  /** What Bob has heard Ann say. */
  readonly #heard: { content: string; to?: string }[] = [];

  constructor(readonly tab: Tab, readonly server: Program, readonly name: string) {
    this.ann = new Guest(tab);
    this.wire = new Wire(server.port);
    this.bob = new Chat(`ws://${server.host}/ws`, { username: "Bob" });
    this.bob.addEventListener("message", (event) => {
      const { detail } = event as CustomEvent;
      if (detail.type === "chat" && detail.username === "Ann") this.#heard.push(detail);
    });
  }

  /** Waits until Bob hears something, in the room or in private. */
  async hears(content: string, to?: string) {
    await until(
      `Bob hears ${content}`,
      () => this.#heard.some((message) => message.content === content && message.to === to),
    );
  }

  /** Saves what is shown. */
  async picture(name: string) {
    await this.ann.picture(`${this.name}-${name}`);
  }

  async [Symbol.asyncDispose]() {
    await this.bob[Symbol.asyncDispose]();
    await this.wire[Symbol.asyncDispose]();
  }
}

/** The steps of a visit, each of which goes on where the one before has ended. */
const VISIT: Record<string, (scene: Scene) => Promise<void>> = {
  async "entry"(scene) {
    const { ann, tab, wire } = scene;
    await tab.resize(1280, 800);
    await tab.open(wire.url);
    await scene.picture("entry");
    await ann.click("#name");
    await ann.type("Ann");
    await ann.press("Enter");
    await ann.sees("#count", "2 here");
    await ann.fits();
  },

  async "talk"(scene) {
    const { ann, bob } = scene;
    await bob.send(HELLO);
    await ann.sees(".bubble strong", "Ann");
    await ann.sees(".bubble a[href='https://example.org/list'] em", "list");
    await ann.sees(".bubble pre", "const one = 1;");
    await ann.sees(".bubble blockquote", "quoted");
    assertEquals(await ann.texts(".bubble li"), ["• one", "• two"]);
    await ann.say("Hello, Bob");
    await scene.hears("Hello, Bob");
    await ann.sees(".own.sent", "Hello, Bob");
    await scene.picture("light-room");
  },

  async "the box grows with what is written, to a bound"(scene) {
    const { ann } = scene;
    const height = () => ann.run(() => document.getElementById("content")!.offsetHeight);
    const low = await height();
    await ann.type("1");
    for (let line = 2; line <= 4; line++) {
      await ann.press("Shift+Enter");
      await ann.type(`${line}`);
    }
    await until("it has grown", async () => await height() > 2 * low);
    for (let line = 5; line <= 14; line++) await ann.press("Shift+Enter");
    assert(await height() < 4.5 * low);
    await ann.fits();
    await scene.picture("long-draft");
    await ann.press("Enter");
    await scene.hears("1\n2\n3\n4");
    await until("it is low again", async () => await height() === low);
  },

  async "a key of an input method sends nothing"(scene) {
    const { ann } = scene;
    await ann.type("ni");
    await ann.run(() => {
      const press = { key: "Enter", keyCode: 229, bubbles: true, cancelable: true };
      document.getElementById("content")!.dispatchEvent(new KeyboardEvent("keydown", press));
    });
    assertEquals(await ann.written("#content"), "ni");
    await ann.press("Control+a");
  },

  async "a name is completed"(scene) {
    const { ann } = scene;
    await ann.type("Hi @bo");
    await ann.sees("#completions [role=option]", "Bob");
    await ann.press("Tab");
    assertEquals(await ann.written("#content"), "Hi @Bob ");
    // MiniBrowser has no key for this.
    await ann.run(() => document.execCommand("undo"));
    assertEquals(await ann.written("#content"), "Hi @bo");
    await ann.press("Control+a");
    await ann.type("Hi @bob");
    await ann.press("Enter");
    await scene.hears("Hi @bob");
  },

  async "private"(scene) {
    const { ann, bob } = scene;
    await ann.click("#people-list [data-person=Bob]");
    await ann.sees("[role=menuitem]", "Message privately");
    await scene.picture("menu");
    await ann.press("Enter");
    await ann.sees("#title", "Bob");
    await ann.say("Psst");
    await scene.hears("Psst", "Bob");
    await bob.send("Yes?", { to: "Ann" });
    await ann.sees(".bubble", "Yes?");
    await ann.click("#content");
    await ann.type("A draft");
  },

  async "a mention elsewhere, and what is unread"(scene) {
    const { ann, bob } = scene;
    await bob.send("Chatter");
    await ann.sees("#rooms .badge:not(.calls)", "1 unread");
    await bob.send("Look, @Ann");
    await ann.sees("#rooms .badge.calls", "2 unread, 1 for you");
    await until("the title says so", async () => {
      const title = await ann.run(() => document.title);
      return /^\(1 for you\)/.test(title);
    });
    await scene.picture("mention");
  },

  async "reload"(scene) {
    const { ann, tab } = scene;
    await tab.reload();
    await ann.sees("#title", "Bob");
    await ann.sees("#rooms .badge.calls", "2 unread, 1 for you");
    await ann.sees(".bubble", "Yes?");
    assertEquals(await ann.written("#content"), "A draft");
    assertEquals(await ann.texts("#me bdi"), ["Ann"]);
  },

  async "back"(scene) {
    const { ann, tab } = scene;
    await tab.back();
    await ann.sees("#title", "#lobby");
    await ann.sees(".separator.new", "New");
    assertEquals(await ann.written("#content"), "");
    await ann.misses("#rooms .badge");
  },

  async "the finder"(scene) {
    const { ann } = scene;
    await ann.click("#content");
    await ann.press("Control+k");
    await ann.sees("#finder [role=option]", "Bob");
    assert(
      await ann.run(() => {
        const { scrollHeight, clientHeight } = document.querySelector("#finder [role=listbox]")!;
        return scrollHeight <= clientHeight;
      }),
    );
    await scene.picture("finder");
    await ann.point(20, 780);
    await ann.misses("#finder");
    await ann.press("Control+k");
    await ann.type("gard");
    await ann.sees("#finder [role=option]", "gard");
    await ann.type("en");
    await ann.press("Enter");
    await ann.sees("#title", "#garden");
    await ann.press("Alt+ArrowUp");
    await ann.sees("#title", "#lobby");
  },

  async "a cut"(scene) {
    const { ann, bob, wire } = scene;
    wire.cut();
    await ann.sees("#banner", "The connection was lost");
    await bob.send("While you were away");
    await ann.say("Written offline");
    await ann.sees(".own.pending", "Written offline");
    await scene.picture("offline");
    wire.restore();
    await ann.sees(".own.sent", "Written offline");
    await ann.sees(".bubble", "While you were away");
    await scene.hears("Written offline");
    const texts = await ann.texts(".bubble");
    assertEquals(new Set(texts).size, texts.length, "nothing twice");
  },

  async "a long history"(scene) {
    const { ann, server } = scene;
    await flood(server, 1, 300);
    await ann.press("Escape");
    await ann.sees(".bubble", "message 300.");
    await readBack(ann);
    await scene.picture("reading");
    const before = await place(ann, "message 100.");
    await flood(server, 301, 330);
    await ann.sees("#newer", "30 new messages");
    assert(Math.abs(await place(ann, "message 100.") - before) <= 2);
    await ann.click("#newer");
    await ann.sees(".bubble", "message 330.");
    await ann.misses("#newer");
  },

  async "dark, and on a phone"(scene) {
    const { ann, bob, tab } = scene;
    await bob.send(HELLO);
    await ann.sees(".message:last-child .bubble strong", "Ann");
    await ann.run(() => {
      const theme = document.querySelector<HTMLSelectElement>("#theme")!;
      theme.value = "dark";
      theme.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await scene.picture("dark-room");
    await tab.resize(390, 844);
    await ann.fits();
    await scene.picture("phone-dark-room");
    await ann.click("[popovertarget=sidebar].toggle");
    await ann.sees("#sidebar .brand", "Parley");
    await scene.picture("phone-dark-drawer");
    await tab.back();
    await ann.misses("#sidebar .brand");
    await ann.sees("#title", "#lobby");
    await ann.click("[popovertarget=people].toggle");
    await ann.sees("#people h2", "People");
    await ann.point(20, 400);
    await ann.misses("#people h2");
    await ann.fits();
  },
};

/** Where the end of a message is on screen. */
async function place(ann: Guest, text: string): Promise<number> {
  return await ann.run(
    (text) =>
      [...document.querySelectorAll(".bubble")].find(({ textContent }) => textContent === text)!
        .getBoundingClientRect().bottom,
    text,
  );
}

/** Turns the wheel until message 100 is in the middle; no line jumps on the way. */
async function readBack(ann: Guest) {
  const first = () =>
    ann.run(() => {
      const { top } = document.getElementById("timeline")!.getBoundingClientRect();
      const bubbles = [...document.querySelectorAll(".bubble")];
      const text = bubbles.find((each) => each.getBoundingClientRect().bottom > top)?.textContent;
      return Number(/message (\d+)\./.exec(text ?? "")?.[1]);
    });
  let before = await first();
  await until("message 90 is in view", async () => {
    await ann.wheel("#timeline", -300);
    const now = await first();
    assert(now <= before && before - now < 40, `from ${before} to ${now}`);
    before = now;
    return now <= 90;
  });
}
