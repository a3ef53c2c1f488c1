/** What only this engine has to see to: that tidying and speaking do not hinder each other. */
import { assert } from "@std/assert";
import { SqliteEngine, type SqliteOptions } from "../../hub/engine/sqlite.ts";
import { granted, until } from "../support.ts";
import { Folder } from "./folder.ts";

const files = { ignore: !granted("read", "write") };

function start(options?: SqliteOptions) {
  const folder = new Folder();
  const engine = SqliteEngine.open(folder.data, options);
  return {
    engine,
    say: (content: string) =>
      engine.say(["#den"], { username: "ann", content, room: "den" }) as Promise<unknown>,
    async [Symbol.asyncDispose]() {
      await engine.end();
      folder[Symbol.dispose]();
    },
  };
}

Deno.test(
  "old messages go also while somebody speaks all the time, and only what was told",
  files,
  async () => {
    await using store = start({ keep: { messages: 4 } });
    const { engine, say } = store;
    let newest = "";
    let lost = "";
    await engine.open("#den", {
      begin() {},
      append({ id }) {
        assert(id > lost, "it was lost before it was told");
        newest = id;
      },
      lose(id) {
        assert(id <= newest);
        lost = id;
      },
    });
    let speaking = true;
    const speak = async () => {
      while (speaking) await say("x");
    };
    const speakers = Array.from({ length: 8 }, speak);
    await until(() => lost !== "");
    speaking = false;
    await Promise.all(speakers);
    await until(() => engine.page("#den", { limit: 99 }).entries.length === 4);
  },
);
