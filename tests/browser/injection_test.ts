import { assertEquals, assertStringIncludes } from "@std/assert";
import { Program } from "../program.ts";
import { inChromium, launch, Person, until } from "./support.ts";

/** What has been used against chats: every one is shown as it was written and does nothing. */
const CORPUS = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  '"><svg/onload=alert(1)>',
  "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
  "<a href='javascript:alert(1)'>click</a>",
  "javascript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  'https://example.com/" onmouseover="alert(1)',
  "https://example.com/'><img src=x onerror=alert(1)>",
  "http://javascript:alert(1)@example.com/",
  "<style>*{display:none}</style>",
  "<base href='https://evil.example/'>",
  "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
  "<form action=https://evil.example><input name=q></form>",
  "{{constructor.constructor('alert(1)')()}}",
  "${alert(1)}",
  "<!--><script>alert(1)</script-->",
  "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
  "\u202Egnp.exe <b>bold</b>",
  "]]><script>alert(1)</script>",
];

/** The same for Markdown: the elements that it makes, and nothing else of what was written. */
const MARKED: [content: string, shown: string][] = [
  ..."javascript:alert(1) JaVaScRiPt:alert(1) java\\nscript:alert(1) vbscript:alert(1) blob:x file:///etc"
    .split(" ").map((address): [string, string] => [`[a](${address})`, `[a](${address})`]),
  [
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](data:text/html,<script>alert(1)</script>)",
  ],
  ["[a](&#106;avascript:alert(1))", "[a](&#106;avascript:alert(1))"],
  ["[a](\u0001javascript:alert(1))", "[a](\u0001javascript:alert(1))"],
  ["[a]: javascript:alert(1)\n[a]", "[a]: javascript:alert(1)\n[a]"],
  ["<javascript:alert(1)>", "<javascript:alert(1)>"],
  ["![a](https://evil.example/x.png)", "![a](https://evil.example/x.png)"],
  ["![a](x){onerror=alert(1)}", "![a](x){onerror=alert(1)}"],
  [
    '[a](https://evil.example/"onmouseover="alert(1))',
    '[a](https://evil.example/"onmouseover="alert(1))',
  ],
  [
    "[a](https://evil.example/ 'b' onclick=alert(1))",
    "[a](https://evil.example/ 'b' onclick=alert(1))",
  ],
  [
    "[<img src=x onerror=alert(1)>](https://evil.example)",
    "<img src=x onerror=alert(1)> (evil.example)",
  ],
  [
    "[[a](javascript:alert(1))](https://evil.example)",
    "[[a](javascript:alert(1))](https://evil.example)",
  ],
  ["[https://bank.example](https://evil.example)", "https://bank.example (evil.example)"],
  [
    "[bank.example](https://bank.example@evil.example)",
    "[bank.example](https://bank.example@evil.example)",
  ],
  ["[\u202Eelpmaxe.knab](https://evil.example)", "\u202Eelpmaxe.knab (evil.example)"],
  ["[bаnk](https://bаnk.example)", "bаnk (xn--bnk-6cd.example)"],
  ["**<b onclick=alert(1)>a</b>**", "<b onclick=alert(1)>a</b>"],
  ["`<script>alert(1)</script>`", "<script>alert(1)</script>"],
  ["```html\n<script>alert(1)</script>\n```", "html<script>alert(1)</script>"],
  [
    '```"onclick="alert(1)\n</code></pre><script>\n```',
    '"onclick="alert(1)\n</code></pre><script>',
  ],
  [
    "> <iframe src=javascript:alert(1)>\n- <svg/onload=alert(1)>\n- b",
    "<iframe src=javascript:alert(1)>• <svg/onload=alert(1)>• b",
  ],
  ["<details open ontoggle=alert(1)>\n\n**a**\n", "<details open ontoggle=alert(1)>\n\na"],
];

/** Names within the server's rules: 32 characters, no leading @ or #. */
const NAMES = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  '"><svg onload=alert(1)>',
  "__proto__",
  "constructor",
  "${alert(1)}",
];

Deno.test("page: markup in messages stays text", inChromium, async () => {
  await using server = await Program.start(["--rate", "0"]);
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  await using bob = await Person.enter(browser, server.url, "Bob");
  const before = await elements(bob);
  for (const text of CORPUS) await ann.say(text);
  await until("all are there", async () => (await bob.texts()).length === CORPUS.length);
  assertEquals(await bob.texts(), CORPUS.map((text) => text.trim()));
  assertEquals(await elements(bob), before);
  assertEquals(await unsafe(bob), []);
});

Deno.test(
  "page: Markdown makes elements of its own, and nothing of what is in it",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    await using bob = await Person.enter(browser, server.url, "Bob");
    const before = await elements(bob);
    for (const [content] of MARKED) await ann.say(content);
    await until("all are there", async () => (await bob.texts()).length === MARKED.length);
    assertEquals(await bob.texts(), MARKED.map(([, shown]) => shown));
    const made = ["blockquote", "code", "pre", "small", "strong"];
    assertEquals((await elements(bob)).filter((name) => !before.includes(name)), made);
    assertEquals(await unsafe(bob), []);
    for (const link of await bob.page.locator(".bubble a:has(+ small)").all()) {
      assertStringIncludes(await link.getAttribute("title") ?? "", "https://");
      assertEquals(await link.getAttribute("rel"), "noopener noreferrer");
    }
  },
);

Deno.test("page: markup in names stays text", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  for (const name of NAMES) {
    await using mallory = await Person.enter(browser, server.url, name);
    const before = await elements(ann);
    await mallory.box.pressSequentially("I am");
    await ann.page.locator("#typing", { hasText: `${name} is typing` }).waitFor();
    await mallory.say(`I am ${name}`);
    await ann.sees(`I am ${name}`);
    assertEquals(await ann.page.locator(".message .name").last().textContent(), name);

    await ann.whisper(name);
    const title = ann.page.locator("#title");
    await until("the conversation is open", async () => await title.textContent() === name);
    await ann.say("Who are you?");
    await mallory.page.locator("#directs button").first().click();
    await mallory.sees("Who are you?");
    assertEquals(await elements(ann), before);
    for (const person of [ann, mallory]) assertEquals(await unsafe(person), []);
    await ann.page.locator("#rooms button").first().click();
  }
});

Deno.test("page: markup in a link to the page stays text", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using guest = await Person.arrive(browser, "guest");
  for (const text of CORPUS) {
    const query = new URLSearchParams({ name: `@${text}`, room: text, with: text });
    await guest.page.goto(`${server.url}?${query}`);
    await guest.page.locator("#name-problem:not(:empty)").waitFor();
    assertEquals(await unsafe(guest), []);
  }
  const query = new URLSearchParams({ name: "Guest", room: "lobby", with: NAMES[0]! });
  await guest.page.goto(`${server.url}?${query}`);
  await guest.online();
  assertEquals(await guest.page.locator("#title").textContent(), NAMES[0]);
  assertEquals(await unsafe(guest), []);
});

Deno.test("page: what a server answers for rooms stays text", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  const rooms = CORPUS.map((room) => ({ room, users: 1, head: null }));
  await ann.page.route(/\/api\/rooms\?/, (route) => route.fulfill({ json: { rooms, count: 1 } }));
  await ann.page.getByRole("button", { name: "Join a room" }).click();
  const offered = ann.page.locator("#finder .name");
  await until("all are there", async () => await offered.count() === 1 + CORPUS.length);
  assertEquals(await offered.allTextContents(), ["lobby", ...CORPUS]);
  assertEquals(await unsafe(ann), []);
});

Deno.test("page: its policy lets no inline script run, and none is in it", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using guest = await Person.arrive(browser, "guest");
  const { page } = guest;
  await page.goto(server.url);
  const blocked = await page.evaluate(() =>
    new Promise<string>((resolve) => {
      document.addEventListener("securitypolicyviolation", ({ violatedDirective }) =>
        resolve(violatedDirective));
      const script = document.createElement("script");
      script.textContent = "document.title = 'run'";
      document.head.append(script);
    })
  );
  assertEquals(blocked, "script-src-elem");
  assertStringIncludes(guest.faults.pop() ?? "", "Content Security Policy");
  assertEquals(await page.title(), "Parley");
});

/** Kinds of elements on the page: nothing that was said may add one. */
async function elements({ page }: Person): Promise<string[]> {
  return await page.evaluate(() =>
    [...new Set([...document.querySelectorAll("*")].map(({ localName }) => localName))]
      .filter((name) => !["li", "ol", "div", "span", "bdi", "time", "a", "button"].includes(name))
      .sort()
  );
}

/** Elements and attributes that could do something nobody of the project wrote. */
async function unsafe({ page }: Person): Promise<string[]> {
  return await page.evaluate(() => {
    const found: string[] = [];
    for (const element of document.querySelectorAll("*")) {
      const active = /^(img|iframe|object|embed|base|math|svg|style)$/.test(element.localName);
      // The page has a sign of its own there, and nothing that was written.
      if (active && !element.matches("#share > svg")) {
        found.push(element.localName);
      }
      for (const { name, value } of element.attributes) {
        // The page's own measures.
        if (name === "style" && /^((padding-)?(top|left|bottom): [\d.]+px; ?)+$/.test(value)) {
          continue;
        }
        if (/^on|^style$|^srcdoc$/i.test(name)) found.push(`${name}=${value}`);
      }
      if (element instanceof HTMLAnchorElement && !element.classList.contains("skip")) {
        if (!/^https?:$/.test(element.protocol)) found.push(element.href);
      }
    }
    for (const { src, textContent } of document.scripts) {
      if (!src.startsWith(location.origin)) found.push(`script: ${src}${textContent}`);
    }
    return found;
  });
}
