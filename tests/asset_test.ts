import { assertEquals } from "@std/assert";
import { Asset } from "../routes/asset.ts";

Deno.test("what compressing does not make smaller, or needs not, is sent as it is", async () => {
  const contents: [string | Uint8Array<ArrayBuffer>, "br" | null][] = [
    ["a".repeat(256), "br"],
    ["a".repeat(255), null],
    [crypto.getRandomValues(new Uint8Array(1_000)), null],
  ];
  for (const [content, coding] of contents) {
    const asset = new Asset(content, { "content-type": "text/plain" });
    const request = new Request("http://x", { headers: { "accept-encoding": "br" } });
    const answer = await asset.answer(request);
    assertEquals(answer.headers.get("content-encoding"), coding);
    assertEquals(answer.headers.get("cache-control"), "no-cache");
    const body = await answer.bytes();
    if (!coding) assertEquals(body, new Uint8Array(await new Blob([content]).arrayBuffer()));
  }
});

Deno.test("a file is compressed once, however many ask for it", async () => {
  const text = Array.from({ length: 20_000 }, (_, i) => i * i).join();
  const asset = new Asset(text, {});
  const request = new Request("http://x", { headers: { "accept-encoding": "br" } });
  const ask = async () => await (await asset.answer(request)).bytes();
  const time = async () => {
    const start = performance.now();
    const [body] = await Promise.all([ask(), ask(), ask()]);
    return { body, took: performance.now() - start };
  };
  const first = await time();
  const again = await time();
  assertEquals(again.body, first.body);
  assertEquals(again.took < first.took / 2, true, `${first.took} ms, then ${again.took}`);
});
