import type { Config } from "../routes.ts";
import { masked } from "./masked.ts";
import { type Level, LEVELS } from "./settings.ts";

/** Most characters of a text in the log. */
const LONGEST = 200;

/** What is told of a text: some come from strangers, and some have an address with a password in it. */
function short(_key: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  const text = masked(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** What writes events of a level, and of those above it, to the log. */
export function logger(least: Level): Config["log"] {
  const from = LEVELS.indexOf(least);
  return (level, event, fields = {}) => {
    if (LEVELS.indexOf(level) < from) return;
    // deno-lint-ignore no-console
    console.log(JSON.stringify({ time: new Date().toISOString(), level, event, ...fields }, short));
  };
}
