import type { Config } from "../routes.ts";
import { type Level, LEVELS } from "./settings.ts";

/** Most characters of a text in the log. */
const LONGEST = 200;

/** Cuts short the texts of a log line: some of them come from strangers. */
const short = (_key: string, value: unknown) =>
  typeof value === "string" && value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;

/** What writes events of a level, and of those above it, to the log. */
export function logger(least: Level): Config["log"] {
  const from = LEVELS.indexOf(least);
  return (level, event, fields = {}) => {
    if (LEVELS.indexOf(level) < from) return;
    // deno-lint-ignore no-console
    console.log(JSON.stringify({ time: new Date().toISOString(), level, event, ...fields }, short));
  };
}
