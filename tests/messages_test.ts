import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  ChatError,
  encode,
  type Failure,
  gap,
  LIMITS,
  parse,
  parsePost,
  parseResume,
  parseRevocation,
  parseRoom,
  parseUsername,
  refOf,
} from "../messages.ts";

/** The code and ref of the error that a frame is answered with. */
function refused(frame: string) {
  const { code, about } = assertThrows(() => parse(frame), ChatError);
  return about.ref === undefined ? code : `${code} ${about.ref}`;
}

Deno.test("parse() reads every command and leaves out what it does not know", () => {
  assertEquals(
    parse('{"type":"chat","content":"  hi ","ref":"1","username":"eve","timestamp":"x","z":[]}'),
    { type: "chat", content: "hi", room: undefined, ref: "1" },
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
  assertEquals(parse('{"type":"typing","room":null}'), { type: "typing", room: undefined });
});

Deno.test("what is no JSON is told what would be right there", () => {
  const words = (read: (json: string) => unknown, json: string) =>
    assertThrows(() => read(json), ChatError).message;
  for (const [json, what] of [["{", "JSON"], ["[]", "JSON object"]] as const) {
    const said = `Cannot read this: it is no ${what}`;
    assertEquals(words(parse, json), `${said}; send {"type":"chat","content":"hello"}`);
    assertEquals(words(parsePost, json), `${said}; send {"username":"ann","content":"hello"}`);
    const revocation = '{"until":"2027-01-01T00:00:00.000Z"}';
    assertEquals(words(parseRevocation, json), `${said}; send ${revocation}`);
  }
});

Deno.test("parse() takes a frame with a text and no type for a chat", () => {
  const chat = { type: "chat" as const, content: "hi", room: undefined, ref: undefined };
  assertEquals(parse('{"content":"hi"}'), chat);
  assertEquals(parse('{"type":null,"content":"hi"}'), chat);
  assertEquals(refused('{"content":7,"ref":"r"}'), "bad_message r");
  assertEquals(refused('{"type":"","content":"hi","ref":"r"}'), "unknown_type r");
});

Deno.test("parse() takes a join and a leave without a room", () => {
  const join = { type: "join" as const, room: undefined, since: undefined, last: undefined };
  assertEquals(parse('{"type":"join"}'), join);
  assertEquals(parse('{"type":"join","username":"ann","room":null}'), join);
  assertEquals(parse('{"type":"leave"}'), { type: "leave", room: undefined });
  assertEquals(refused('{"type":"leave","room":""}'), "bad_message");
});

Deno.test("parse() ignores an odd ref on a command that has none", () => {
  for (const ref of [7, "", "r".repeat(65), {}, null]) {
    assertEquals(parse(JSON.stringify({ type: "leave", ref })).type, "leave");
    assertEquals(refused(JSON.stringify({ type: "join", room: "a b", ref })), "bad_message");
    assertEquals(refused(JSON.stringify({ type: "dance", ref })), "unknown_type");
  }
});

Deno.test("parse() refuses a frame of more than 256 strings, however short they are", () => {
  const frame = (strings: number) =>
    JSON.stringify({ type: "typing", x: Array(strings).fill('\\"\\') });
  parse(frame(LIMITS.strings - 3));
  assertEquals(refused(frame(LIMITS.strings - 2)), "bad_message");
  // The quotes in a text are none of those of a string.
  parse(JSON.stringify({ type: "chat", content: '"\\'.repeat(1_000) }));
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
  assertEquals(refused('{"type":"join","room":"r","since":"yesterday"}'), "bad_message");
  assertEquals(refused('{"type":"join","room":"r","last":201}'), "bad_message");
});

Deno.test("parse() says how long a field may be", () => {
  for (
    const [fields, bound] of [
      [{ ref: "r".repeat(65) }, '"ref" must be a string of 1 to 64 characters'],
      [{ to: 7 }, '"to" must be a string with text'],
    ] as const
  ) {
    const frame = JSON.stringify({ type: "chat", content: "x", ...fields });
    assertThrows(() => parse(frame), ChatError, bound);
  }
});

Deno.test("parse() counts characters, not code units", () => {
  const frame = (content: string) => JSON.stringify({ type: "chat", content });
  parse(frame("x".repeat(LIMITS.content)));
  parse(frame("😀".repeat(LIMITS.content)));
  assertEquals(refused(frame("x".repeat(LIMITS.content + 1))), "too_long");
  assertEquals(refused(frame("😀".repeat(LIMITS.content + 1))), "too_long");
});

Deno.test("refOf() finds what parse() would, without reading the rest", () => {
  for (
    const frame of [
      '{"type":"chat","content":"hi","ref":"r"}',
      ' { "ref" : "r" , "content" : "x" } ',
      '{"\\u0072ef":"\\u0072\\"\\\\","content":"x"}',
      `{"content":"x","ref":${JSON.stringify("\u0000".repeat(64))}}`,
      `{"content":"x","ref":"${"\\ud83d\\ude00".repeat(64)}"}`,
      '{"content":"\\"ref\\":\\"no\\"","ref":"r"}',
      '{"content":"\\\\","ref":"r"}',
      '{"content":"ref","x":{"ref":"no"},"y":["ref","no"],"ref":"r"}',
      '{"ref":"no","content":"x","ref":"r"}',
      '{"ref":"ref","content":"x"}',
      '{"content":"x","x":"ref","to":"bob"}',
      '{"content":"x"}',
    ]
  ) {
    const command = parse(frame);
    assertEquals(refOf(frame), command.type === "chat" && command.ref, frame);
  }
});

Deno.test("refOf() reads as many strings as parse() does", () => {
  const frame = (strings: number) => `{"content":"x","x":[${'"",'.repeat(strings)}0],"ref":"r"}`;
  const most = frame(LIMITS.strings - 5);
  assertEquals([parse(most).type, refOf(most)], ["chat", "r"]);
  assertEquals(refOf(frame(LIMITS.strings - 4)), undefined);
});

Deno.test("refOf() finds nothing where there is no good ref", () => {
  for (
    const frame of [
      '{"content":"\\"ref\\":\\"no\\""}',
      '{"x":{"ref":"no"}}',
      '{"x":["ref","no"]}',
      '{"ref":{"ref":"no"}}',
      '{"ref":"no","ref":7}',
      '{"ref":7}',
      '{"ref":""}',
      `{"ref":"${"r".repeat(65)}"}`,
      '{"ref":"\\x"}',
      '{"ref":"r',
      '{"ref',
      "",
      `{"x":[${'"",'.repeat(LIMITS.strings)}0],"ref":"no"}`,
    ]
  ) assertEquals(refOf(frame), undefined, frame);
});

Deno.test("a message of which nothing can be seen is empty", () => {
  for (
    const content of [" ", "\u200b", "\u3164", "\u115f\uffa0", "\u2800", "\u00ad\u2060", "\u202e"]
      .concat("\ufe0f", "\u0301", "\u{e0041}", "\u2028\u2029", "\u0000", "\ud800", "\u{1d159}")
  ) assertEquals(refused(JSON.stringify({ type: "chat", content })), "empty", escape(content));
  // Unassigned: the picture of a newer version of Unicode, for all the server knows.
  for (const content of ["a", ".", "\u200bx", "👩‍🚀", "۞", "\u{1fadf}", "\uf8ff"]) {
    parse(JSON.stringify({ type: "chat", content }));
  }
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
  assertEquals(parseResume({ last: 0 }).last, 0);
  assertEquals(parseResume({ last: 200 }).last, 200);
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
  assertEquals(new ChatError("unavailable", "x").toMessage().temporary, true);
});

Deno.test("gap() says of what messages are lost", () => {
  const [room, inbox] = ["den", undefined].map(gap) as Failure[];
  assertEquals([room!.code, room!.room], ["gap", "den"]);
  assertMatch(room!.content, /^Some of the messages of den are lost/);
  assertEquals([inbox!.code, inbox!.room], ["gap", undefined]);
  assertMatch(inbox!.content, /^Some of your private messages are lost/);
});
