/** Whoever goes on after a moderator has said no. For a server that takes tokens. */
import type { Attack } from "./attack.ts";
import type { Target } from "./target.ts";
import { opened } from "./tokens.ts";
import { chat, posting, request } from "./wire.ts";

/** An admin's request, and its status. */
async function decree(target: Target, line: string, body = ""): Promise<number> {
  const admin = await target.known.issuer!.token("warden", { admin: true });
  const headers = ["Host: x", `Authorization: Bearer ${admin}`, `Content-Length: ${body.length}`];
  return (await target.ask(request(`${line} HTTP/1.1`, headers, body))).status;
}

/** Tokens by which one person may come: of other ids, in other spellings, with claims of their own. */
const tokensOf = (target: Target, username: string) => {
  const { issuer } = target.known;
  return Promise.all([
    issuer!.token(username),
    issuer!.token(username.toUpperCase()),
    issuer!.token(` ${username} `),
    issuer!.token(username, { name: "Somebody Else" }),
    issuer!.token(username, { admin: "true" }),
    issuer!.token(username, { rooms: ["*"] }),
    issuer!.token(username, { unban: true, jti: undefined }),
  ]);
};

const where = (name: string, run: (target: Target) => Promise<unknown>): Attack => ({
  name,
  run: async (target) => void (target.known.issuer && await run(target)),
});

export const moderation: Attack[] = [
  where("coming back after a ban", async (target) => {
    const name = target.name();
    const tokens = await tokensOf(target, name);
    target.expect((await opened(target, tokens[0]!)).length > 0, "nobody comes in before a ban");
    const status = await decree(target, `PUT /api/bans/${name}`, '{"for":60}');
    target.expect(status >= 200 && status < 300, `${status} to a ban`);
    for (const token of tokens) {
      target.tried++;
      // Of the doors, one is for another: it looks whether their own token can be replaced.
      const doors = (await opened(target, token)).filter((door) => door !== "renewed");
      target.expect(doors.length === 0, `who is banned comes in by ${doors}`);
    }
  }),

  where("speaking while muted", async (target) => {
    const name = target.name();
    const status = await decree(target, `PUT /api/rooms/attic/mutes/${name}`, '{"for":60}');
    target.expect(status >= 200 && status < 300, `${status} to a mute`);
    let told = 0;
    for (const token of await tokensOf(target, name)) {
      target.tried++;
      const bearer = `Authorization: Bearer ${token}`;
      const { status } = await target.ask(posting('{"content":"unheard"}', [bearer]));
      const query = { username: name };
      const heard = await target.tell(
        [chat("unheard"), chat("unheard", { room: "ATTIC" })],
        query,
        [bearer],
      );
      target.expect(status !== 201 && !heard.includes('"unheard"'), "who is muted is heard");
      if (heard.includes('"code":"muted"')) told++;
    }
    target.expect(told > 0, "who is muted is told nothing");
  }),

  where("looking for what was deleted", async (target) => {
    const token = await target.known.issuer!.token("mallory");
    const bearer = `Authorization: Bearer ${token}`;
    const said = await target.ask(posting('{"content":"taken-back","ref":"gone"}', [bearer]));
    const { id } = said.status === 201 ? JSON.parse(said.body) : { id: "" };
    const status = await decree(target, `DELETE /api/rooms/attic/messages/${id}`);
    target.expect(status >= 200 && status < 300, `${status} to a deletion`);
    const doors = [
      "messages?limit=200",
      `messages?since=00000000000000000000000000`,
      "messages?before=7ZZZZZZZZZZZZZZZZZZZZZZZZZ&limit=200",
      "search?q=taken",
    ];
    for (const door of doors) {
      target.tried++;
      const { body } = await target.ask(
        request(`GET /api/rooms/attic/${door} HTTP/1.1`, ["Host: x", bearer]),
      );
      target.expect(!body.includes("taken-back"), `what was deleted is told by ${door}`);
    }
    for (
      const [name, place] of [["last", "200"], ["since", "00000000000000000000000000"]] as const
    ) {
      target.tried++;
      const heard = await target.tell(
        chat("still there?"),
        { username: "mallory", [name]: place },
        [
          bearer,
        ],
      );
      target.expect(heard.includes("still there?"), "who comes back is told nothing");
      target.expect(!heard.includes("taken-back"), "what was deleted is told to who comes back");
    }
    // With its `ref` it is not said again.
    const again = await target.ask(posting('{"content":"taken-back","ref":"gone"}', [bearer]));
    target.expect(again.status !== 201 || !again.body.includes("taken-back"), "it is said again");
  }),
];
