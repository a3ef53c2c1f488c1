/// <reference lib="dom" />
/**
 * What the browser tests stand on: a server in a process of its own, Chromium, people in it, and a
 * network that can be cut.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const ROOT = new URL("../../", import.meta.url);

/** Without its background traffic, and in a sandbox of the test machine's own. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A server as its users start it. */
export class Server implements AsyncDisposable {
  #process: Deno.ChildProcess;
  readonly port: number;

  private constructor(process: Deno.ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  /** Starts one on a port, by default a free one, with further flags. */
  static async start(port = 0, ...flags: string[]): Promise<Server> {
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--allow-net", "--ignore-env", "main.ts"],
        ...["--hostname", "127.0.0.1", "--port", `${port}`, "--log-level", "info", ...flags],
      ],
      cwd: ROOT,
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`Cannot start the server: it ended with ${text || "no word"}`);
      text += value;
    }
    const { url } = JSON.parse(text.slice(0, text.indexOf("\n")));
    // What it says later is read and dropped: a full pipe would stop it.
    (async () => {
      while (!(await reader.read()).done);
    })();
    return new Server(process, Number(new URL(url).port));
  }

  /** Where the page is. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Ends it without a chance to say goodbye. */
  async kill() {
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }

  async [Symbol.asyncDispose]() {
    try {
      await this.kill();
    } catch {
      // It has ended already.
    }
  }
}

/** Starts Chromium. */
export async function launch(): Promise<Browser> {
  try {
    await Deno.stat(CHROMIUM);
  } catch {
    throw new Error(`Cannot find ${CHROMIUM}: run "apt-get install chromium"`);
  }
  return await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

/** A person with a browser window. */
export class Person implements AsyncDisposable {
  /** Errors of the page and of its console, and dialogs: there must be none. */
  readonly faults: string[] = [];

  constructor(readonly context: BrowserContext, readonly page: Page, readonly name: string) {
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("dialog", (dialog) => {
      this.faults.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on("console", (message) => {
      // Chromium itself says so of every connection that cannot be made.
      if (/WebSocket connection|net::ERR_/.test(message.text())) return;
      if (["error", "warning"].includes(message.type())) this.faults.push(message.text());
    });
  }

  /** Opens a window of its own and enters a room by a link. */
  static async enter(
    browser: Browser,
    url: string,
    name: string,
    { room = "lobby", ...options }: BrowserContextOptions & { room?: string } = {},
  ): Promise<Person> {
    const context = await browser.newContext({ locale: "en-GB", ...options });
    const person = new Person(context, await context.newPage(), name);
    await person.page.goto(`${url}?${new URLSearchParams({ name, room })}`);
    await person.online();
    return person;
  }

  /** Waits until the connection stands. */
  async online() {
    await this.page.locator("#people-list li").first().waitFor({ state: "attached" });
    await this.page.locator("#banner:not(.offline, .connecting, .closed)").waitFor({
      state: "attached",
    });
  }

  /** The box one writes in. */
  get box(): Locator {
    return this.page.locator("#content");
  }

  /** Writes and sends. */
  async say(text: string) {
    await this.box.fill(text);
    await this.box.press("Enter");
  }

  /** Waits until a message with this text is in view of the page. */
  async sees(text: string) {
    await this.page.locator(".bubble", { hasText: text }).first().waitFor();
  }

  /** Texts of the messages on the page, in their order. */
  async texts(): Promise<string[]> {
    return await this.page.locator(".bubble").allTextContents();
  }

  async [Symbol.asyncDispose]() {
    await this.context.close();
    assertEquals(this.faults, [], `the page of ${this.name} had faults`);
  }
}

/** Waits for something of the page to become true, and says what did not. */
export async function until(what: string, holds: () => Promise<boolean>, most = 15_000) {
  const end = Date.now() + most;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Cannot wait any longer: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A TCP proxy in front of a port, whose connections can be cut. */
export class Wire implements AsyncDisposable {
  #listener: Deno.TcpListener;
  #target: number;
  #connections = new Set<Deno.TcpConn>();
  #work = new Set<Promise<void>>();
  #cut = false;

  constructor(target: number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#keep(this.#accept());
  }

  /** Where the page is, through the proxy. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}/`;
  }

  /** Ends all connections, and every new one until {@linkcode restore}. */
  cut() {
    this.#cut = true;
    for (const connection of this.#connections) close(connection);
  }

  /** Lets connections through again. */
  restore() {
    this.#cut = false;
  }

  async [Symbol.asyncDispose]() {
    this.cut();
    this.#listener.close();
    await Promise.all(this.#work);
  }

  #keep(work: Promise<void>) {
    this.#work.add(work);
    work.finally(() => this.#work.delete(work));
  }

  async #accept() {
    for await (const client of this.#listener) {
      if (this.#cut) close(client);
      else this.#keep(this.#join(client));
    }
  }

  async #join(client: Deno.TcpConn) {
    this.#connections.add(client);
    try {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
      this.#connections.add(server);
      await Promise.all([this.#copy(client, server), this.#copy(server, client)]);
      this.#connections.delete(server);
    } catch {
      // The server is away: for the client that is a cut.
    } finally {
      close(client);
      this.#connections.delete(client);
    }
  }

  async #copy(from: Deno.TcpConn, to: Deno.TcpConn) {
    try {
      await from.readable.pipeTo(to.writable);
    } catch {
      // One side is gone, so the other goes.
    }
    close(from);
    close(to);
  }
}

function close(connection: Deno.TcpConn) {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

/** Saves what a page shows, in the folder `screenshots`. */
export async function picture({ page }: Person, name: string) {
  await Deno.mkdir(new URL("screenshots/", ROOT), { recursive: true });
  const path = new URL(`screenshots/${name}.png`, ROOT).pathname;
  await page.screenshot({ path, animations: "disabled", caret: "initial" });
}
