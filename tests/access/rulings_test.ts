/** What moderators have decided, without a server: whom it is about, for how long, and how it is told. */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { Access } from "../../hub/access/access.ts";
import { Approval } from "../../hub/access/approval.ts";
import { type Attendant, Doorkeeper } from "../../hub/access/doorkeeper.ts";
import { ANYBODY, type Identity, named, type Rights } from "../../hub/access/identity.ts";
import { refusal, type Ruling, Rulings } from "../../hub/access/rulings.ts";
import { SlowMode } from "../../hub/access/slow.ts";
import { sentence, span } from "../../hub/access/words.ts";
import { InOrder } from "../../hub/conversation/in_order.ts";
import type { Company } from "../../hub/engine/company.ts";
import { type Fact, FactTable } from "../../hub/engine/facts.ts";
import { MemoryEngine } from "../../hub/engine/memory.ts";
import { ChatError, parse } from "../../messages.ts";
import { SlowEngine } from "../engine/slow_engine.ts";
import { TestTime } from "../time.ts";
import { known } from "./people.ts";

const by = (username: string, more: Partial<Ruling> = {}): Ruling => ({
  ...{ username, by: "boss", at: "2026-11-25T00:32:48.138Z" },
  ...more,
});

/** Somebody whose name is theirs, as its owner. */
const claimed = (username: string, owner: string): Identity => ({
  ...named(username),
  key: `#${owner}#${username}`,
});

Deno.test("a ruling is about a name in all its spellings, and about whoever owned it", async () => {
  const rulings = new Rulings(new FactTable());
  const ann = claimed("ann", "o1");
  rulings.set("ban", { ...ann, username: "Ann" }, by("Ann"));
  const found = (who: Rights) => rulings.find("ban", who)?.username;
  // By another name, and who takes this one later.
  assertEquals([found(claimed("eve", "o1")), found(claimed("ann", "o2"))], ["Ann", "Ann"]);
  assertEquals([found(named("ANN".toLowerCase())), found(named("ann b"))], ["Ann", undefined]);
  assertEquals([found(claimed("eve", "o2")), found(ANYBODY)], [undefined, undefined]);
  assertEquals(rulings.list("ban").map(({ username }) => username), ["Ann"]);
  assertEquals([rulings.find("mute", ann), rulings.find("ban", ann, "den")], [
    undefined,
    undefined,
  ]);
  assertEquals(await rulings.lift("ban", "ANN", "den"), false);
  assertEquals(await rulings.lift("ban", "ANN"), true);
  assertEquals([found(ann), found(claimed("eve", "o1"))], [undefined, undefined]);
  assertEquals(await rulings.lift("ban", "ann"), false);
});

Deno.test("what is about a guest is not about who proves to have the name, nor is an address", () => {
  const rulings = new Rulings(new FactTable());
  const guest = new Access(new FactTable(), { tokens: true }).guest("ann");
  rulings.set("mute", guest, by("ann", { guests: true }), "den");
  rulings.extend("mute", "10.0.0.1", by("ann"), "den");
  const found = (who: Rights) => rulings.find("mute", who, "den")?.username;
  assertEquals([found(guest), found(known("ann"))], ["ann", undefined]);
  const there = { address: "10.0.0.1" };
  assertEquals([found({ ...ANYBODY, ...there }), found({ ...named("eve"), ...there })], [
    ...["ann", "ann"],
  ]);
  assertEquals(found({ ...known("eve"), ...there }), undefined);
  assertEquals(found({ ...ANYBODY, address: "10.0.0.2" }), undefined);
});

Deno.test("what is about a guest and about who has the name are two things", async () => {
  const rulings = new Rulings(new FactTable());
  const guest = new Access(new FactTable(), { tokens: true }).guest("ann");
  const found = () => [known("ann"), guest].map((who) => rulings.find("ban", who)?.why);
  rulings.set("ban", guest, by("ann", { guests: true, why: "guest" }));
  rulings.set("ban", known("ann"), by("ann", { kick: true, why: "kick" }));
  assertEquals(found(), ["kick", "kick"]);
  rulings.set("ban", known("ann"), by("ann", { why: "person" }));
  rulings.set("ban", guest, by("ann", { guests: true, why: "again" }));
  assertEquals(found(), ["person", "person"]);
  assertEquals(rulings.list("ban").map(({ why }) => why), ["person", "again"]);
  assertEquals([await rulings.lift("ban", "ann"), found(), rulings.list("ban")], [
    true,
    [undefined, undefined],
    [],
  ]);
});

Deno.test("a name that reads like a room, an owner or an address is but a name", () => {
  const rulings = new Rulings(new FactTable());
  for (
    const name of ["dev", "10.0.0.1", "address", "@ann", "x y", "* ann", "a#bob", "c#", "c #b"]
  ) {
    const who = named(name);
    rulings.set("ban", who, by(name), "dev");
    assertEquals(rulings.find("ban", who, "dev")?.username, name);
    assertEquals(rulings.find("ban", { ...named("eve"), address: name }, "dev"), undefined);
    assertEquals(rulings.find("ban", who), undefined);
  }
  assertEquals(rulings.settings("dev"), {});
});

Deno.test("what is decided anew about somebody is so for their addresses too, and for nobody else's", () => {
  const rulings = new Rulings(new FactTable());
  const until = Date.now() + 60_000;
  const ann = claimed("ann", "o1");
  rulings.set("ban", ann, by("Ann", { address: true, until }), "dev");
  rulings.extend("ban", "10.0.0.1", by("Ann", { address: true, until }), "dev");
  rulings.extend("ban", "10.0.0.2", by("bob", { address: true, until }), "dev");
  rulings.extend("ban", "10.0.0.1", by("Ann", { address: true, until }));
  const from = (address: string, room?: string) =>
    rulings.find("ban", { guest: true, admin: false, address }, room)?.until;
  rulings.set("ban", ann, by("ANN", { address: true, until: until + 1 }), "dev");
  assertEquals([from("10.0.0.1", "dev"), from("10.0.0.2", "dev")], [until + 1, until]);
  rulings.set("ban", named("ann"), by("ann", { until: until + 2 }), "dev");
  assertEquals([from("10.0.0.1", "dev"), from("10.0.0.2", "dev")], [undefined, until]);
  assertEquals(from("10.0.0.1"), until);
  assertEquals(rulings.find("ban", named("ann"), "dev")?.until, until + 2);
  // The owner of the name as well, whatever they call themselves.
  assertEquals(rulings.find("ban", claimed("eve", "o1"), "dev")?.until, until + 2);
});

Deno.test("what is over is so by itself, and what was known before the start is known", () => {
  using time = new TestTime();
  const facts = new FactTable();
  const rulings = new Rulings(facts);
  rulings.set("ban", named("ann"), by("ann", { until: Date.now() + 1_000 }));
  rulings.change("den", { topic: "Foxes" });
  const later = new Rulings(facts);
  assertEquals(later.find("ban", named("ann"))?.until, Date.now() + 1_000);
  assertEquals(later.settings("den"), { topic: "Foxes" });
  time.tick(1_000);
  assertEquals(later.find("ban", named("ann")), undefined);
  // Thousands that are over leave nothing behind that stands in the way of others.
  for (let i = 0; i < 3_000; i++) {
    rulings.set("mute", named(`n${i}`), by(`n${i}`, { until: Date.now() + 1 }));
    time.tick(1);
  }
  rulings.set("mute", named("bob"), by("bob"));
  assertEquals(rulings.find("mute", named("bob"))?.username, "bob");
  assertEquals(rulings.settings("den"), { topic: "Foxes" });
});

Deno.test("of a room's settings those are kept that there are", () => {
  const facts = new FactTable();
  const rulings = new Rulings(facts);
  assertEquals(rulings.change("den", { topic: "", slow: 0, closed: false }), {});
  assertEquals(facts.size, 0);
  rulings.change("den", { topic: "a", slow: 5, closed: true });
  assertEquals(rulings.change("den", { slow: 0 }), { topic: "a", closed: true });
  assertEquals(rulings.change("den", { closed: false }), { topic: "a" });
  assertEquals([rulings.settings("den"), rulings.settings("attic")], [{ topic: "a" }, {}]);
  rulings.change("den", { topic: "" });
  assertEquals(facts.size, 0);
});

Deno.test("of two moderators who decide at once, neither undoes what the other has", async () => {
  const rulings = new Rulings(new SlowEngine().facts);
  const gone = () => by("bob", { kick: true, until: Date.now() + 10_000 });
  const both = await Promise.all([
    rulings.set("ban", claimed("bob", "o1"), by("bob", { why: "spam" })),
    rulings.set("ban", claimed("bob", "o1"), gone()),
    rulings.change("den", { topic: "Foxes" }),
    rulings.change("den", { closed: true }),
  ]);
  assertEquals(both.map((held) => "why" in held && held.why), ["spam", "spam", false, false]);
  assertEquals(rulings.list("ban").map(({ why, kick }) => [why, kick]), [["spam", undefined]]);
  assertEquals(rulings.find("ban", claimed("eve", "o1"))?.why, "spam");
  assertEquals(rulings.settings("den"), { topic: "Foxes", closed: true });
});

Deno.test("whoever may not is told why, and until when", () => {
  using _time = new TestTime();
  const told = (...args: Parameters<typeof refusal>) => {
    const { code, message, about } = refusal(...args);
    return [code, message, about.room, about.retryAfter];
  };
  const until = Date.now() + 7_200_000;
  assertEquals(told("ban", by("ann")), [
    ...["forbidden", "You may not be here: a moderator has banned you", undefined, undefined],
  ]);
  assertEquals(told("ban", by("ann", { until, why: "spam" }), "den"), [
    "forbidden",
    "You may not be in den for 2 hours: a moderator has banned you: spam",
    ...["den", 7_200_000],
  ]);
  assertEquals(
    told("ban", by("ann", { until, kick: true }))[1],
    [
      "You may not be here for 2 hours: a moderator has sent you away",
    ][0],
  );
  assertEquals(told("mute", by("ann", { until: Date.now() }), "den"), [
    ...["muted", "You may not speak in den for 1 second: a moderator has muted you", "den", 1],
  ]);
  assertEquals(
    [1, 1_000, 1_001, 119_999, 120_000, 7_199_999, 7_200_000, 172_800_000, 8_640_000_000].map(span),
    [
      "1 second",
      "1 second",
      "2 seconds",
      "120 seconds",
      "2 minutes",
      "120 minutes",
      "2 hours",
      "2 days",
      "100 days",
    ],
  );
  const act = { username: "bob", by: "ann" } as const;
  const acts = ["kick", "mute", "unmute", "ban", "unban"] as const;
  assertEquals(acts.map((each) => sentence({ ...act, act: each, room: "den", why: "spam" })), [
    "ann has sent bob away from den: spam",
    "ann has muted bob in den: spam",
    "ann lets bob speak again in den: spam",
    "ann has banned bob from den: spam",
    "ann lets bob come back to den: spam",
  ]);
  assertEquals(acts.map((each) => sentence({ ...act, act: each, for: 90 })), [
    "ann has sent bob away",
    "ann has muted bob for 90 seconds",
    "ann lets bob speak again",
    "ann has banned bob for 90 seconds",
    "ann lets bob come back",
  ]);
  assertEquals(
    sentence({ act: "set", room: "den", by: "ann", slow: 60, why: "busy" }),
    [
      "ann has changed den, which is open, takes a message in 60 seconds of each and has no topic: busy",
    ][0],
  );
});

Deno.test("what moderators ask for is read within its bounds", () => {
  const read = (command: object) => parse(JSON.stringify(command));
  assertEquals(read({ type: "ban", username: " Ann ", room: "DEN", for: 31_622_400, why: " x " }), {
    ...{ type: "ban", username: "Ann", room: "den", for: 31_622_400, why: "x" },
    address: undefined,
  });
  assertEquals(read({ type: "mute", username: "ann", address: true, for: null }), {
    ...{ type: "mute", username: "ann", room: undefined, for: undefined, why: undefined },
    address: true,
  });
  assertEquals(read({ type: "set", room: "den", topic: "", slow: 3_600 }), {
    ...{ type: "set", room: "den", topic: "", slow: 3_600, closed: undefined, why: undefined },
  });
  const re = "01arz3ndektsv4rrffq69g5fav";
  assertEquals(read({ type: "delete", room: "den", re }), {
    ...{ type: "delete", room: "den", re: re.toUpperCase(), why: undefined },
  });
  const face = "\u{1f600}";
  assertEquals(read({ type: "clear", room: "den", why: face.repeat(200) }), {
    ...{ type: "clear", room: "den", why: face.repeat(200) },
  });
  // What is there to be seen may take what is not.
  for (const topic of ["👩‍🚀 ❤️", "علی‌رضا", "1️⃣"]) {
    const command = read({ type: "set", room: "den", topic });
    assertEquals("topic" in command && command.topic, topic);
  }
  for (
    const wrong of [
      { type: "clear" },
      { type: "set", topic: "a" },
      { type: "set", room: "den", why: "no more than that" },
      { type: "delete", room: "den" },
      { type: "delete", room: "den", re: 5 },
      { type: "kick" },
      { type: "kick", username: "" },
      { type: "ban", username: "ann", for: 1.5 },
      { type: "ban", username: "ann", why: face.repeat(201) },
      { type: "ban", username: "ann", why: "\ud800" },
      { type: "ban", username: "ann", why: 5 },
      { type: "ban", username: "ann", address: "10.0.0.1" },
      { type: "set", room: "den", topic: "a\tb" },
      { type: "set", room: "den", topic: "a\u200bb" },
      { type: "mute", username: "ann", why: "a\u{e0041}" },
      { type: "mute", username: "ann", why: "a\u3164b" },
      { type: "mute", username: "ann", why: "\u202edab" },
      { type: "set", room: "den", topic: " " },
      { type: "set", room: "den", closed: 1 },
    ]
  ) {
    const error = assertThrows(() => read({ ...wrong, ref: "r" }), ChatError);
    assertEquals([error.code, error.about.ref], ["bad_message", "r"], JSON.stringify(wrong));
  }
  const unknown = assertThrows(() => read({ type: "dance" }), ChatError);
  for (const type of ["chat", "auth", "delete", "clear", "kick", "unmute", "unban", "set"]) {
    assertStringIncludes(unknown.message, type);
  }
});

Deno.test("the facts of rulings are no longer than facts may be, whoever and whatever they are about", () => {
  const long: string[] = [];
  const facts: FactTable = Object.assign(new FactTable(), {
    set(name: string, fact?: Fact) {
      long.push(name);
      new FactTable().check(name, fact!);
    },
  });
  const rulings = new Rulings(facts);
  const username = "\u{10400}".repeat(32);
  const key = `#${crypto.randomUUID()}#${username.toLowerCase()}`;
  const why = '"'.repeat(200);
  const ruling = by(username, { why, by: username, guests: true, address: true, kick: true });
  rulings.set("mute", { username, key }, ruling, "r".repeat(64));
  rulings.change("r".repeat(64), { topic: "\\".repeat(200), slow: 3_600, closed: true });
  assertEquals(long.length, 3);
});

Deno.test("whom a decision is about is looked at, in one go where there are many; and no one's whole network of networks", async () => {
  const facts = new FactTable();
  const rulings = new Rulings(facts);
  const faults: unknown[] = [];
  const keeper = new Doorkeeper(facts, rulings, (error) => faults.push(error));
  const seen: (string | undefined)[] = [];
  const attendant = (who: Rights): Attendant => ({ who, review: (room) => seen.push(room) });
  const bob = attendant({ ...named("bob"), address: "10.0.0.1" });
  keeper.admit(bob);
  for (let i = 0; i < 20; i++) {
    const tab = attendant({ ...named("bob"), address: `10.0.1.${i}` });
    keeper.admit(tab);
    if (i > 5) keeper.dismiss(tab);
  }
  for (const who of [named("carl"), known("bob")]) {
    keeper.admit({ who: { ...who, address: "10.9.9.9" }, review: () => {} });
  }
  rulings.set("mute", named("bob"), by("bob"));
  rulings.change("den", { closed: true });
  facts.set("session key", { value: "x" });
  await Promise.resolve();
  assertEquals(seen, []);
  rulings.set("ban", named("bob"), by("bob", { address: true, guests: true }), "den");
  rulings.set("ban", named("eve"), by("eve"), "den");
  assertEquals(facts.list("ban #den ").map(([name]) => name.slice(9)), [
    ...["10.0.0.1", ...[0, 1, 2, 3, 4, 5].map((i) => `10.0.1.${i}`), "@eve", "~bob"],
  ]);
  await Promise.resolve();
  assertEquals(seen, new Array(7).fill("den"));
  facts.set("revoked x", { value: "x" });
  rulings.lift("ban", "bob", "den");
  await Promise.resolve();
  assertEquals(seen.slice(7), new Array(7).fill(undefined));
  // Of many networks not all are kept, and where there is no room left that is told.
  for (let i = 0; i < 30; i++) {
    keeper.admit(attendant({ ...named("dora"), address: `10.1.0.${i}` }));
  }
  rulings.set("mute", named("dora"), by("dora", { address: true }));
  assertEquals(facts.list("mute * 10.1.").length, 16);
  const { set } = facts;
  facts.set = (name, fact) => {
    if (name.startsWith("ban * 10")) throw new Error("full");
    if (name.startsWith("mute #x 10")) return Promise.reject(new Error("away"));
    return set.call(facts, name, fact);
  };
  rulings.set("ban", named("dora"), by("dora", { address: true }));
  rulings.set("mute", named("bob"), by("bob", { address: true }), "x");
  await Promise.resolve();
  await Promise.resolve();
  assertEquals(
    faults.map(String).sort(),
    [
      ...new Array(8).fill("Error: away"),
      ...new Array(16).fill("Error: full"),
    ].sort(),
  );
});

Deno.test("who has passed waits for their next turn, and of very many not all are remembered", () => {
  using time = new TestTime();
  const slow = new SlowMode();
  assertEquals(slow.wait("ann", 100), 0);
  slow.pass("ann", 100);
  assertEquals([slow.wait("ann", 100), slow.wait("bob", 100)], [100, 0]);
  time.tick(40);
  // It is less where it was more when they spoke, and never becomes more.
  const waits = [100, 41, 40, 30, 1_000].map((interval) => slow.wait("ann", interval));
  assertEquals(waits, [60, 1, 0, 0, 60]);
  time.tick(60);
  assertEquals(slow.wait("ann", 1_000), 0);
  slow.pass("ann", 1_000);
  for (let i = 0; i < 10_000; i++) slow.pass(`n${i}`, 1_000);
  assertEquals([slow.wait("n9999", 1_000), slow.wait("ann", 1_000)], [1_000, 0]);
});

Deno.test("who has spoken at another server waits for what is left of that, and no longer", async () => {
  using time = new TestTime();
  const rulings = new Rulings(new FactTable());
  rulings.change("den", { slow: 60 });
  let elsewhere = 10_000;
  const company = { take: () => Promise.resolve(elsewhere) } as unknown as Company;
  const approval = new Approval(rulings, new MemoryEngine(), company);
  const wait = async () =>
    await Promise.resolve(approval.ask(named("ann"), { room: "den" }, { content: "hello" }))
      .then(() => 0, ({ about }) => about.retryAfter);
  assertEquals(await wait(), 10_000);
  time.tick(10_000);
  elsewhere = 0;
  assertEquals(await wait(), 0);
  await assertRejects(async () =>
    await approval.ask(named("ann"), { room: "den" }, { content: "again" })
  );
});

Deno.test("what is approved is done in order, and once much waits no more is taken", async () => {
  const order = new InOrder();
  const done: string[] = [];
  const gates = Array.from({ length: 17 }, () => Promise.withResolvers<number>());
  const act = (i: number) => {
    if (i === 1) throw new Error("cannot");
    if (i === 3) return Promise.reject(new Error("can not"));
    done.push(`${i}`);
  };
  const refuse = (error: unknown) => void done.push(String(error));
  assertEquals(order.done, undefined);
  const pauses = gates.map(({ promise }) => order.add(promise, act, refuse));
  assertEquals(pauses.map((pause) => pause instanceof Promise).indexOf(true), 15);
  for (const [i, { resolve, reject }] of [...gates.entries()].reverse()) {
    if (i === 2) reject(new Error("may not"));
    else resolve(i);
  }
  await order.done;
  const rest = Array.from({ length: 13 }, (_, i) => `${i + 4}`);
  assertEquals(done, ["0", "Error: cannot", "Error: may not", "Error: can not", ...rest]);
  assertEquals(order.done, undefined);
  assertEquals(order.add("at once", () => void done.push("at last"), refuse), undefined);
  await order.done;
  assertEquals(done.at(-1), "at last");
});
