import { assertEquals, assertLess } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { Directory } from "../../static/page/panels/directory.js";
import { matching } from "../../static/page/panels/matching.js";
import { Unanswered } from "../../static/page/server.js";

Deno.test("directory: names come a page at a time, as many as somebody looks at", async () => {
  using room = new BigRoom(1_234);
  await room.look(30);
  assertEquals([room.directory.names.length, room.asked], [200, ["200 after "]]);
  assertEquals(room.directory.whole, false);
  await room.look(200);
  assertEquals(room.asked.length, 1);
  await room.look(210);
  await room.look(800);
  assertEquals(room.directory.names, room.names.slice(0, 800));
  await room.look(Infinity);
  assertEquals(room.directory.names, room.names);
  assertEquals([room.directory.whole, room.directory.cut], [true, false]);
  await room.look(Infinity);
  assertEquals(room.asked.slice(1).map((asked) => parseInt(asked)), [200, 400, 1_000]);
});

Deno.test("directory: after a change it is fetched again, not at once and not too often", async () => {
  using room = new BigRoom(1_100);
  await room.look(1_000);
  await room.look(1_000);
  room.change("aaron");
  await room.look(1_000);
  assertEquals([room.asked.length, room.directory.names.length], [2, 1_000]);
  await room.pass(21_000);
  assertEquals(room.asked.length, 2);
  await room.pass(1_100);
  assertEquals(room.directory.names, room.names.slice(0, 1_000));
  assertEquals(room.asked.slice(2), ["1000 after "]);

  // It goes on changing, and all the same is fetched in its turn.
  for (let second = 0; second < 50; second++) {
    room.change(`b${second}`);
    await room.look(1_000);
    await room.pass(1_000);
  }
  assertEquals(room.asked.length, 5);
});

Deno.test("directory: a list that was whole is whole again, whoever has come", async () => {
  using room = new BigRoom(301);
  await room.look(301);
  await room.look(301);
  room.change("aaron");
  room.change("abel");
  await room.look(30);
  await room.pass(7_000);
  assertEquals(room.directory.names, room.names);
  assertEquals([room.directory.whole, room.asked.length], [true, 3]);
});

Deno.test("directory: in a smaller room it is fetched again within five seconds", async () => {
  using room = new BigRoom(201);
  await room.look(30);
  room.change("aaron");
  await room.look(30);
  await room.pass(4_900);
  assertEquals(room.asked.length, 1);
  await room.pass(200);
  assertEquals(room.directory.names[0], "aaron");
  room.change("abel");
  await room.look(30);
  await room.pass(60_000);
  assertEquals(room.asked.length, 3);
});

Deno.test("directory: nothing is asked for while nobody looks", async () => {
  using room = new BigRoom(301);
  await room.look(30);
  room.looking = false;
  room.change("aaron");
  await room.pass(60_000);
  assertEquals(room.asked.length, 1);
  await room.look(30);
  await room.pass(7_000);
  assertEquals(room.asked.length, 1);
  await room.look(30);
  assertEquals([room.asked.length, room.directory.names[0]], [2, "aaron"]);
});

Deno.test("directory: a refusal is told, and tried again when the server says", async () => {
  using room = new BigRoom(301);
  room.failure = new Unanswered("Cannot list: too much", 7_000);
  await room.look(30);
  assertEquals([room.directory.problem, room.directory.names.length], ["Cannot list: too much", 0]);
  await room.look(30);
  await room.pass(6_500);
  assertEquals(room.asked.length, 1);
  room.failure = undefined;
  await room.pass(600);
  assertEquals([room.directory.problem, room.directory.names.length], ["", 200]);
});

Deno.test("directory: a server that is away is asked less and less, and what is known stays", async () => {
  using room = new BigRoom(301);
  await room.look(30);
  room.failure = new Unanswered("Cannot list: no answer");
  await room.look(250);
  assertEquals([room.directory.problem, room.directory.names.length], [
    "Cannot list: no answer",
    200,
  ]);
  await room.pass(4_900);
  assertEquals(room.asked.length, 2);
  await room.pass(200);
  assertEquals(room.asked.length, 3);
  await room.pass(9_800);
  assertEquals(room.asked.length, 3);
  await room.pass(400);
  assertEquals(room.asked.length, 4);
  const asked = room.asked.length;
  for (let minute = 0; minute < 10; minute++) await room.pass(60_000);
  assertLess(room.asked.length - asked, 21);
  room.failure = undefined;
  await room.pass(31_000);
  assertEquals([room.directory.problem, room.directory.names.length], ["", 301]);
  room.failure = new Unanswered("Cannot list: no answer");
  room.change("aaron");
  await room.look(250);
  await room.pass(10_000);
  const again = room.asked.length;
  await room.pass(5_100);
  assertEquals(room.asked.length, again + 1);
});

Deno.test("directory: it holds no more than ten thousand names", async () => {
  using room = new BigRoom(12_000);
  for (let page = 0; page < 20; page++) await room.look(Infinity);
  assertEquals([room.directory.names.length, room.asked.length], [10_000, 11]);
  assertEquals([room.directory.whole, room.directory.cut], [true, true]);
});

Deno.test("directory: when it ends, what is under way is given up", async () => {
  using room = new BigRoom(301);
  let given: AbortSignal | undefined;
  const directory = new Directory("lobby", () => room.changes++, {
    list: (_, { signal }) => {
      given = signal;
      return new Promise((_, reject) => signal!.onabort = () => reject(signal!.reason));
    },
  });
  directory.look(room, 30);
  assertEquals(directory.loading, true);
  directory.end();
  assertEquals(given?.aborted, true);
  await room.pass(60_000);
  directory.look(room, 30);
  assertEquals([directory.loading, room.changes], [false, 0]);

  room.failure = new Unanswered("Cannot list: no answer");
  await room.look(30);
  const { changes } = room;
  room.directory.end();
  await room.pass(60_000);
  assertEquals(room.changes, changes);
});

Deno.test("people are found by a part of their name, whatever its case and accents", () => {
  const names = ["Ann", "José", "ΝΊΚΟΣ", "Straße", "박지민", "anna-lena"];
  assertEquals(matching(names, ""), names);
  assertEquals(matching(names, " "), names);
  assertEquals(matching(names, "AN"), ["Ann", "anna-lena"]);
  assertEquals(matching(names, "jose"), ["José"]);
  assertEquals(matching(names, "JÓ"), ["José"]);
  assertEquals(matching(names, "νικος"), ["ΝΊΚΟΣ"]);
  assertEquals(matching(names, "strasse"), ["Straße"]);
  assertEquals(matching(names, "박지"), ["박지민"]);
  assertEquals(matching(names, "x"), []);
  assertEquals(matching(names, "archer", (name) => name === "Ann" ? "A. Archer" : name), ["Ann"]);
});

/** A big room on a server, and somebody who looks at the list of its people. */
class BigRoom {
  names: string[];
  turnover = 1;
  /** What the server was asked for. */
  asked: string[] = [];
  /** What it answers instead, if anything. */
  failure: Error | undefined;
  looking = true;
  changes = 0;
  readonly time = new FakeTime();
  readonly directory: Directory;
  #wanted = 30;
  #now = performance.now;

  constructor(people: number) {
    this.names = Array.from({ length: people }, (_, n) => `guest ${String(n).padStart(5, "0")}`);
    performance.now = () => this.time.now;
    const changed = () => {
      // Whatever goes round and round without end is stopped, so that it is seen.
      if (++this.changes < 1_000 && this.looking) this.#look();
    };
    this.directory = new Directory("lobby", changed, {
      // The latest of all, but for a moment.
      random: () => 0.9999,
      list: (room, { limit, after = "" }) => {
        this.asked.push(`${limit} after ${after}`);
        if (this.asked.length > 100) return new Promise(() => {});
        if (this.failure) return Promise.reject(this.failure);
        assertEquals(room, "lobby");
        const rest = this.names.filter((name) => name > after);
        const names = rest.slice(0, limit);
        return Promise.resolve(rest.length > limit ? { names, next: names.at(-1)! } : { names });
      },
    });
  }

  get count() {
    return this.names.length;
  }

  change(name: string) {
    this.names.unshift(name);
    this.turnover++;
  }

  async look(wanted: number) {
    this.#wanted = wanted;
    this.#look();
    await this.time.tickAsync(0);
  }

  async pass(ms: number) {
    await this.time.tickAsync(ms);
  }

  #look() {
    this.directory.look(this, this.#wanted);
  }

  [Symbol.dispose]() {
    this.directory.end();
    performance.now = this.#now;
    this.time.restore();
  }
}
