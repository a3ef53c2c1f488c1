/// <reference lib="dom" />
/**
 * WebKit in its GTK port, by its driver, which speaks W3C's classic WebDriver over HTTP.
 *
 * @module
 */
import { until } from "../support.ts";
import type { Device, Tab } from "./tab.ts";

/** In full screen there is no toolbar, under which a window could not be as narrow as a phone. */
const BROWSER = ["--automation", "--full-screen"];

/** WebKit's MiniBrowser, on a screen that nobody sees. Nothing of it is kept. */
export class WebKit implements Tab {
  /** Where the driver listens and, once there is one, the session. */
  #url: string;
  #ending: AsyncDisposableStack;
  /** By how many pixels the wheel was turned so far. */
  #turned = 0;
  /** What pages told that have been left. */
  #faults: string[] = [];

  private constructor(url: string, ending: AsyncDisposableStack) {
    this.#url = url;
    this.#ending = ending;
  }

  /** Starts the driver at a path, on a screen that `xvfb` makes. */
  static async start(path: string, xvfb: string): Promise<WebKit> {
    await using ending = new AsyncDisposableStack();
    const screen = new Deno.Command(xvfb, {
      args: ["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    ending.defer(() => end(screen));
    const display = await firstLine(screen.stdout);
    const port = freePort();
    const driver = new Deno.Command(path, {
      args: [`--port=${port}`],
      env: { DISPLAY: `:${display}`, GDK_BACKEND: "x11", NO_AT_BRIDGE: "1", LANG: "C.UTF-8" },
      stdout: "null",
      stderr: "null",
    }).spawn();
    ending.defer(() => end(driver));
    const webkit = new WebKit(`http://127.0.0.1:${port}`, ending);
    await webkit.#begin();
    webkit.#ending = ending.move();
    return webkit;
  }

  async open(url: string) {
    await this.#ask("POST", "/url", { url });
    await this.value(`(${listen})()`);
  }

  async reload() {
    await this.faults();
    await this.#ask("POST", "/refresh", {});
    await this.value(`(${listen})()`);
  }

  async back() {
    await this.#ask("POST", "/back", {});
  }

  async value(expression: string): Promise<unknown> {
    const json = "(value) => JSON.stringify({ value })";
    const script = `return Promise.resolve(${expression}).then(${json})`;
    const answer = await this.#ask("POST", "/execute/sync", { script, args: [] });
    return JSON.parse(answer as string).value;
  }

  async perform(devices: Device[]) {
    // Its driver turns the wheel by the difference to the last turn, and so wants their sum.
    const sum = (action: Device["actions"][number]) =>
      action.type === "scroll"
        ? { ...action, deltaY: this.#turned += Number(action.deltaY) }
        : action;
    const actions = devices.map((device) => ({ ...device, actions: device.actions.map(sum) }));
    await this.#ask("POST", "/actions", { actions });
  }

  async resize(width: number, height: number) {
    await this.#ask("POST", "/window/rect", { width, height });
    await until(
      "the window has this size",
      () => this.value(`innerWidth === ${width} && innerHeight === ${height}`) as Promise<boolean>,
    );
  }

  async picture(): Promise<string> {
    return await this.#ask("GET", "/screenshot") as string;
  }

  async faults(): Promise<string[]> {
    this.#faults.push(...await this.value("globalThis.faults?.splice(0) ?? []") as string[]);
    return this.#faults;
  }

  async [Symbol.asyncDispose]() {
    await this.#ask("DELETE", "");
    await this.#ending[Symbol.asyncDispose]();
  }

  async #begin() {
    const ready = () => this.#ask("GET", "/status").then(() => true, () => false);
    await until("the driver listens", ready);
    const { sessionId } = await this.#ask("POST", "/session", {
      capabilities: { alwaysMatch: { "webkitgtk:browserOptions": { args: BROWSER } } },
    }) as { sessionId: string };
    this.#url += `/session/${sessionId}`;
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(this.#url + path, { method, body: JSON.stringify(body) });
    const { value } = await answer.json();
    if (value?.error) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  }
}

/**
 * Has the page itself write down its faults, from here on: the driver tells nothing of them, and has
 * no way to be there before the page is.
 */
function listen() {
  const faults: string[] = [];
  Object.assign(globalThis, { faults });
  addEventListener("error", ({ message }) => faults.push(message));
  addEventListener("unhandledrejection", ({ reason }) => faults.push(String(reason)));
  const tell = (...words: unknown[]) => faults.push(words.join(" "));
  Object.assign(console, { error: tell, warn: tell });
}

/** Ends a process. */
async function end(child: Deno.ChildProcess) {
  child.kill();
  await child.status;
}

/** A port that nobody listens at. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** The first line of what a program says. */
async function firstLine(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let said = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (said.includes("\n")) break;
  }
  return said.trim();
}
