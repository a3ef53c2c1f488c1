import { assertEquals } from "@std/assert";
import { Program } from "../program.ts";
import { inChromium, launch, Person } from "./support.ts";

/** A proxy that has a server under a path of its own site, and knows nothing at any other. */
function under(path: string, host: string) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname, search } = new URL(request.url);
    if (!pathname.startsWith(path)) return new Response("Nothing here", { status: 404 });
    const inner = `${host}/${pathname.slice(path.length)}${search}`;
    const offers = request.headers.get("sec-websocket-protocol");
    if (!offers) {
      const { method, headers, body } = request;
      return fetch(`http://${inner}`, { method, headers, body });
    }
    const { socket: client, response } = Deno.upgradeWebSocket(request, { protocol: "chat.v1" });
    const behind = new WebSocket(`ws://${inner}`, offers.split(", "));
    const opened = new Promise((resolve) => behind.onopen = resolve);
    client.onmessage = async ({ data }) => {
      await opened;
      behind.send(data);
    };
    behind.onmessage = ({ data }) => client.send(data);
    client.onclose = () => behind.close();
    behind.onclose = () => client.close();
    return response;
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}${path}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("page: it works under a path of a bigger site", inChromium, async () => {
  await using program = await Program.start();
  await using site = under("/tools/chat/", program.host);
  await using browser = await launch();
  await using ann = await Person.enter(browser, site.url, "Ann");
  await using bob = await Person.enter(browser, program.url, "Bob");
  await ann.say("Hello from a path");
  await bob.sees("Hello from a path");
  await ann.page.getByRole("button", { name: "Join a room" }).click();
  await ann.page.getByRole("option", { name: "lobby 2 here · on screen" }).waitFor();
  await ann.page.getByRole("button", { name: "Close" }).click();
  // The way back from the dialog would end a reload that begins before it is gone.
  await ann.page.waitForFunction(() => !history.state?.cover);
  await ann.page.reload();
  await ann.sees("Hello from a path");
});

Deno.test("page: a long list of rooms is offered whole", inChromium, async () => {
  await using program = await Program.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, program.url, "Ann");
  const parts: Record<string, object> = {
    "": { rooms: [{ room: "attic", users: 1 }], next: "attic" },
    attic: { rooms: [{ room: "barn", users: 2 }], next: "barn" },
    barn: { rooms: [{ room: "cellar", users: 3 }] },
  };
  await ann.page.route(/\/api\/rooms\?/, (route) => {
    const after = new URL(route.request().url()).searchParams.get("after")!;
    return route.fulfill({ json: parts[after] });
  });
  const offered = ann.page.locator("#finder .name");
  await ann.page.getByRole("button", { name: "Join a room" }).click();
  await offered.nth(3).waitFor();
  assertEquals(await offered.allTextContents(), ["lobby", "cellar", "barn", "attic"]);
});
