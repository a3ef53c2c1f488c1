import { assertEquals, assertStringIncludes } from "@std/assert";
import { Program } from "../program.ts";
import { inChromium, launch, Person, retime, until } from "./support.ts";

Deno.test("page: times are told in the time zone of who reads them", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann", { timezoneId: "Asia/Tokyo" });
  await using bob = await Person.enter(browser, server.url, "Bob", { timezoneId: "Etc/GMT+5" });
  await ann.say("What time is it?");
  await bob.sees("What time is it?");
  const shown = ({ page }: Person) => page.locator("time").first().getAttribute("datetime");
  const instant = await shown(bob);
  // Until the echo is there it is that of her own clock.
  await until("the server's time", async () => await shown(ann) === instant);
  for (const [person, timeZone] of [[ann, "Asia/Tokyo"], [bob, "Etc/GMT+5"]] as const) {
    const time = person.page.locator("time").first();
    const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone });
    assertEquals(await time.textContent(), clock.format(new Date(instant!)));
    assertStringIncludes(await time.getAttribute("title") ?? "", String(new Date().getFullYear()));
  }
});

Deno.test("page: days are set apart, by the reader's calendar", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using bob = await Person.enter(browser, server.url, "Bob");
  const said = [
    ["2024-03-03T12:00:00Z", "Long ago"],
    ["2026-05-13T21:30:00Z", "The day before yesterday"],
    ["2026-05-13T22:30:00Z", "First thing yesterday"],
    ["2026-05-14T21:59:59Z", "Late yesterday"],
    ["2026-05-14T22:00:00Z", "At midnight"],
    ["2026-05-14T22:01:00Z", "A minute after"],
  ] as const;
  for (const [, content] of said) {
    await bob.say(content);
    await bob.page.locator(".sent", { hasText: content }).waitFor();
  }

  await using ann = await Person.arrive(browser, "Ann", { timezoneId: "Africa/Maputo" });
  await ann.page.clock.setFixedTime("2026-05-15T08:00:00Z");
  await retime(ann, (content) => said.find(([, text]) => text === content)?.[0]);
  await ann.page.goto(`${server.url}?name=Ann&room=lobby`);
  await ann.sees("A minute after");
  const rows = await ann.page.locator(".separator.day, .bubble").allTextContents();
  // Browsers differ in the comma after a weekday.
  assertEquals(rows.map((text) => text.replace("day, ", "day ")), [
    ...["Sunday 3 March 2024", "Long ago"],
    ...["Wednesday 13 May", "The day before yesterday"],
    ...["Yesterday", "First thing yesterday", "Late yesterday"],
    ...["Today", "At midnight", "A minute after"],
  ]);
});

Deno.test(
  "page: addresses become links, and what is around them does not",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    const cases: [content: string, ...links: string[]][] = [
      ["https://example.org", "https://example.org"],
      [
        "See http://example.org/a, and HTTPS://EXAMPLE.ORG/B!",
        "http://example.org/a",
        "HTTPS://EXAMPLE.ORG/B",
      ],
      ["(https://example.org/)", "https://example.org/"],
      [
        "https://en.wikipedia.org/wiki/Chat_(disambiguation)",
        "https://en.wikipedia.org/wiki/Chat_(disambiguation)",
      ],
      ["https://example.org/?q=ä&x=1#top.", "https://example.org/?q=ä&x=1#top"],
      ["“https://example.org/a”…", "https://example.org/a"],
      ["No links: example.org, ftp://example.org, mailto:a@example.org, https://"],
    ];
    for (const [content, ...links] of cases) {
      await ann.say(content);
      const bubble = ann.page.locator(".own.sent .bubble").last();
      await until("it is sent", async () => await bubble.textContent() === content);
      assertEquals(await bubble.locator("a").allTextContents(), links, content);
      for (const link of await bubble.locator("a").all()) {
        assertEquals(await link.getAttribute("href"), await link.textContent());
        assertEquals(await link.getAttribute("target"), "_blank");
        assertEquals(await link.getAttribute("rel"), "noopener noreferrer");
      }
    }
  },
);

Deno.test(
  "page: a window too tall to scroll is filled with older messages",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    for (let i = 0; i < 120; i++) {
      const body = JSON.stringify({ username: "bot", content: `Line ${i}` });
      await (await fetch(`${server.url}api/rooms/lobby/messages`, { method: "POST", body })).text();
    }
    const viewport = { width: 800, height: 9_000 };
    await using ann = await Person.enter(browser, server.url, "Ann", { viewport });
    await until("all are there", async () => (await ann.texts()).length === 120);
    assertEquals(await ann.texts(), Array.from({ length: 120 }, (_, i) => `Line ${i}`));
  },
);
