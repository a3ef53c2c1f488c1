import { assertEquals } from "@std/assert";
import { Absence } from "../../static/page/model/absence.js";

/** Has the server answer that it runs for some seconds, or not at all; counts how often it is asked. */
function server(uptime?: number) {
  const { fetch } = globalThis;
  const asked = { times: 0, [Symbol.dispose]: () => void (globalThis.fetch = fetch) };
  globalThis.fetch = () => {
    asked.times++;
    return uptime === undefined
      ? Promise.reject(new TypeError())
      : Promise.resolve(Response.json({ uptime }));
  };
  return asked;
}

Deno.test("Absence tells a server that was started within it, and asks once", async () => {
  const absence = new Absence(Date.now() - 60_000);
  absence.end();
  using asked = server(59);
  assertEquals(await Promise.all([absence.ask(), absence.ask()]), [true, true]);
  assertEquals([absence.restarted, asked.times], [true, 1]);
  absence.end();
  assertEquals(absence.restarted, false);
  assertEquals(await absence.ask(), false, "it runs for longer than that");
});

Deno.test("Absence takes a server that does not say for one that was not started anew", async () => {
  const absence = new Absence(0);
  absence.end();
  using _asked = server();
  assertEquals([await absence.ask(), absence.restarted], [false, false]);
});
