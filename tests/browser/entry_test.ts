import { assert, assertEquals } from "@std/assert";
import { Program } from "../program.ts";
import { inChromium, launch, Person, until } from "./support.ts";

const TAKEN = /^Somebody called Ann is here\. If that is you in another tab, enter; else/;

Deno.test("page: the entry form says what is wrong with a name or a room", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using guest = await Person.arrive(browser, "guest");
  await guest.page.goto(`${server.url}?name=@ann&room=lobby`);
  const problem = guest.page.getByText(/^Choose another name: it must .* not begin with @/);
  await problem.waitFor();
  assertEquals(search(guest), "?room=lobby");
  await guest.page.getByLabel("Name").fill("Ann");
  await problem.waitFor({ state: "detached" });
  const room = guest.page.getByRole("textbox", { name: "Room", exact: true });
  await room.fill("The big room");
  await guest.page.getByRole("button", { name: "Enter" }).click();
  await guest.page.getByText(/^Choose another room: it must .* not \. or \.\. alone\.$/).waitFor();
  await room.fill("Big-Room");
  await guest.page.keyboard.press("Enter");
  await guest.online();
  assertEquals(search(guest), "?room=big-room");
  assert(await guest.box.evaluate((box) => box === document.activeElement));
});

Deno.test(
  "page: an address leads to a room, and makes nobody somebody else",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann", { room: "garden" });
    assertEquals(search(ann), "?room=garden");
    const shared = ann.page.url();

    // Somebody else: the room of the link, and no name.
    await using bob = await Person.arrive(browser, "Bob");
    await bob.page.goto(shared);
    const name = bob.page.getByLabel("Name");
    await until(
      "the name has the focus",
      () => name.evaluate((box) => box === document.activeElement),
    );
    assertEquals(await name.inputValue(), "");
    assertEquals(await bob.page.locator("#room").inputValue(), "garden");
    await bob.page.keyboard.type("Bob");
    await bob.page.keyboard.press("Enter");
    await bob.online();
    assertEquals(await bob.page.locator("#title").textContent(), "#garden");

    // A reload goes on; a new tab of the same browser asks, with the name filled in.
    await bob.page.reload();
    await bob.online();
    assertEquals(await bob.page.locator("#me").textContent(), "BBob");
    await using tab = new Person(bob.context, await bob.context.newPage(), "Bob");
    await tab.page.goto(`${server.url}?room=lobby`);
    assertEquals(await tab.page.getByLabel("Name").inputValue(), "Bob");
    assertEquals(await tab.page.locator("#room").inputValue(), "lobby");

    // Who leaves the chat is asked again, also after a reload.
    await bob.leave();
    await bob.page.getByRole("button", { name: "Enter" }).waitFor();
    await bob.page.reload();
    await bob.page.getByRole("button", { name: "Enter" }).waitFor();
    assertEquals(await name.inputValue(), "Bob");

    // One with a private conversation leads there, but nobody to themselves.
    await ann.page.goto(`${server.url}?room=garden&with=Bob`);
    await ann.online();
    assertEquals(await ann.page.locator("#title").textContent(), "Bob");
    const beside = ann.page.url();
    await ann.leave();
    await ann.page.keyboard.press("Enter");
    await ann.online();
    assertEquals(await ann.page.locator("#title").textContent(), "#garden");
    await bob.page.goto(beside);
    await bob.page.keyboard.press("Enter");
    await bob.online();
    assertEquals(await bob.page.locator("#title").textContent(), "#garden");
  },
);

Deno.test("page: the entry form warns of a name that somebody uses", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using _ann = await Person.enter(browser, server.url, "Ann");
  await using guest = await Person.arrive(browser, "guest");
  await guest.page.goto(server.url);
  const name = guest.page.getByLabel("Name");
  const room = guest.page.locator("#room");
  const warning = guest.page.locator("#name-warning");
  const warned = () => warning.getByText(TAKEN).waitFor();
  const silent = () => until("nothing is said", async () => await warning.textContent() === "");
  await name.fill("ANN");
  await warned();
  await name.fill("Anna");
  await silent();
  await name.fill("ａｎｎ");
  await warned();
  await room.fill("garden");
  await silent();
  await room.fill("lobby");
  await warned();

  // Without an answer, one may enter as well as with one.
  await guest.page.route(/\/api\/users/, (route) => route.abort());
  const failed = guest.page.waitForEvent("requestfailed");
  await name.fill("Guest");
  await failed;
  await silent();
  await guest.page.unroute(/\/api\/users/);
  await name.fill("Ann");
  await warned();
  await name.press("Enter");
  await guest.online();
  assertEquals(await guest.page.locator("#people-list li").count(), 1);
});

Deno.test("page: a name that the server refuses is asked for again", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using carl = await Person.enter(browser, server.url, "carl");
  // With a Cyrillic letter.
  await using other = await Person.arrive(browser, "\u0441arl");
  await other.page.goto(`${server.url}?name=${encodeURIComponent("\u0441arl")}&room=lobby`);
  await other.page.locator("#name-problem").getByText("it looks like carl").waitFor();
  assertEquals(await other.page.getByLabel("Name").inputValue(), "\u0441arl");
  assertEquals(search(other), "?room=lobby");
  // Chromium reports the refusal.
  other.faults.length = 0;
  await other.page.keyboard.press("ControlOrMeta+a");
  await other.page.keyboard.type("Carla");
  await other.page.keyboard.press("Enter");
  await other.online();
  await carl.page.locator("#people-list").getByText("Carla").waitFor();
});

/** What the address says, beside the page. */
const search = ({ page }: Person) => new URL(page.url()).search;
