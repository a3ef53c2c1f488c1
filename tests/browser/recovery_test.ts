import { assertEquals } from "@std/assert";
import { Program } from "../program.ts";
import { inChromium, launch, Person, picture, until } from "./support.ts";
import { Wire } from "./wire.ts";

Deno.test(
  "page: a killed server that comes back loses nothing acknowledged and repeats nothing",
  inChromium,
  async () => {
    const first = await Program.start();
    await using browser = await launch();
    await using ann = await Person.enter(browser, first.url, "Ann");
    await using bob = await Person.enter(browser, first.url, "Bob");
    await ann.say("one");
    await bob.say("two");
    for (const person of [ann, bob]) await until("both are there", () => holds(person, 2));
    await ann.page.locator(".own.sent").waitFor();

    await first.crash();
    await ann.page.locator("#banner.offline").waitFor();
    await ann.page.getByText("The connection was lost.", { exact: true }).waitFor();
    await ann.page.getByText(/^Trying again in \d+\ss$/).waitFor();
    await ann.say("three, written while the server was away");
    await ann.page.locator(".own.pending").waitFor();

    await using _second = await Program.start(["--port", `${first.port}`]);
    for (const person of [ann, bob]) {
      await person.online();
      await person.sees("three");
    }
    await ann.page.locator(".own.pending").waitFor({ state: "detached" });
    await bob.say("four");
    await ann.sees("four");
    const all = ["one", "two", "three, written while the server was away", "four"];
    for (const person of [ann, bob]) assertEquals(await person.texts(), all);
    assertEquals(await ann.page.locator(".failed").count(), 0);
  },
);

Deno.test(
  "page: who cannot enter is told why, and comes in when it is possible",
  inChromium,
  async () => {
    await using server = await Program.start(["--max-connections", "1"]);
    await using wire = new Wire(server.port);
    await using browser = await launch();
    const ann = await Person.enter(browser, server.url, "Ann");
    await using bob = await Person.arrive(browser, "Bob");
    const said = (text: string) => bob.page.locator("#banner").getByText(text, { exact: true });
    await bob.page.goto(wire.url);
    wire.cut();
    await bob.page.getByLabel("Name").fill("Bob");
    await bob.page.getByRole("button", { name: "Enter" }).click();
    await said("Cannot connect to the server.").waitFor();
    await picture(bob, "cannot-connect");
    wire.restore();
    await said("Cannot connect. The server takes no more connections now: try again later.")
      .waitFor();
    await bob.page.getByText(/^Trying again in \d+\ss$/).waitFor();
    assertEquals(await bob.page.locator("#banner").getByRole("button").count(), 0);
    await picture(bob, "server-full");
    await ann[Symbol.asyncDispose]();
    await said("Connected.").waitFor();
    await picture(bob, "connected");
    // Chromium reports the refusal.
    bob.faults.length = 0;
  },
);

Deno.test("page: a server that is started anew is told from a cut", inChromium, async () => {
  const first = await Program.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, first.url, "Ann");
  const said = (text: string) => ann.page.locator("#banner").getByText(text);
  first.kill("SIGTERM");
  await said("The server has stopped.").waitFor();
  await first.ended();
  await ann.page.waitForEvent("websocket");
  await ann.page.getByText(/^Trying again in \d+\ss$/).waitFor();
  assertEquals(await said("The server has stopped.").count(), 1);
  await using second = await Program.start(["--port", `${first.port}`]);
  await said("Connected again. The server was restarted.").waitFor();
  // It has forgotten nothing where nothing was said.
  await ann.page.getByText("Nothing has been said here yet.").waitFor();
  assertEquals(await ann.page.locator(".separator.gap").count(), 0);
  await picture(ann, "restarted");
  // Nor is it told so to who comes back later.
  await ann.page.goto("about:blank");
  await second.crash();
  await using _third = await Program.start(["--port", `${first.port}`]);
  const asked = ann.page.waitForResponse(/\/api\/stats$/);
  await ann.page.goto(`${first.url}?name=Ann&room=lobby`);
  await (await asked).finished();
  await ann.page.getByText("Nothing has been said here yet.").waitFor();
  assertEquals(await ann.page.locator(".separator.gap").count(), 0);
  // Chromium reports what the server refused while it stopped.
  ann.faults.length = 0;
});

Deno.test("page: a restart is told once, and not again after a reload", inChromium, async () => {
  const first = await Program.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, first.url, "Ann");
  await ann.say("before");
  await ann.page.locator(".own.sent").waitFor();
  await first.crash();
  await using second = await Program.start(["--port", `${first.port}`]);
  const gap = ann.page.locator(".separator.gap");
  await gap.waitFor();
  await ann.page.reload();
  await ann.online();
  await say(second.url, "after");
  await ann.sees("after");
  assertEquals([await ann.texts(), await gap.count()], [["after"], 0]);
});

Deno.test(
  "page: a cut network brings everything that was said meanwhile, once and in order",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using wire = new Wire(server.port);
    await using browser = await launch();
    await using ann = await Person.enter(browser, wire.url, "Ann");
    await using bob = await Person.enter(browser, server.url, "Bob");
    await bob.say("before");
    await ann.sees("before");

    wire.cut();
    await ann.page.locator("#banner.offline").waitFor();
    for (const text of ["during 1", "during 2", "during 3"]) await bob.say(text);
    await ann.say("mine");
    await ann.page.locator(".own.pending").waitFor();
    wire.restore();
    await ann.page.getByText("Connected again.").waitFor();
    await bob.sees("mine");
    const all = ["before", "during 1", "during 2", "during 3", "mine"];
    for (const person of [ann, bob]) await until("all are there", () => holds(person, all.length));
    for (const person of [ann, bob]) assertEquals(await person.texts(), all);
    assertEquals(await ann.page.locator(".separator.gap").count(), 0);
  },
);

Deno.test(
  "page: a device that goes offline says so, and catches up when it is back",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    await using bob = await Person.enter(browser, server.url, "Bob");
    await ann.context.setOffline(true);
    await ann.page.getByText("This device is offline.").waitFor();
    await bob.say("Are you there?");
    await bob.page.locator(".own.sent").waitFor();
    assertEquals(await ann.texts(), []);
    await ann.context.setOffline(false);
    await ann.online();
    await ann.sees("Are you there?");
    assertEquals(await ann.texts(), ["Are you there?"]);
  },
);

Deno.test(
  "page: a message that could not be sent says why, and is sent when tried again",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    await ann.page.goto(`${server.url}?name=Ann&room=lobby&with=Zoe`);
    await ann.online();
    await ann.say("Is anybody there?");
    const failed = ann.page.locator(".own.failed");
    await failed.getByText("Not sent: nobody of that name is here").waitFor();
    // Writing to somebody who is not there is no error by itself.
    assertEquals(await ann.page.locator(".notice.error").count(), 0);
    await ann.say("Hello?");
    await until("both failed", async () => await failed.count() === 2);
    await failed.last().getByRole("button", { name: "Discard" }).click();
    await until("one is left", async () => await failed.count() === 1);

    await using zoe = await Person.enter(browser, server.url, "Zoe");
    await failed.getByRole("button", { name: "Try again" }).click();
    await ann.page.locator(".own.sent").waitFor();
    assertEquals(await failed.count(), 0);
    await zoe.page.locator("#directs").getByRole("button", { name: /^Ann/ }).click();
    await zoe.sees("Is anybody there?");
    assertEquals(await zoe.texts(), ["Is anybody there?"]);
  },
);

Deno.test(
  "page: a connection that was ended for good says why, and comes back when asked to",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    const endings = [
      [4400, "The server did not understand this page. Reload it to go on.", "Reload"],
      [4401, "Your access has ended.", "Reload"],
      [4409, "You went on in another tab.", "Go on here"],
      [4403, "You are not allowed in here.", undefined],
    ] as const;
    await using ann = await Person.arrive(browser, "Ann");
    let end: (code: number) => Promise<void> = () => Promise.reject();
    await ann.page.routeWebSocket(/\/ws\?/, (toPage) => {
      toPage.connectToServer();
      end = (code) => toPage.close({ code });
    });
    await ann.page.goto(`${server.url}?name=Ann&room=lobby`);
    await ann.online();
    await ann.say("Before");
    await ann.page.locator(".own.sent").waitFor();
    const banner = ann.page.locator("#banner.closed");
    for (const [code, reason, button] of endings) {
      await end(code);
      await banner.getByText(reason, { exact: true }).waitFor();
      const offered = await banner.getByRole("button").allTextContents();
      assertEquals(offered, button ? [button] : []);
      if (button) await banner.getByRole("button").click();
      else await ann.page.reload();
      await ann.online();
      await ann.sees("Before");
    }
    await ann.say("After");
    await until("both are there", () => holds(ann, 2));
    assertEquals(await ann.texts(), ["Before", "After"]);
  },
);

Deno.test(
  "page: what the server cannot keep yet is sent again by itself, and it is said why it waits",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.arrive(browser, "Ann");
    let full = true;
    await ann.page.routeWebSocket(/\/ws\?/, (toPage) => {
      const toServer = toPage.connectToServer();
      toPage.onMessage((frame) => {
        const { type, ref } = JSON.parse(String(frame));
        if (!full || type !== "chat") return toServer.send(frame);
        toPage.send(JSON.stringify({
          ...{ type: "error", username: "system", content: "Cannot keep it: the disk is full" },
          ...{ code: "unavailable", temporary: true, retryAfter: 500, ref },
          timestamp: new Date().toISOString(),
        }));
      });
    });
    await ann.page.goto(`${server.url}?name=Ann&room=lobby`);
    await ann.online();
    await ann.say("One");
    await ann.say("Two");
    const why = "Not sent yet, it is tried again: the server can keep no messages at the moment";
    const waiting = ann.page.locator(".own.pending").getByText(why);
    await until("it is said of both", async () => await waiting.count() === 2);
    await picture(ann, "waiting");
    full = false;
    await ann.page.locator(".own.sent").nth(1).waitFor();
    assertEquals([await waiting.count(), await ann.texts()], [0, ["One", "Two"]]);
  },
);

/** Says something in the lobby. */
async function say(url: string, content: string) {
  const body = JSON.stringify({ username: "bot", content });
  const answer = await fetch(`${url}api/rooms/lobby/messages`, { method: "POST", body });
  assertEquals(answer.status, 201);
  await answer.body?.cancel();
}

async function holds(person: Person, count: number): Promise<boolean> {
  return (await person.texts()).length >= count;
}
