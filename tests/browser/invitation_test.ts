/// <reference lib="dom" />
import { assert, assertEquals } from "@std/assert";
import { inSeconds, invitation } from "../access/issuer.ts";
import { Program } from "../program.ts";
import { inspect } from "./axe.ts";
import { follow, link, start } from "./invited.ts";
import { inChromium, launch, Person, picture, until } from "./support.ts";

const NEEDED = "You need an invitation to come in: open the link that you were given.";

Deno.test(
  "page: an invitation lets somebody in, and is nowhere to be seen; who has none is told so",
  inChromium,
  async () => {
    await using server = await start();
    await using browser = await launch();
    await using nobody = await Person.arrive(browser, "nobody", { colorScheme: "dark" });
    await nobody.page.goto(server.url);
    await nobody.page.getByText(NEEDED).waitFor();
    assertEquals(await nobody.page.locator("#entry-form :is(input, button):visible").count(), 0);
    await inspect(nobody, "an invitation is needed");
    await picture(nobody, "invitation-needed");

    const claims = { sub: "ann", name: "Ann Archer", jti: "of-ann", rooms: ["dev", "den"] };
    const address = await link(server, claims);
    await using ann = await follow(browser, address, "Ann");
    const { page } = ann;
    assertEquals(page.url(), `${server.url}?room=dev`);
    await page.locator("#me", { hasText: "Ann Archersigned in" }).waitFor();
    await ann.say("Hello");
    await page.locator(".own.sent").waitFor();
    await page.reload();
    await ann.online();
    await page.goBack();
    assert(!page.url().includes("token"));
    await page.goto(server.url);
    await ann.online();
    // Without a room, it is the first that the invitation is for.
    await page.locator("#title", { hasText: "#dev" }).waitFor();

    // People are shown as they are called, and are called by their usernames.
    await using bob = await follow(browser, await link(server, { sub: "bob" }), "Bob");
    await bob.sees("Hello");
    const author = bob.page.locator("#lines button.name");
    assertEquals(await author.textContent(), "Ann Archer");
    assertEquals(await author.getAttribute("title"), "ann");
    await bob.page.locator("#people-list button", { hasText: "Ann Archer" }).click();
    await bob.page.getByRole("menuitem", { name: "Mention" }).click();
    assertEquals(await bob.box.inputValue(), "@ann ");
    await bob.box.fill("");
    await bob.whisper("Ann Archer");
    await bob.page.getByPlaceholder("Message Ann Archer").waitFor();
    await bob.say("In private");
    await page.locator("#directs").getByText("bob", { exact: true }).waitFor();

    // Whoever leaves can come back, until they sign out.
    await ann.leave();
    await page.getByText("You are invited as Ann Archer.").waitFor();
    assertEquals(await page.getByLabel("Name").isVisible(), false);
    await inspect(ann, "signed in at the entry");
    await page.getByRole("button", { name: "Enter" }).click();
    await ann.online();
    await page.getByRole("button", { name: "Leave chat" }).click();
    await page.getByLabel("Sign out").check();
    await page.keyboard.press("Enter");
    await page.getByText(NEEDED).waitFor();
    const kept = () => page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
    const [, claimed = ""] = address.match(/token=[\w-]+\.([\w-]+)/)!;
    assert(!(await kept()).includes(claimed));

    // A link that is opened where the page is already.
    await page.evaluate((address) => location.href = address, address);
    await ann.online();
    const admin = await invitation({ sub: "mo", admin: true });
    const revoked = await fetch(`${server.url}api/revoked/of-ann`, {
      method: "PUT",
      headers: { authorization: `Bearer ${admin}` },
    });
    await revoked.body?.cancel();
    assert(revoked.ok);
    await page.locator("#banner.closed", { hasText: "Your access has ended." }).waitFor();
    await page.getByRole("button", { name: "Reload" }).click();
    const refused = (why: string) =>
      page.getByText(`Your invitation does not let you in: ${why}. Ask for a new one.`).waitFor();
    await refused("it is revoked");
    await page.goto(await link(server, { sub: "ann", exp: inSeconds(-3_600) }));
    await refused("it has expired");
    await inspect(ann, "an invitation that is over");
    await picture(ann, "invitation-refused");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText(NEEDED).waitFor();
    await page.goto(`${server.url}#token=nonsense`);
    await page.getByText("This invitation is damaged.").waitFor();
    // Chromium reports each refusal.
    ann.faults.splice(0).forEach((fault) => assert(fault.includes("401"), fault));
  },
);

Deno.test(
  "page: an invitation leads into one of its rooms, and a room that it is not for ends nothing",
  inChromium,
  async () => {
    await using server = await start();
    await using browser = await launch();
    await using kim = await Person.arrive(browser, "kim");
    const { page } = kim;
    const token = async (sub: string) =>
      `#token=${await invitation({ sub, rooms: { read: [], write: ["team-*"] } })}`;
    await page.goto(`${server.url}${await token("kim")}`);
    await page.getByText("Your rooms begin with team-: name one.").waitFor();
    await inspect(kim, "a room is asked for");
    const room = page.locator("#room");
    assertEquals(await room.inputValue(), "team-");
    await room.fill("team-x");
    await room.press("Enter");
    await kim.online();
    // It goes on where there are others, and else once somebody goes to another.
    await page.goto(`${server.url}?room=ops`);
    await page.getByText("You may not read ops").first().waitFor();
    await kim.join("team-y");
    await kim.online();
    await page.evaluate(() => localStorage.clear());
    await page.goto(`${server.url}?room=ops${await token("lea")}`);
    await page.locator("#banner.closed", { hasText: "You may not read ops" }).waitFor();
    await kim.join("team-y");
    await kim.online();
    await kim.say("Here");
    await page.locator(".own.sent").waitFor();

    // Somebody else's link, in a tab where the chat is already.
    await page.evaluate((hash) => location.hash = hash, await token("bob"));
    await page.locator("#me", { hasText: "bob" }).waitFor();
    await kim.online();
    assert(!page.url().includes("token"));
    kim.faults.splice(0).forEach((fault) => assert(fault.includes("403"), fault));
  },
);

Deno.test(
  "page: guests who only read are told so, and an invitation is renewed where that is allowed",
  inChromium,
  async () => {
    await using server = await start("--guests", "read", "--sessions", "1h", "--auth-leeway", "0");
    await using browser = await launch();
    await using ann = await follow(
      browser,
      await link(server, { sub: "ann", exp: inSeconds(5) }, "lobby"),
      "Ann",
    );
    const first = await ann.page.evaluate(() => localStorage.getItem("parley/token"));
    await using guest = await Person.enter(browser, server.url, "Guest");
    await guest.page.getByText(/^Guests only read here\./).waitFor();
    assertEquals(await guest.box.isVisible(), false);
    await ann.say("To read");
    await guest.sees("To read");
    await inspect(guest, "a guest who only reads");
    await picture(guest, "invitation-reads");
    // What the server gave takes the place of what has expired.
    await until("another token is kept", async () => {
      const now = await ann.page.evaluate(() => localStorage.getItem("parley/token"));
      return now !== first && now !== "";
    });
    await ann.online();
    await ann.say("Still here");
    await guest.sees("Still here");
  },
);

Deno.test(
  "page: a claimed name is its owner's, in whichever tab they are, and nobody else's",
  inChromium,
  async () => {
    await using server = await Program.start(["--names", "claimed"]);
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    await ann.page.reload();
    await ann.online();
    await using tab = new Person(ann.context, await ann.context.newPage(), "Ann");
    await tab.page.goto(server.url);
    await tab.page.getByRole("button", { name: "Enter" }).click();
    await tab.online();
    await ann.page.locator("#banner.closed", { hasText: "You went on in another tab." }).waitFor();
    await picture(ann, "invitation-other-tab");
    await ann.page.getByRole("button", { name: "Go on here" }).click();
    await ann.online();
    await tab.page.locator("#banner.closed").waitFor();
    await using other = await Person.arrive(browser, "other");
    await other.page.goto(`${server.url}?name=ann`);
    await other.page.locator("#name-problem:not(:empty)").waitFor();
    other.faults.splice(0).forEach((fault) => assert(fault.includes("409"), fault));
    assertEquals(await ann.page.locator("#people-list li").count(), 1);
    // Whoever took another name can go back to their own.
    for (const name of ["Zoe", "Ann"]) {
      await ann.page.goto(`${server.url}?name=${name}`);
      await ann.page.locator("#me", { hasText: name }).waitFor();
      await ann.online();
    }
  },
);
