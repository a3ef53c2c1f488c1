import { Program } from "../program.ts";
import type { Place } from "./siege.ts";
import { Vitals } from "./vitals.ts";

/** Whose pages the server lets in. */
const ORIGIN = "https://chat.example";

/** What our own server is started with: the limits of the default, but for a pair that says a lot. */
const FLAGS = ["--rate", "25", "--rate-address", "200", "--origin", ORIGIN];

/** Starts our own server, as `deno task start` does. */
export const startOurs = (flags: readonly string[] = []): Promise<Program> =>
  Program.start([...FLAGS, ...flags]);

/** What is known of it. */
export const placeOf = (program: Program, seed: number): Place => ({
  seed,
  loopback: true,
  guarded: true,
  letters: { from: "127.0.0.2" },
  vitals: new Vitals(program),
});
