import { Program } from "../program.ts";
import { inChromium, launch, Person, picture } from "./support.ts";

const SAID = [
  "**Release** at _five_, ~~six~~ o'clock. Run `deno task ok` first, see [the checklist](https://example.org/check?list=1).",
  "Steps:\n1. Write it\n2. Test it\n   - on the desktop\n   - on a phone, where the lines are shorter than this one is\n3. Send it",
  "> Who tests?\n> > And who looks?\n\nI do, both.",
  "```ts\nfor await (const frames of socket) for (const frame of frames) hear(frame); // and obey it, always and everywhere\nexport const one = 1;\n```",
  "🎉🎉",
  "مرحبا! هذا `رمز`\n- واحد\n- اثنان\n\nThis line is English.",
];

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(`page: look, ${colorScheme}`, inChromium, async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    for (const [device, width] of [["desktop", 1280], ["phone", 390], ["narrow", 320]] as const) {
      await using ann = await Person.enter(browser, server.url, "Ann", {
        colorScheme,
        room: device,
        viewport: { width, height: 1500 },
      });
      await using bob = await Person.enter(browser, server.url, "Bob", {
        colorScheme,
        room: device,
      });
      for (const text of SAID) await bob.say(text);
      await bob.say("> @Ann `x` **now**\n- a [b](https://x.org)\n- c\n```\ncode\n```");
      await ann.sees("code");
      for (const text of SAID) await ann.say(text);
      await ann.page.locator(".own.sent").nth(SAID.length - 1).waitFor();
      await picture(ann, `text-${colorScheme}-${device}`);
      await ann.page.keyboard.press("Control+A");
      if (device === "desktop") {
        console.log(
          await ann.page.evaluate(() => {
            const s = getSelection()!;
            s.selectAllChildren(document.getElementById("lines")!);
            return s.toString();
          }),
        );
      }
    }
  });
}
