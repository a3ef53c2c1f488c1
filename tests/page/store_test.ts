import { assertEquals } from "@std/assert";
import { Conversation } from "../../static/page/model/conversation.js";
import { Store } from "../../static/page/model/store.js";
import type { Line } from "../../static/page/model/lines.js";

/** What `localStorage` is, with a bound. */
class FakeStorage {
  readonly items = new Map<string, string>();
  constructor(readonly most = Infinity) {}
  get length() {
    return this.items.size;
  }
  key(index: number) {
    return [...this.items.keys()][index] ?? null;
  }
  getItem(name: string) {
    return this.items.get(name) ?? null;
  }
  setItem(name: string, value: string) {
    let size = name.length + value.length;
    for (const [key, value] of this.items) if (key !== name) size += key.length + value.length;
    if (size > this.most) throw new DOMException("It is full", "QuotaExceededError");
    this.items.set(name, value);
  }
  removeItem(name: string) {
    this.items.delete(name);
  }
  clear() {
    this.items.clear();
  }
}

const id = (n: number) => `01${String(n).padStart(24, "0")}`;

const said = (n: number, content = `message ${n}`): Line => ({
  key: id(n),
  id: id(n),
  order: id(n),
  kind: "chat",
  username: "Bob",
  content,
  time: n,
});

/** A conversation with Bob of some lines. */
function bob(...lines: Line[]): Conversation {
  const conversation = new Conversation("person", "Bob");
  conversation.fetch(lines);
  return conversation;
}

const keptOf = (storage: FakeStorage, name = "Ann") => new Store(name, storage).load();
const texts = ({ conversations }: ReturnType<Store["load"]>) =>
  conversations.map(({ lines }) => lines.map(({ content }) => content));

Deno.test("Store keeps conversations in their order, by name, and the place", () => {
  const storage = new FakeStorage();
  const room = new Conversation("room", "lobby");
  room.fetch([said(1)]);
  Object.assign(room, { seen: id(1), draft: "Hel" });
  const hidden = Object.assign(bob(said(2), said(3)), { hidden: true, seen: id(2) });
  const store = new Store("Ann", storage);
  assertEquals(store.load(), { conversations: [], inbox: undefined, time: 0 });
  store.save([hidden, room], { inbox: id(9), time: 7 });
  const { conversations, inbox, time } = keptOf(storage, "ANN");
  assertEquals([inbox, time], [id(9), 7]);
  assertEquals(
    conversations.map(({ name, seen, draft, hidden, lines }) => [
      name,
      seen,
      draft,
      hidden,
      lines.length,
    ]),
    [["Bob", id(2), "", true, 2], ["lobby", id(1), "Hel", false, 0]],
  );
  assertEquals(keptOf(storage, "Carl").conversations, []);
  store.save([room, hidden], { time: 8 });
  assertEquals(keptOf(storage).conversations.map(({ name }) => name), ["lobby", "Bob"]);
  store.remove(room);
  assertEquals(keptOf(storage).conversations.map(({ name }) => name), ["Bob"]);
  store.forget();
  assertEquals(storage.items.size, 0);
  store.save([room], { time: 9 });
  assertEquals(storage.items.size, 0);
});

Deno.test("Store keeps what several tabs know, and the messages on the way of each", () => {
  const storage = new FakeStorage();
  const one = new Store("Ann", storage);
  const two = new Store("Ann", storage);
  const here = bob(said(1), said(3));
  const there = bob(said(2), said(3));
  const { id: _, ...unsent } = said(9, "on its way");
  here.unsent.push({ ...unsent, key: "a", state: "pending" });
  there.unsent.push({ ...unsent, key: "b", state: "failed" });
  one.save([here], { time: 1 });
  two.save([there], { time: 1 });
  const kept = keptOf(storage);
  assertEquals(texts(kept), [["message 1", "message 2", "message 3"]]);
  assertEquals(kept.conversations[0]?.unsent.map(({ key }) => key), ["a", "b"]);
  here.settle("a");
  one.save([here], { time: 2 });
  assertEquals(keptOf(storage).conversations[0]?.unsent.map(({ key }) => key), ["b"]);
});

Deno.test("Store keeps nothing on its way that another tab took over, once it has arrived", () => {
  const storage = new FakeStorage();
  const { id: _, ...unsent } = said(9, "on its way");
  const keys = () => keptOf(storage).conversations[0]?.unsent.map(({ key }) => key);
  const first = bob(said(1));
  first.unsent.push({ ...unsent, key: "a", state: "pending" });
  const one = new Store("Ann", storage);
  one.save([first], { time: 1 });
  // The first tab may be gone, or be there still.
  const two = new Store("Ann", storage);
  const second = bob(said(1));
  second.unsent.push(...two.load().conversations[0]!.unsent);
  two.save([second], { time: 2 });
  first.draft = "Hel";
  one.save([first], { time: 3 });
  assertEquals(keys(), ["a"]);
  second.settle("a");
  two.save([second], { time: 4 });
  assertEquals(keys(), []);
  first.settle("a");
  one.save([first], { time: 5 });
  assertEquals(keys(), []);
});

Deno.test("Store tells what another tab has written", () => {
  const storage = new FakeStorage();
  const store = new Store("Ann", storage);
  store.save([Object.assign(bob(said(1)), { seen: id(1) })], { time: 1 });
  const event = (key: string) => ({ key, newValue: storage.getItem(key) }) as StorageEvent;
  const heard = [...storage.items.keys()].map((key) => store.heard(event(key))?.seen);
  assertEquals(heard, [id(1), undefined]);
  const [name] = [...storage.items.keys()];
  const before = event(name!);
  store.save([Object.assign(bob(said(1)), { seen: id(0) })], { time: 1 });
  assertEquals(store.heard(before)?.seen, id(1), "whatever this tab has written meanwhile");
  storage.setItem(name!, "{");
  assertEquals(store.heard(event(name!)), undefined);
  const other = new Store("Carl", storage);
  assertEquals([...storage.items.keys()].map((key) => other.heard(event(key))), [
    undefined,
    undefined,
  ]);
  assertEquals(store.heard({ key: null, newValue: null } as StorageEvent), undefined);
});

Deno.test("Store writes only what has changed", () => {
  const storage = new FakeStorage();
  const store = new Store("Ann", storage);
  const conversation = bob(said(1));
  store.save([conversation], { time: 1 });
  const [name] = [...storage.items.keys()];
  const changes: (() => void)[] = [
    () => conversation.draft = "Hel",
    () => conversation.hidden = true,
    () => conversation.lost = id(0),
    () => conversation.read(),
    () => conversation.hear(said(2)),
    () => conversation.unsent.push({ ...said(3), state: "pending" }),
    () => conversation.unsent[0]!.state = "failed",
  ];
  for (const change of changes) {
    storage.removeItem(name!);
    store.save([conversation], { time: 1 });
    assertEquals(storage.getItem(name!), null);
    change();
    store.save([conversation], { time: 1 });
    assertEquals(storage.getItem(name!) === null, false, String(change));
  }
});

Deno.test("Store is bounded: lines, characters, people and names", () => {
  const storage = new FakeStorage();
  const many = bob(...Array.from({ length: 310 }, (_, n) => said(n)));
  new Store("Ann", storage).save([many], { time: 1 });
  assertEquals(texts(keptOf(storage))[0]?.length, 300);
  assertEquals(texts(keptOf(storage))[0]?.at(-1), "message 309");
  const long = bob(...Array.from({ length: 20 }, (_, n) => said(n, "x".repeat(4_000))));
  new Store("Bob", storage).save([long], { time: 2 });
  assertEquals(texts(keptOf(storage, "Bob"))[0]?.length, 15);

  const people = Array.from({ length: 51 }, (_, n) => {
    const conversation = new Conversation("person", `Person ${n}`);
    conversation.fetch([said(100 - n)]);
    return conversation;
  });
  new Store("Carl", storage).save(people, { time: 3 });
  const names = keptOf(storage, "Carl").conversations.map(({ name }) => name);
  assertEquals([names.length, names.includes("Person 50")], [50, false]);

  for (const [n, name] of ["Dora", "Emil", "Fred"].entries()) {
    const store = new Store(name, storage);
    store.load();
    store.save([bob(said(1))], { time: 4 + n });
  }
  const left = [...storage.items.keys()].filter((key) => key.endsWith(":place"));
  assertEquals(left.map((key) => key.split(":")[1]), ["bob", "carl", "dora", "emil", "fred"]);
  assertEquals([...storage.items.keys()].some((key) => key.includes(":ann:")), false);
});

Deno.test("Store keeps the conversations one takes part in, however many write", () => {
  const storage = new FakeStorage();
  const person = (name: string, ...lines: Line[]) => {
    const conversation = new Conversation("person", name);
    conversation.fetch(lines);
    return conversation;
  };
  const friends = [
    person("Friend", said(1), { ...said(2), username: "Ann", state: "sent" }),
    Object.assign(person("Begun", said(3)), { draft: "Hel" }),
    Object.assign(person("Waiting"), { unsent: [{ ...said(4), state: "failed" as const }] }),
  ];
  const strangers = Array.from({ length: 60 }, (_, n) => person(`Stranger ${n}`, said(10 + n)));
  new Store("Ann", storage).save([...friends, ...strangers], { time: 1 });
  const names = keptOf(storage).conversations.map(({ name }) => name);
  assertEquals([names.length, ...names.slice(0, 4)], [
    50,
    "Friend",
    "Begun",
    "Waiting",
    "Stranger 13",
  ]);
});

Deno.test("Store makes room where there is none, and else says so", () => {
  const storage = new FakeStorage(3_000);
  new Store("Ann", storage).save([bob(said(1, "x".repeat(1_000)))], { time: 1 });
  const store = new Store("Bob", storage);
  store.save([bob(said(2, "x".repeat(2_000)))], { time: 2 });
  assertEquals([store.problem, keptOf(storage).conversations.length], ["", 0]);
  assertEquals(texts(keptOf(storage, "Bob"))[0]?.length, 1);
  store.save([bob(said(2), said(3, "x".repeat(3_000)))], { time: 3 });
  assertEquals([store.problem, keptOf(storage, "Bob").time], ["full", 2]);
  store.save([bob(said(4))], { time: 4 });
  assertEquals([store.problem, keptOf(storage, "Bob").time], ["", 4]);
});

Deno.test("Store works in vain where the browser forbids it, and says so", () => {
  const store = new Store("Ann", undefined);
  // Deno has no storage without a place for it.
  if (store.problem === "") return;
  assertEquals(store.problem, "forbidden");
  store.save([bob(said(1))], { time: 1 });
  assertEquals(store.load().conversations, []);
});

Deno.test("Store passes over what it has not written", () => {
  const storage = new FakeStorage();
  new Store("Ann", storage).save([bob(said(1))], { time: 1 });
  const [name, place] = [...storage.items.keys()];
  for (const text of ["", "{", "null", "[]", "{}", '"x"', '{"kind":"room","name":"x"}']) {
    storage.setItem(name!, text);
    storage.setItem(place!, text);
    assertEquals(keptOf(storage).conversations, [], text);
  }
});

Deno.test("Store takes of what makes no sense only what does", () => {
  const storage = new FakeStorage();
  const conversation = bob(said(1), said(2));
  const { id: _, ...unsent } = said(9, "on its way");
  conversation.unsent.push({ ...unsent, key: "a", state: "failed" });
  new Store("Ann", storage).save([Object.assign(conversation, { seen: id(1) })], { time: 1 });
  const [name, place] = [...storage.items.keys()];
  const record = JSON.parse(storage.getItem(name!)!);
  const [one] = record.lines;
  const kept = (change: object) => {
    storage.setItem(name!, JSON.stringify({ ...record, ...change }));
    // Nor does another tab stumble over it, or what is written next.
    const event = { key: name!, newValue: storage.getItem(name!) } as StorageEvent;
    const { seen = "" } = new Store("Ann", storage).heard(event) ?? {};
    new Store("Ann", storage).save([bob(said(1))], { time: 1 });
    storage.setItem(name!, JSON.stringify({ ...record, ...change }));
    const [found] = keptOf(storage).conversations;
    assertEquals(found?.seen ?? "", seen);
    return found;
  };
  const wrong = [5, {}, [], null, "", "x".repeat(129)];
  for (const name of wrong) assertEquals(kept({ name }), undefined, JSON.stringify(name));
  for (const kind of ["group", "room", 5]) assertEquals(kept({ kind }), undefined, `${kind}`);
  for (
    const lines of [5, {}, [null], [5], [{}], [{ ...one, id: "~" }], [{ ...one, kind: "gap" }]]
  ) {
    assertEquals(kept({ lines })?.lines, [], JSON.stringify(lines));
    assertEquals(kept({ unsent: lines })?.unsent, [], JSON.stringify(lines));
  }
  for (const field of ["key", "order", "username", "content", "time"]) {
    for (const value of [null, {}, field === "time" ? 1e20 : 5]) {
      const lines = [{ ...one, [field]: value }, one];
      assertEquals(kept({ lines })?.lines.length, 1, `${field} ${value}`);
    }
  }
  for (const value of [5, {}, null, "x y"]) {
    const { seen, lost } = kept({ seen: value, lost: value })!;
    assertEquals([seen, lost], ["", ""]);
    assertEquals(kept({ hidden: value })?.hidden, false);
    assertEquals(kept({ index: value })?.index, value === 5 ? 5 : 0);
    storage.setItem(place!, JSON.stringify({ inbox: value, time: value }));
    assertEquals([keptOf(storage).inbox, keptOf(storage).time], [undefined, value === 5 ? 5 : 0]);
  }
  for (const draft of [5, {}, null]) assertEquals(kept({ draft })?.draft, "");
  // An older version may have kept less.
  assertEquals(kept({ lines: undefined, unsent: undefined, index: undefined })?.seen, id(1));
});

Deno.test("Store reads what is kept where there is no room for more", () => {
  const storage = new FakeStorage(1_000);
  new Store("Ann", storage).save([bob(said(1))], { time: 1 });
  const known = Object.getOwnPropertyDescriptor(globalThis, "localStorage")!;
  const found = () => {
    Object.defineProperty(globalThis, "localStorage", { value: storage, configurable: true });
    const store = new Store("Ann");
    Object.defineProperty(globalThis, "localStorage", known);
    return [store.problem, store.load().conversations.length];
  };
  assertEquals(found(), ["", 1]);
  let size = 0;
  for (const [name, value] of storage.items) size += name.length + value.length;
  storage.setItem("ballast", "x".repeat(1_000 - size - "ballast".length));
  assertEquals(found(), ["", 1]);
  // Nothing fits where there is nothing: the browser only says that it is full.
  const forbidden = storage.items.keys().toArray();
  for (const name of forbidden) storage.removeItem(name);
  storage.setItem = () => {
    throw new DOMException("It is full", "QuotaExceededError");
  };
  assertEquals(found(), ["forbidden", 0]);
});

Deno.test("Store keeps what finds room beside what does not", () => {
  const storage = new FakeStorage(1_500);
  const room = new Conversation("room", "lobby");
  const store = new Store("Ann", storage);
  store.save([bob(said(1)), room], { time: 1 });
  room.seen = id(5);
  const long = bob(said(1), said(2, "x".repeat(2_000)));
  store.save([long, room], { time: 2 });
  const { conversations, time } = keptOf(storage);
  assertEquals([store.problem, time, conversations.map(({ seen }) => seen)], [
    "full",
    1,
    ["", id(5)],
  ]);
  assertEquals(texts({ conversations, time }), [["message 1"], []]);
});

Deno.test("Store makes room by whole persons, whatever their rooms are called", () => {
  const storage = new FakeStorage(3_000);
  const room = Object.assign(new Conversation("room", "place"), { seen: id(1) });
  new Store("Ann", storage).save([room], { time: 5 });
  new Store("Carl", storage).save([bob(said(1, "x".repeat(1_000)))], { time: 4 });
  new Store("Bob", storage).save([bob(said(2, "x".repeat(1_700)))], { time: 6 });
  assertEquals(keptOf(storage, "Carl").time, 0);
  assertEquals(keptOf(storage).conversations.map(({ seen }) => seen), [id(1)]);
});

Deno.test("Store keeps what was read and written in any of several tabs", () => {
  const storage = new FakeStorage();
  const record = () => keptOf(storage).conversations.map(({ seen, draft }) => [seen, draft])[0];
  const tab = () => {
    const store = new Store("Ann", storage);
    const room = new Conversation("room", "lobby");
    for (const kept of store.load().conversations) room.restore(kept, () => false);
    const save = (change: Partial<Conversation>) => {
      Object.assign(room, change);
      store.save([room], { time: 1 });
      return record();
    };
    return { room, save };
  };
  const one = tab();
  assertEquals(one.save({ seen: id(1), draft: "Hel" }), [id(1), "Hel"]);
  const two = tab();
  assertEquals([two.room.seen, two.room.draft], [id(1), "Hel"]);
  assertEquals(two.save({ seen: id(3) }), [id(3), "Hel"]);
  assertEquals(one.save({ seen: id(2), draft: "Hello" }), [id(3), "Hello"]);
  assertEquals(one.save({ seen: id(4) }), [id(4), "Hello"]);
  // The other tab has not changed the draft, nor seen more.
  assertEquals(two.save({ hidden: true }), [id(4), "Hello"]);
  assertEquals(two.save({ hidden: false }), [id(4), "Hello"]);
  assertEquals(two.save({ draft: "" }), [id(4), ""]);
  // A server whose clock is behind gives smaller ids.
  assertEquals(two.save({ seen: id(0) }), [id(0), ""]);
  two.save({ lost: id(4) });
  one.save({ lost: id(3), draft: "Well" });
  assertEquals(keptOf(storage).conversations[0]?.lost, id(4));
  // A tab that never read what is kept has changed nothing of it.
  one.save({ draft: "Hello!" });
  new Store("Ann", storage).save([new Conversation("room", "lobby")], { time: 1 });
  assertEquals(record()?.[1], "Hello!");
});

Deno.test("Store knows where something was said before the lines it keeps", () => {
  const storage = new FakeStorage();
  const wholes = (...lines: Line[]) => {
    const store = new Store("Ann", storage);
    const conversation = bob();
    for (const kept of store.load().conversations) conversation.restore(kept, () => false);
    conversation.fetch(lines);
    store.save([conversation], { time: 1 });
    return keptOf(storage).conversations.map(({ lines, whole }) => [lines.length, whole]);
  };
  assertEquals(wholes(...Array.from({ length: 300 }, (_, n) => said(n))), [[300, true]]);
  assertEquals(wholes(said(300)), [[300, false]]);
  assertEquals(wholes(said(301, "x".repeat(60_000))), [[1, false]]);
  // The tab that has all of them keeps no more than others do.
  const other = bob(said(299), said(300), said(301));
  new Store("Ann", storage).save([other], { time: 1 });
  assertEquals(keptOf(storage).conversations.map(({ whole }) => whole), [false]);
  const trimmed = bob(said(1));
  trimmed.held.start = "unknown";
  new Store("Bob", storage).save([trimmed], { time: 1 });
  assertEquals(keptOf(storage, "Bob").conversations.map(({ whole }) => whole), [false]);
});

Deno.test("Store knows in which rooms nothing was ever said", () => {
  const storage = new FakeStorage();
  const room = new Conversation("room", "lobby");
  const store = new Store("Ann", storage);
  const again = () => {
    store.save([room], { time: 1 });
    const other = new Conversation("room", "lobby");
    for (const kept of keptOf(storage).conversations) other.restore(kept, () => false);
    return other.isSilent;
  };
  assertEquals(again(), false, "that is not known yet");
  room.held.start = "nothing";
  assertEquals(again(), true);
  room.fetch([said(1)]);
  assertEquals(again(), false);
});
