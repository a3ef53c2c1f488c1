import { assertEquals, assertThrows } from "@std/assert";
import {
  ChatError,
  encode,
  LIMITS,
  parse,
  parsePost,
  parseResume,
  parseRoom,
  parseUsername,
} from "../messages.ts";

/** The code and ref of the error that a frame is answered with. */
function refused(frame: string) {
  const { code, about } = assertThrows(() => parse(frame), ChatError);
  return about.ref === undefined ? code : `${code} ${about.ref}`;
}

Deno.test("parse() reads every command and leaves out what it does not know", () => {
  assertEquals(
    parse('{"type":"chat","content":"  hi ","ref":"1","username":"eve","timestamp":"x","z":[]}'),
    { type: "chat", content: "hi", ref: "1" },
  );
  assertEquals(parse('{"type":"chat","content":"hi","to":" Bob ","room":"r"}'), {
    type: "chat",
    content: "hi",
    to: "Bob",
    ref: undefined,
  });
  assertEquals(parse('{"type":"join","room":"Den","last":5}'), {
    type: "join",
    room: "den",
    since: undefined,
    last: 5,
  });
  assertEquals(parse('{"type":"leave","room":"den"}'), { type: "leave", room: "den" });
  assertEquals(parse('{"type":"typing","room":null}'), { type: "typing" });
});

Deno.test("parse() says what is wrong with a frame, and which one it was", () => {
  assertEquals(refused(""), "bad_json");
  assertEquals(refused("{"), "bad_json");
  assertEquals(refused("[]"), "bad_message");
  assertEquals(refused("null"), "bad_message");
  assertEquals(refused('"chat"'), "bad_message");
  assertEquals(refused("{}"), "bad_message");
  assertEquals(refused('{"type":7}'), "bad_message");
  assertEquals(refused('{"type":"dance","ref":"r"}'), "unknown_type r");
  assertEquals(refused('{"type":"__proto__"}'), "unknown_type");
  assertEquals(refused('{"type":"chat","ref":"r"}'), "bad_message r");
  assertEquals(refused('{"type":"chat","content":7}'), "bad_message");
  assertEquals(refused('{"type":"chat","content":" \\n ","ref":"r"}'), "empty r");
  assertEquals(refused('{"type":"chat","content":"x","ref":""}'), "bad_message");
  assertEquals(refused(`{"type":"chat","content":"x","ref":"${"r".repeat(65)}"}`), "bad_message");
  assertEquals(refused('{"type":"chat","content":"x","room":"a b","ref":"r"}'), "bad_message r");
  assertEquals(refused('{"type":"chat","content":"x","to":"@bob"}'), "bad_message");
  assertEquals(refused('{"type":"join"}'), "bad_message");
  assertEquals(refused('{"type":"join","room":"r","since":"yesterday"}'), "bad_message");
  assertEquals(refused('{"type":"join","room":"r","last":201}'), "bad_message");
});

Deno.test("parse() counts characters, not code units", () => {
  const frame = (content: string) => JSON.stringify({ type: "chat", content });
  parse(frame("x".repeat(LIMITS.content)));
  parse(frame("😀".repeat(LIMITS.content)));
  assertEquals(refused(frame("x".repeat(LIMITS.content + 1))), "too_long");
  assertEquals(refused(frame("😀".repeat(LIMITS.content + 1))), "too_long");
});

Deno.test("parseUsername() gives a name its one form or says what would be right", () => {
  assertEquals(parseUsername("  ann "), "ann");
  assertEquals(parseUsername("ｂｏｂ"), "bob");
  assertEquals(parseUsername("Zoë 👩‍🚀"), "Zoë 👩‍🚀");
  assertEquals(parseUsername("😀".repeat(32)), "😀".repeat(32));
  for (const bad of ["", " ", "@ann", "＠ann", "#ann", "a\u0000b", "a\nb", "\u200b", "\u202eann"]) {
    assertThrows(() => parseUsername(bad), ChatError, "1 to 32 characters");
  }
  assertThrows(() => parseUsername("x".repeat(33)), ChatError);
  assertThrows(() => parseUsername("\ud800"), ChatError);
});

Deno.test("parseRoom() lowers the case and takes 1 to 64 of a-z 0-9 . _ -", () => {
  assertEquals(parseRoom("Team.A_1-x"), "team.a_1-x");
  assertEquals(parseRoom("r".repeat(64)), "r".repeat(64));
  for (const bad of ["", "a b", "a/b", "ä", "r".repeat(65), "a\n"]) {
    assertThrows(() => parseRoom(bad), ChatError, "a-z 0-9 . _ -");
  }
});

Deno.test("parseResume() takes ULIDs of any case and counts as numbers or digits", () => {
  const since = "01arz3ndektsv4rrffq69g5fav";
  assertEquals(parseResume({ since, last: "7" }), { since: since.toUpperCase(), last: 7 });
  assertEquals(parseResume({ since: null, last: null }), { since: undefined, last: undefined });
  for (const bad of ["", "x", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAU", 7]) {
    assertThrows(() => parseResume({ since: bad }), ChatError, '"since"');
  }
  for (const bad of [-1, 201, 1.5, "1e2", "", "-1", true]) {
    assertThrows(() => parseResume({ last: bad }), ChatError, '"last"');
  }
});

Deno.test("parsePost() needs a name and a text", () => {
  assertEquals(parsePost('{"username":"bot","content":" hi "}'), {
    username: "bot",
    content: "hi",
    ref: undefined,
  });
  assertThrows(() => parsePost('{"content":"hi"}'), ChatError, "username");
  assertThrows(() => parsePost('{"username":"bot"}'), ChatError, "content");
});

Deno.test("ChatError.toMessage() carries the four fields of every message, and the code", () => {
  const error = new ChatError("rate_limited", "Wait.", { ref: "r", retryAfter: 5 }).toMessage();
  assertEquals(JSON.parse(encode(error)), {
    type: "error",
    username: "system",
    content: "Wait.",
    timestamp: error.timestamp,
    code: "rate_limited",
    temporary: true,
    ref: "r",
    retryAfter: 5,
  });
  assertEquals(new ChatError("empty", "x").toMessage().temporary, false);
});
