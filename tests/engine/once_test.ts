import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Once } from "../../hub/engine/once.ts";
import { type Entry, entryOfText } from "../../hub/log/batch.ts";

const draft = { username: "ann", content: "hi", room: "den", ref: "1" };
const entry = (id: string): Entry => entryOfText("{}", { id, type: "chat", username: "ann" });
const unwanted = () => {
  throw new Error("It was said already.");
};

Deno.test("what is said again with the same ref is the first message, by person and place", async () => {
  const once = new Once();
  const [a, b] = [entry("a"), entry("b")];
  assertEquals(once.say(draft, () => a), { entry: a, again: false });
  assertEquals(once.say({ ...draft, username: "ANN" }, unwanted), { entry: a, again: true });
  for (const other of [{ ref: "2" }, { room: "hall" }, { username: "bob" }, { ref: undefined }]) {
    assertEquals(await once.say({ ...draft, ...other }, () => b), { entry: b, again: false });
  }
  const { room: _, ...rest } = draft;
  assertEquals(await once.say({ ...rest, to: "den" }, () => b), { entry: b, again: false });
  once.remember({ username: "cem", room: "den", ref: "1" }, a);
  assertEquals(await once.say({ ...draft, username: "cem" }, unwanted), { entry: a, again: true });
});

Deno.test("what is said again while it is being kept waits for the first", async () => {
  const once = new Once();
  const a = entry("a");
  const { promise, resolve } = Promise.withResolvers<Entry>();
  const said = [once.say(draft, () => promise), once.say(draft, unwanted)];
  resolve(a);
  assertEquals(await Promise.all(said), [{ entry: a, again: false }, { entry: a, again: true }]);
  assertEquals(once.say(draft, unwanted), { entry: a, again: true });
});

Deno.test("what could not be kept may be said again", async () => {
  const once = new Once();
  const full = new Error("full");
  assertThrows(
    () => {
      once.say(draft, () => {
        throw full;
      });
    },
    Error,
    "full",
  );
  const failing = () => Promise.reject(full);
  const both = [once.say(draft, failing), once.say(draft, unwanted)] as Promise<unknown>[];
  for (const said of both) await assertRejects(() => said, Error, "full");
  const a = entry("a");
  assertEquals(once.say(draft, () => a), { entry: a, again: false });
});
