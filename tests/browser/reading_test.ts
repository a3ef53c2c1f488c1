import { assert, assertEquals } from "@std/assert";
import { flood } from "./flood.ts";
import { Program } from "../program.ts";
import { inChromium, launch, Person, picture, until } from "./support.ts";
import { Wire } from "./wire.ts";

/** The numbers of the messages on the page, in order. */
const numbers = async (person: Person) =>
  (await person.texts()).map((text) => Number(/message (\d+)\./.exec(text)?.[1]));

/** Numbers from one to another. */
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Is an element in view, within the messages? */
const inView = (person: Person, selector: string) =>
  person.page.locator(selector).first().evaluate((element) => {
    const view = document.getElementById("timeline")!.getBoundingClientRect();
    const { top, bottom } = element.getBoundingClientRect();
    return top >= view.top - 1 && bottom <= view.bottom + 1;
  });

const scroll = ({ page }: Person, to: "start" | "end" | number) =>
  page.locator("#timeline").evaluate((element, to) => {
    element.scrollTop = to === "start" ? 0 : to === "end" ? element.scrollHeight : to;
  }, to);

/** Long enough for what has come to be drawn. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 500));

Deno.test(
  "page: after an absence lines stand in order, and reading goes on at the first unread one",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    await flood(server, 1, 5);
    await ann.sees("message 5.");
    await ann.page.goto("about:blank");
    await flood(server, 6, 125);
    await ann.page.goBack();
    await ann.online();
    await ann.page.locator(".separator.new").waitFor();
    const pill = ann.page.getByRole("button", { name: "120 new messages" });
    await pill.waitFor();
    assert(await inView(ann, ".separator.new"), "the first unread one is in view");
    assert(await inView(ann, ".separator.new + .message"));
    assertEquals(await numbers(ann), range(1, 125));
    await picture(ann, "unread");
    await pill.click();
    await pill.waitFor({ state: "hidden" });
    assert(await inView(ann, "#lines > :last-child"));
  },
);

Deno.test(
  "page: a reload or a killed tab on the way to the end leaves unread what is below",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    const { page } = ann;
    await flood(server, 1, 5);
    await ann.sees("message 5.");
    await page.goto("about:blank");
    await flood(server, 6, 65);
    await page.goBack();
    await ann.online();
    const pill = page.getByRole("button", { name: "60 new messages" });
    await pill.waitFor();
    await page.reload();
    await ann.online();
    await pill.waitFor();
    assert(await inView(ann, ".separator.new + .message"));

    // What was passed is read.
    await page.locator(".bubble", { hasText: "message 30." }).evaluate((line) =>
      line.scrollIntoView({ block: "start" })
    );
    const kept = () => page.evaluate(() => JSON.stringify({ ...localStorage }));
    const before = await kept();
    await until("it is kept", async () => await kept() !== before);
    const devtools = await ann.context.newCDPSession(page);
    devtools.send("Page.crash").catch(() => {});
    await page.waitForEvent("crash");
    await using again = new Person(ann.context, await ann.context.newPage(), "Ann");
    await again.page.goto(server.url);
    await again.page.getByRole("button", { name: "Enter" }).click();
    const rest = again.page.getByRole("button", { name: /^3\d new messages$/ });
    await rest.waitFor();
    assert(await inView(again, ".separator.new + .message"));
    await rest.click();
    await rest.waitFor({ state: "hidden" });
    await again.page.reload();
    await again.online();
    await again.sees("message 65.");
    assertEquals(await again.page.locator(".separator.new").count(), 0);
  },
);

Deno.test(
  "page: what comes while it is offline, hidden or elsewhere is marked as new",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using wire = new Wire(server.port);
    await using browser = await launch();
    await using ann = await Person.enter(browser, wire.url, "Ann");
    await flood(server, 1, 3);
    await ann.sees("message 3.");
    assertEquals(await ann.page.locator(".separator.new").count(), 0);

    wire.cut();
    await ann.page.locator("#banner.offline").waitFor();
    await flood(server, 4, 63);
    wire.restore();
    await ann.page.getByRole("button", { name: "60 new messages" }).waitFor();
    assert(await inView(ann, ".separator.new"));
    assert(await inView(ann, ".separator.new + .message"));
    assertEquals(await numbers(ann), range(1, 63));

    // A place that was read back to is kept while one is elsewhere.
    await scroll(ann, 300);
    const middle = ann.page.locator(".bubble", { hasText: "message 10." });
    const before = (await middle.boundingBox())!.y;
    await ann.join("garden");
    await flood(server, 64, 70);
    const lobby = ann.page.locator("#rooms").getByRole("button", { name: /^lobby/ });
    await lobby.getByRole("img", { name: /^7 unread/ }).waitFor();
    await lobby.click();
    await ann.page.getByRole("button", { name: "67 new messages" }).waitFor();
    const after = (await middle.boundingBox())!.y;
    assert(Math.abs(after - before) <= 2, `it moved from ${before} to ${after}`);
    assertEquals(await lobby.getByRole("img").count(), 0);
    const rooms = await ann.page.locator("#rooms .name").allTextContents();
    assertEquals(rooms, ["lobby", "garden"]);
    await ann.page.reload();
    await ann.online();
    await until("they are there", async () => await ann.page.locator("#rooms .name").count() === 2);
    assertEquals(await ann.page.locator("#rooms .name").allTextContents(), rooms);
  },
);

Deno.test(
  "page: private messages that came while it was offline or closed are marked as new",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using wire = new Wire(server.port);
    await using browser = await launch();
    await using ann = await Person.enter(browser, wire.url, "Ann");
    await using bob = await Person.enter(browser, server.url, "Bob");
    await bob.page.goto(`${server.url}?name=Bob&room=lobby&with=Ann`);
    await bob.online();
    await bob.say("One");
    await ann.page.locator("#directs").getByRole("button", { name: /^Bob/ }).click();
    await ann.say("I am here");
    await bob.sees("I am here");
    const separator = ann.page.locator(".separator.new");
    const next = ann.page.locator(".separator.new + .message .bubble");

    wire.cut();
    await ann.page.locator("#banner.offline").waitFor();
    for (const text of ["Two", "Three"]) await bob.say(text);
    wire.restore();
    await ann.sees("Three");
    await separator.waitFor();
    assertEquals(await next.textContent(), "Two");

    // Whoever is there sees what comes, and no mark.
    await ann.say("Four");
    await bob.say("Five");
    await ann.sees("Five");
    await ann.page.goto("about:blank");
    await bob.say("Six");
    await ann.page.goBack();
    await ann.sees("Six");
    await separator.waitFor();
    assertEquals(await next.textContent(), "Six");
  },
);

Deno.test("page: a long history is read to its beginning and back", inChromium, async () => {
  await using server = await Program.start(["--rate", "0", "--history", "4000"]);
  await using browser = await launch();
  await flood(server, 1, 2_300);
  await using ann = await Person.enter(browser, server.url, "Ann");
  await ann.sees("message 2300.");
  await ann.page.evaluate(() => {
    const list = document.getElementById("lines")!;
    const seen = new Set<string>();
    const look = () => {
      for (const { textContent } of list.querySelectorAll(".bubble")) seen.add(textContent!);
    };
    look();
    new MutationObserver(look).observe(list, { childList: true });
    Object.assign(globalThis, { seen });
  });
  /** How many messages have been on the page. */
  const seen = () => ann.page.evaluate(() => Reflect.get(globalThis, "seen").size);
  const check = async () => {
    const now = await numbers(ann);
    assertEquals(now, range(now[0]!, now.at(-1)!), "in order, none missing, none twice");
  };
  await until("the beginning is there", async () => {
    await scroll(ann, "start");
    await check();
    return await ann.page.getByText("This is where the room begins").count() > 0;
  });
  assertEquals(await seen(), 2_300);

  // Whatever comes meanwhile, the lines that are read stay.
  await scroll(ann, 2_000);
  const line = ann.page.locator(".bubble", { hasText: "message 50." });
  const before = (await line.boundingBox())!.y;
  await flood(server, 2_301, 3_800);
  await ann.page.getByRole("button", { name: "1500 new messages" }).waitFor();
  assert(Math.abs((await line.boundingBox())!.y - before) <= 2);
  assertEquals((await numbers(ann))[0], 1);

  await ann.page.evaluate(() => Reflect.get(globalThis, "seen").clear());
  await until("the end is there", async () => {
    await scroll(ann, "end");
    await check();
    return (await numbers(ann)).at(-1) === 3_800;
  });
  // Those that were there before are not seen anew.
  assert(await seen() > 3_500);
  await scroll(ann, "end");
  await ann.page.locator("#newer").waitFor({ state: "hidden" });

  // And at one go from far back.
  for (let round = 0; round < 20; round++) await scroll(ann, "start");
  await flood(server, 3_801, 3_802);
  await ann.page.locator("#newer").click();
  await ann.sees("message 3802.");
  await ann.page.locator("#newer").waitFor({ state: "hidden" });
});

Deno.test(
  "page: whoever reads on while more is fetched stays where they are",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    await flood(server, 1, 500);
    await using ann = await Person.enter(browser, server.url, "Ann");
    await until("the page is full", async () => {
      await scroll(ann, "start");
      return await ann.page.locator(".bubble").count() >= 200;
    });
    await scroll(ann, "end");
    await pause();
    let asked = false;
    let answer = () => {};
    const answered = new Promise<void>((resolve) => answer = resolve);
    await ann.page.route(/\/messages\?/, async (route) => {
      asked = true;
      await answered;
      await route.continue();
    });
    await until("more is asked for", async () => {
      await scroll(ann, "start");
      return asked;
    });
    await pause();
    const last = (await numbers(ann)).at(-10)!;
    const line = ann.page.locator(".bubble", { hasText: `message ${last}.` });
    await line.evaluate((element) => element.scrollIntoView({ block: "center" }));
    const before = (await line.boundingBox())!.y;
    const told = ann.page.waitForResponse(/\/messages\?/);
    answer();
    await told;
    await pause();
    assertEquals(await line.count(), 1, "it is still on the page");
    const after = (await line.boundingBox())!.y;
    assert(Math.abs(after - before) <= 2, `it moved from ${before} to ${after}`);
  },
);

Deno.test(
  "page: a server that was started anew is told from one that has lost something",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0", "--history", "50"]);
    await using wire = new Wire(server.port);
    await using browser = await launch();
    await using ann = await Person.enter(browser, wire.url, "Ann");
    await flood(server, 1, 3);
    await ann.sees("message 3.");
    wire.cut();
    await ann.page.locator("#banner.offline").waitFor();
    await flood(server, 4, 90);
    wire.restore();
    await ann.page.locator(".separator.gap", { hasText: "are no longer available" }).waitFor();
    await ann.sees("message 90.");
    assertEquals(await numbers(ann), [...range(1, 3), ...range(41, 90)]);

    await server.crash();
    await ann.page.locator("#banner.offline").waitFor();
    await using _again = await Program.start(["--port", `${server.port}`]);
    await ann.page.locator(".separator.gap", { hasText: "The server was restarted" }).waitFor();
    assertEquals(await ann.page.locator(".separator.gap").count(), 2);
    // Chromium reports it where the library asks the new server why the one before refused it.
    ann.faults.length = 0;
  },
);

Deno.test(
  "page: an empty room says so only once that is known, and what cannot be fetched can be tried again",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    await using ann = await Person.arrive(browser, "Ann");
    const empty = ann.page.locator("#empty");
    let answer = () => {};
    const answered = new Promise<void>((resolve) => answer = resolve);
    await ann.page.route(/\/messages\?/, async (route) => {
      await answered;
      await route.continue();
    });
    await ann.page.goto(`${server.url}?name=Ann&room=lobby`);
    await empty.getByText("Loading…").waitFor();
    answer();
    await empty.getByText("Nothing has been said here yet").waitFor();
    await ann.page.unroute(/\/messages\?/);

    await flood(server, 1, 120);
    await using bob = await Person.arrive(browser, "Bob");
    await bob.page.route(/\/messages\?/, (route) => route.abort());
    await bob.page.goto(`${server.url}?name=Bob&room=lobby`);
    await bob.sees("message 120.");
    await scroll(bob, "start");
    await bob.page.locator("#lines").getByText("Cannot read what was said").waitFor();
    const again = await bob.page.getByRole("button", { name: "Try again" }).elementHandle();
    await bob.page.unroute(/\/messages\?/);
    // Where the page has tried again by itself, as whoever scrolls wants it to, the button is gone.
    await again!.evaluate((button) => (button as HTMLButtonElement).click());
    await bob.sees("message 30.");

    // Nothing comes of a room that is read, so all of it is to be fetched.
    await bob.page.locator("#newer").click();
    await bob.page.route(/\/messages\?/, (route) => route.abort());
    await bob.page.reload();
    const trouble = bob.page.locator("#lines").getByText("Cannot read what was said");
    await trouble.waitFor();
    assertEquals(await bob.page.locator("#empty").isVisible(), false);
    await picture(bob, "nothing-fetched");
    await bob.page.unroute(/\/messages\?/);
    await bob.page.getByRole("button", { name: "Try again" }).click();
    await bob.sees("message 120.");
    await trouble.waitFor({ state: "detached" });
  },
);

Deno.test(
  "page: a name stands above messages that are near the first of them, and each tells its time",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    await using ann = await Person.arrive(browser, "Ann");
    await ann.page.clock.install({ time: new Date("2026-03-10T12:00:00") });
    await ann.page.goto(`${server.url}?name=Ann&room=lobby`);
    await ann.online();
    const post = async (n: number) => {
      const body = JSON.stringify({ username: "Bob", content: `message ${n}.` });
      const answer = await fetch(`${server.url}api/rooms/lobby/messages`, { method: "POST", body });
      await answer.body?.cancel();
    };
    // Messages four minutes apart.
    let minute = 0;
    await ann.page.routeWebSocket(/\/ws\?/, (toPage) => {
      const toServer = toPage.connectToServer();
      toServer.onMessage((frame) =>
        toPage.send(
          String(frame).split("\n").map((line) => {
            const message = JSON.parse(line);
            if (message.type !== "chat") return line;
            const n = Number(/\d+/.exec(message.content));
            const time = new Date("2026-03-10T12:00:00").getTime() + n * 4 * 60_000;
            return JSON.stringify({ ...message, timestamp: new Date(time).toISOString() });
          }).join("\n"),
        )
      );
    });
    await ann.page.reload();
    await ann.online();
    for (; minute < 6; minute++) await post(minute);
    await ann.sees("message 5.");
    const shown = await ann.page.locator(".message:not(.compact) time").allTextContents();
    assertEquals(shown, ["12:00", "12:08", "12:16"]);
    const hidden = ann.page.locator(".message.compact", { hasText: "message 1." });
    assertEquals(await timeIsSeen(hidden), false);
    await hidden.locator(".bubble").hover();
    await until("it is shown", () => timeIsSeen(hidden));
    await picture(ann, "time-of-a-line");
    await ann.page.mouse.move(0, 0);
    await until("it is hidden", async () => !await timeIsSeen(hidden));
    await ann.page.locator("#timeline").focus();
    for (let step = 0; step < 5; step++) await ann.page.keyboard.press("ArrowUp");
    assert(await hidden.evaluate((element) => element === document.activeElement));
    await until("it is shown", () => timeIsSeen(hidden));

    assertEquals(await ann.page.locator(".separator.day").allTextContents(), ["Today"]);
    await ann.page.clock.fastForward("12:30:00");
    await until(
      "it is yesterday",
      async () => await ann.page.locator(".separator.day").textContent() === "Yesterday",
    );
  },
);

/** Is the time of a line shown? Its margin fades in and out. */
const timeIsSeen = (line: ReturnType<Person["page"]["locator"]>) =>
  line.locator(".who").evaluate((who) => getComputedStyle(who).opacity === "1");
