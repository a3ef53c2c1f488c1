/**
 * Makes the icons of static/ that have to be pictures of a size, from static/icon.svg:
 *
 * ```sh
 * deno run --allow-all tools/icons.ts
 * ```
 *
 * @module
 */
import { launch } from "../tests/browser/support.ts";

const folder = new URL("../static/", import.meta.url);
const drawing = await Deno.readTextFile(new URL("icon.svg", folder));
const [green, white] = drawing.match(/#[0-9a-f]+/g)!;
/** White on green instead of green on nothing. */
const inverse = drawing.replaceAll(/#[0-9a-f]+/g, (colour) => colour === green ? white! : green!);

/** By name: the drawing, what it stands on, pixels of a side, and what part of it the drawing takes. */
const icons: Record<string, [drawing: string, ground: string, side: number, share: number]> = {
  "icon-192.png": [drawing, "transparent", 192, 1],
  "icon-512.png": [drawing, "transparent", 512, 1],
  // Phones cut this one to a shape of their own, in which the middle four fifths are always seen.
  "icon-full.png": [inverse, green!, 192, .6],
};

await using browser = await launch();
await using page = await browser.newPage();
for (const [name, [drawing, ground, side, share]] of Object.entries(icons)) {
  await page.setViewportSize({ width: side, height: side });
  await page.setContent(drawing);
  const body =
    `display: grid; place-items: center; margin: 0; height: 100vh; background: ${ground}`;
  await page.addStyleTag({ content: `body { ${body} } svg { width: ${share * side}px }` });
  await Deno.writeFile(new URL(name, folder), await page.screenshot({ omitBackground: true }));
}
