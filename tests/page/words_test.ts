import { assert, assertEquals } from "@std/assert";
import { explain, problem, remedy, uninvited } from "../../static/page/words.js";
import { granted } from "../support.ts";

const cut = { code: 1006, reason: "" };
const full = { code: 503, reason: "The server takes no more connections now: try again later" };

Deno.test("page: words for a connection that is lost, or never was", () => {
  assertEquals(explain(null), "Cannot connect to the server.");
  assertEquals(explain(cut), "Cannot connect to the server.");
  assertEquals(explain({ code: 1006, reason: "x" }), "Cannot connect to the server.");
  assertEquals(explain(full), `Cannot connect. ${full.reason}.`);
  assertEquals(explain({ code: 418, reason: "Tea!" }), "Cannot connect. Tea!");
  assertEquals(explain({ code: 418, reason: "" }), "Cannot connect. The server says 418.");
  assertEquals(explain({ code: 599, reason: "Tea?" }), "Cannot connect. Tea?");
  assertEquals(explain({ code: 600, reason: "x" }), "Cannot connect to the server.");
  assertEquals(explain({ code: 399, reason: "x" }), "Cannot connect to the server.");
  assertEquals(explain({ code: 400, reason: "No." }), "Cannot connect. No.");
});

Deno.test("page: why a connection was lost is said until it is back", () => {
  const stopped = { code: 1001, reason: "the server is shutting down" };
  assertEquals(explain(cut, cut), "The connection was lost.");
  assertEquals(explain(full, cut), `The connection was lost. ${full.reason}.`);
  assertEquals(explain(stopped, stopped), "The server has stopped.");
  assertEquals(explain(cut, stopped), "The server has stopped.");
  const more = "It takes no more connections now: try again later.";
  assertEquals(explain(full, stopped), `The server has stopped. ${more}`);
});

Deno.test("page: who may not be here is told why, and who needs an invitation", () => {
  const banned = { code: 4403, reason: "You may not be here: a moderator has banned you" };
  const words = `You are not allowed in here: ${banned.reason}.`;
  assertEquals([explain(banned, banned), explain({ ...banned, code: 403 })], [
    words,
    `Cannot connect. ${words}`,
  ]);
  const taken = "Your name was taken over by somebody who has proven that it is theirs";
  assertEquals(explain({ code: 4409, reason: taken }, { code: 4409, reason: taken }), `${taken}.`);
  const newer = { code: 4409, reason: "Your name was taken over by a newer connection of yours" };
  assertEquals(explain(newer, newer), "You went on in another tab.");
  const refused = "Cannot use this token any more: it is revoked";
  assertEquals(
    uninvited(refused, true),
    "Your invitation does not let you in: it is revoked. Ask for a new one.",
  );
  assertEquals(
    uninvited("Cannot let you in without a token: send one as a bearer", false),
    "You need an invitation to come in: open the link that you were given.",
  );
});

Deno.test("page: what is offered to who is out for good is what can help", () => {
  const offered = [4400, 4401, 4403, 4409, 400, 401, 403, 404, 409].map((code) =>
    remedy({ code, reason: "" })
  );
  assertEquals(offered, [
    ...["reload", "reload", undefined, "join"],
    ...["name", "reload", undefined, "reload", "name"],
  ]);
});

Deno.test("page: why a message was not sent is said in words for people", () => {
  const said = (code: string, message: string) => problem({ code, message });
  assertEquals(
    said("no_such_user", "Cannot send to Zoe: nobody of that name is here"),
    "nobody of that name is here",
  );
  assertEquals(said("empty", "Cannot send an empty message: …"), "nothing in it can be seen");
  assertEquals(said("not_in_room", "You are not in it: join it"), "You are not in it: join it");
  assertEquals(problem(new Error("Cannot do it: no")), "no");
});

Deno.test(
  "page: every close code and status of the protocol has words",
  { ignore: !granted("read") },
  async () => {
    const url = new URL("../../docs/protocol.md", import.meta.url);
    const sections = (await Deno.readTextFile(url)).split(/^## /m);
    const codes = (title: string) => {
      const section = sections.find((section) => section.startsWith(title))!;
      return Array.from(section.matchAll(/^\| `?(\d+)`? /gm), ([, code]) => Number(code));
    };
    const closes = codes("Close codes");
    assert(closes.length > 8);
    for (const code of [...closes, ...codes("HTTP")]) {
      // What the server says in words is not for the page to say again.
      const told = [400, 405, 409, 413, 426, 501, 503].includes(code);
      const words = explain({ code, reason: told ? "Words" : "" });
      assert(/^Cannot connect\. [A-Z][^\d]+\.$/.test(words), `${code}: ${words}`);
    }
  },
);
