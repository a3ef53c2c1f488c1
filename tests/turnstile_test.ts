/** A crowd comes and goes a few at a time, so that who talks is not kept waiting. */
import { assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { Turnstile } from "../hub/conversation/turnstile.ts";
import { root, run } from "./program.ts";
import { programs } from "./support.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

Deno.test("few pass a turnstile in one turn of the event loop, the others in the next ones, in order", async () => {
  const turnstile = new Turnstile();
  const passed: number[] = [];
  const comes = async (number: number) => {
    await turnstile.pass();
    passed.push(number);
  };
  const all = Array.from({ length: 20 }, (_, number) => number);
  const crowd = Promise.all(all.map(comes));
  const seen: number[] = [];
  for (let i = 0; i < 4; i++) {
    await Promise.resolve();
    seen.push(passed.length);
    await turn();
  }
  await crowd;
  assertEquals([seen, passed], [[8, 16, 20, 20], all]);
  // Who comes alone does not wait, and neither do as many as before, once there is nobody else.
  assertEquals(Array.from({ length: 9 }, () => turnstile.pass() === undefined), [
    ...Array(8).fill(true),
    false,
  ]);
  await turn();
});

Deno.test("a turnstile that is open lets everybody pass, also who waits", async () => {
  const turnstile = new Turnstile();
  const waiting = Array.from({ length: 50 }, () => turnstile.pass());
  turnstile.open();
  assertEquals(Array.from({ length: 50 }, () => turnstile.pass()), Array(50).fill(undefined));
  await turn();
  await turn();
  assertEquals(await Promise.race([Promise.all(waiting).then(() => "all"), turn()]), "all");
});

Deno.test("a turnstile that nobody passes any more has nothing to do", programs, async () => {
  const module = new URL("hub/conversation/turnstile.ts", root);
  const script = `import { Turnstile } from "${module}"; new Turnstile().pass();`;
  const { code } = await run(
    new Deno.Command(Deno.execPath(), { args: ["eval", script], stdout: "piped", stderr: "piped" }),
  );
  assertEquals(code, 0);
});
