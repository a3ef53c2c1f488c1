/** The program with `--names claimed`. */
import { assert, assertEquals } from "@std/assert";
import { Program, root, task } from "../program.ts";
import { Client, programs } from "../support.ts";

const LOCAL = ["--hostname", "127.0.0.1", "--port", "0", "--log-level", "debug"];

/** Who somebody is, with a session, and what they are told with it next; or the status of a refusal. */
async function visit({ host, url }: Program, bearer: string) {
  const headers = { authorization: `Bearer ${bearer}` };
  const { status } = await fetch(`${url}ws`, { headers }).then(async (answer) => {
    await answer.body?.cancel();
    return answer;
  });
  if (status !== 426) return { status };
  await using client = new Client(host, {
    ...{ protocols: ["chat.v1", `bearer.${bearer}`] } as { username: string; protocols: string[] },
  });
  const { username, session } = await client.find("welcome");
  return { username, session };
}

Deno.test(
  "a session lets its owner come back after a restart with the same secret",
  programs,
  async () => {
    const start = (env: Record<string, string>) =>
      Program.spawn(task("start:env", root.pathname, [...LOCAL, "--names", "claimed"], { env }));
    const secret = { PARLEY_SECRET: "of this many bytes a secret is made" };
    let session: string;
    {
      await using server = await start(secret);
      const { access } = await (await fetch(server.url)).json();
      assertEquals(access, { tokens: false, guests: "on", names: "claimed" });
      await using ann = new Client(server.host, { username: "ann", protocols: ["chat.v1"] });
      session = (await ann.find("welcome")).session!;
      const answer = await fetch(`${server.url}ws?username=ann`);
      assertEquals([answer.status, (await answer.json()).code], [409, "name_taken"]);
      assertEquals((await visit(server, session)).username, "ann");
      const told = JSON.stringify(server.events) +
        await (await fetch(`${server.url}metrics`)).text();
      for (const hidden of [...session.split(".").slice(1), secret.PARLEY_SECRET]) {
        assert(!told.includes(hidden));
      }
    }
    {
      await using server = await start(secret);
      const back = await visit(server, session);
      assertEquals([back.username, back.session === session], ["ann", false]);
    }
    await using other = await start({});
    assertEquals(await visit(other, session), { status: 401 });
    await using own = new Client(other.host, { username: "ann", protocols: ["chat.v1"] });
    assertEquals((await visit(other, (await own.find("welcome")).session!)).username, "ann");
  },
);
