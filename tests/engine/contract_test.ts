import { MemoryEngine } from "../../hub/engine/memory.ts";
import { SqliteEngine } from "../../hub/engine/sqlite.ts";
import { randomFrom } from "../chat/proxy.ts";
import { granted } from "../support.ts";
import { contract } from "./contract.ts";
import { Folder } from "./folder.ts";
import { byChance, SlowEngine } from "./slow_engine.ts";

contract({
  name: "memory",
  keeps: false,
  home: () => ({ start: () => new MemoryEngine(), async [Symbol.asyncDispose]() {} }),
});

contract({
  name: "slow",
  keeps: true,
  home() {
    const seed = Math.floor(Math.random() * 2 ** 32);
    let engine: SlowEngine | undefined;
    return {
      start: ({ keep } = {}) =>
        engine = new SlowEngine({ ...byChance(randomFrom(seed), 2, 0), keep, before: engine }),
      async [Symbol.asyncDispose]() {},
    };
  },
});

if (granted("read", "write")) {
  contract({
    name: "sqlite",
    keeps: true,
    home() {
      const folder = new Folder();
      return {
        start: ({ keep } = {}) => SqliteEngine.open(folder.data, { keep: { messages: keep } }),
        // deno-lint-ignore require-await
        async [Symbol.asyncDispose]() {
          folder[Symbol.dispose]();
        },
      };
    },
  });
}
