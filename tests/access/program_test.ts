/** The program with --auth: invitations from the command line, and secrets that are nowhere to be seen. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Client, programs } from "../support.ts";
import { command, Program, root, run, task } from "../program.ts";
import { Provider, Signer } from "./issuer.ts";

/** As long as it must be, and no longer. */
const SECRET = "kept-to-ourselves/kept-to-others";
const env = { PARLEY_SECRET: SECRET };
const LOCAL = ["--hostname", "127.0.0.1", "--port", "0", "--log-level", "debug"];

/** What a task writes that is given the secret. */
const write = (name: "invite" | "revoke", ...args: string[]) =>
  run(task(name, root.pathname, args, { env }));

Deno.test(
  "an invitation lets somebody in, until it is revoked; nothing tells the secret or the token",
  programs,
  async () => {
    await using server = await Program.spawn(
      task("start:auth", root.pathname, [...LOCAL, "--sessions", "1h"], { env }),
    );
    const { url, host } = server;
    const args = ["ann", "--room", "dev", "--read", "team-*", "--for", "90m", "--name", "Ann B."];
    const invited = await write("invite", ...args, "--url", url);
    const link = new URL(invited.stdout.trim());
    assertEquals(link.href.split("#")[0], `${url}?room=dev`);
    const [, token] = link.hash.match(/^#token=([\w.-]+)$/)!;
    const [, until, id, place] = invited.stderr.match(
      /^For ann, until (\S+)\. Ended by: deno task revoke ([\w-]{36}) --url '(\S+)'\n$/,
    )!;
    assertEquals(place, url);
    assert(Math.abs(Date.parse(until!) - Date.now() - 90 * 60_000) < 20_000);
    const own = { username: "ann", room: "dev", protocols: ["chat.v1", `bearer.${token}`] };
    const ann = new Client(host, own);
    const { username, session } = await ann.find("welcome");
    assertEquals(username, "ann");
    ann.send({ type: "join", room: "team-1" });
    assertEquals((await ann.find("room")).room, "dev");
    assertEquals((await ann.find("room")).room, "team-1");
    const revoked = await write("revoke", id!, "--url", `${url}?ignored`);
    assertMatch(revoked.stdout, new RegExp(`^Revoked until \\S+: ${id}\n$`));
    assertEquals(await ann.closed, 4401);
    const answer = await fetch(`http://${host}/api/users`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const metrics = await fetch(`http://${host}/metrics`);
    const said = [
      ...[await answer.text(), await metrics.text(), server.words, JSON.stringify(server.events)],
      ...[revoked.stdout, revoked.stderr, invited.stderr],
    ].join("\n");
    assertMatch(said, /"event":"revoke".*"by":"operator"/);
    for (const hidden of [SECRET, token!.split(".")[1]!, session!.split(".")[1]!]) {
      assert(!said.includes(hidden));
    }
    const away = await write("revoke", id!, "--url", "http://127.0.0.1:1");
    assertEquals([away.code, away.stdout], [1, ""]);
    assertMatch(
      away.stderr,
      /^parley: Cannot revoke it: there is no server at http:\/\/127.0.0.1:1;/,
    );
    const foreign = task("revoke", root.pathname, [id!, "--url", url], {
      env: { PARLEY_SECRET: SECRET.toUpperCase() },
    });
    const refused = await run(foreign);
    assertEquals(refused.code, 1);
    assertMatch(refused.stderr, /answers 401: Cannot use this token: its signature is wrong\n$/);
  },
);

Deno.test("an invitation that no server would take is not written", programs, async () => {
  for (
    const [args, wanted] of [
      [[], /^parley: needs the name of who is invited, and nothing else/],
      [["ann", "bob"], /^parley: needs the name of who is invited, and nothing else/],
      [["@ann"], /"username" cannot be a username: it must be 1 to 32 characters/],
      [["ann", "--room", "a b"], /"rooms" has what is no room/],
      [["ann", "--for", "401d"], /^parley: --for must be an age from 1m to 400d/],
      [["ann", "--url", "chat.example"], /^parley: --url must be an address such as https/],
      [["ann", "--secret-file", "none"], /^parley: --secret-file cannot read none: it may not be/],
    ] as [string[], RegExp][]
  ) {
    const { code, stdout, stderr } = await write("invite", ...args);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertMatch(stderr, wanted);
  }
  for (const name of ["invite", "revoke"] as const) {
    const alone = await run(task(name, root.pathname, ["ann"], { env: { PARLEY_SECRET: "" } }));
    assertEquals(alone.code, 2);
    assertMatch(alone.stderr, /^parley: needs PARLEY_SECRET or --secret-file FILE/);
  }
  const issued = await write("invite", "ann", "--auth-issuer", "it's me");
  assert(issued.stderr.endsWith(` --url 'http://localhost:8080/' --auth-issuer 'it'\\''s me'\n`));
  const { stdout } = await write("invite", "--help");
  assertMatch(stdout, /--room NAME /);
  assertMatch((await write("revoke", "--help")).stdout, /--url URL /);
});

Deno.test(
  "the secret may be in a file, and must be long enough; it is in no message",
  programs,
  async () => {
    const directory = await Deno.makeTempDir();
    try {
      const file = `${directory}/secret`;
      await Deno.writeTextFile(file, `${SECRET}\r\n`);
      const readable = [`--allow-read=${file}`];
      const args = ["--auth", "secret", "--secret-file", file];
      await using server = await Program.start(args, {}, readable);
      const { stdout } = await write("invite", "bob", "--url", server.url);
      const token = stdout.trim().split("token=")[1];
      const { status, body } = await fetch(`${server.url}api/users`, {
        headers: { authorization: `Bearer ${token}` },
      });
      await body?.cancel();
      assertEquals(status, 200);
      await Deno.writeTextFile(file, `${SECRET.slice(0, 31)}\n`);
      for (
        const [command_, wanted] of [
          [
            command("main.ts", args, {}, readable),
            /^parley: --secret-file must be at least 32 bytes/,
          ],
          [
            command("main.ts", args),
            /^parley: --secret-file cannot read .*: start with --allow-read=/,
          ],
          [
            command("main.ts", ["--auth=secret"], { PARLEY_SECRET: SECRET.slice(0, 31) }, [
              "--allow-env=PARLEY_SECRET",
            ]),
            /^parley: PARLEY_SECRET must be at least 32 bytes/,
          ],
          [
            command("main.ts", ["--auth=secret"], { PARLEY_SECRET_FILE: file }, [
              "--allow-env=PARLEY_*",
            ]),
            /^parley: PARLEY_SECRET_FILE cannot read .*: start with --allow-read=/,
          ],
          [
            command("main.ts", ["--auth=secret"], env),
            /^parley: --auth needs PARLEY_SECRET, which deno task start:auth may read, or/,
          ],
        ] as [Deno.Command, RegExp][]
      ) {
        const { code, stderr } = await run(command_);
        assertEquals(code, 2);
        assertMatch(stderr, wanted);
        assert(!stderr.includes(SECRET.slice(0, 8)));
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
);

Deno.test(
  "with a provider the program starts before that can be reached, and takes its tokens then",
  programs,
  async () => {
    const signer = await Signer.make();
    await using provider = new Provider(signer);
    await using server = await Program.start([
      "--auth",
      `jwks:${provider.url}`,
      "--guests",
      "read",
    ]);
    const token = await signer.sign({ sub: "ann" });
    await using ann = new Client(server.host, { username: "ann" }, {
      authorization: `Bearer ${token}`,
    });
    assertEquals((await ann.find("join")).username, "ann");
    const { access } = await (await fetch(server.url)).json();
    assertEquals(access, { tokens: true, guests: "read", names: "open" });
    await using nobody = await Program.start(["--auth", "jwks:http://127.0.0.1:1/"]);
    const refused = await fetch(`${nobody.url}api/users`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await refused.body?.cancel();
    assertEquals([refused.status, refused.headers.get("retry-after")], [503, "5"]);
    assertMatch(JSON.stringify(nobody.events), /"event":"keys not read"/);
  },
);
