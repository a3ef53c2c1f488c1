import { assertEquals } from "@std/assert";
import { Absence } from "../../static/page/model/absence.js";

/** Has the server answer that it runs for some seconds, or not at all; counts how often it is asked. */
function server(uptime?: number, engine?: string) {
  const { fetch } = globalThis;
  const asked = { times: 0, [Symbol.dispose]: () => void (globalThis.fetch = fetch) };
  globalThis.fetch = () => {
    asked.times++;
    return uptime === undefined
      ? Promise.reject(new TypeError())
      : Promise.resolve(Response.json({ uptime, engine }));
  };
  return asked;
}

const WELL = { forgetful: false, forgotten: false };

Deno.test("Absence tells a server that was started within it and has forgotten, and asks once", async () => {
  const absence = new Absence(Date.now() - 60_000);
  absence.end();
  const fate = { forgetful: true, forgotten: true };
  using asked = server(59);
  assertEquals(await Promise.all([absence.ask(), absence.ask()]), [fate, fate]);
  assertEquals([absence.forgotten, asked.times], [true, 1]);
  absence.end();
  assertEquals(absence.forgotten, false);
  assertEquals((await absence.ask()).forgotten, false, "it runs for longer than that");
});

Deno.test("Absence takes a server that keeps what is said for one that has not forgotten it", async () => {
  for (
    const [engine, fate] of [["sqlite", WELL], ["memory", { ...WELL, forgetful: true }]] as const
  ) {
    const absence = new Absence(Date.now() - 60_000);
    absence.end();
    using _asked = server(engine === "sqlite" ? 59 : 61, engine);
    assertEquals([await absence.ask(), absence.forgotten], [fate, false]);
  }
});

Deno.test("Absence takes a server that does not say for one that was not started anew", async () => {
  const absence = new Absence(0);
  absence.end();
  using _asked = server();
  assertEquals([await absence.ask(), absence.forgotten], [WELL, false]);
});
