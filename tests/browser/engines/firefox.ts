/**
 * Firefox, which speaks WebDriver BiDi over a WebSocket, without a driver between.
 *
 * @module
 */
import type { Device, Tab } from "./tab.ts";

/** It asks nothing of the network, and takes itself for a desktop with a mouse that has the focus. */
const PREFERENCES = {
  "app.normandy.enabled": false,
  "app.update.auto": false,
  "browser.safebrowsing.downloads.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.page": 0,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "extensions.systemAddon.update.enabled": false,
  "extensions.update.enabled": false,
  "intl.accept_languages": "en-GB",
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
  "toolkit.telemetry.enabled": false,
  "ui.allPointerCapabilities": 6,
  "ui.primaryPointerCapabilities": 6,
  "ui.useOverlayScrollbars": 1,
};

/** A command that waits for its answer. */
type Waiting = PromiseWithResolvers<Record<string, unknown>>;

/** A Firefox of its own, without a screen, with an empty profile. */
export class Firefox implements Tab {
  #socket: WebSocket;
  #ending: AsyncDisposableStack;
  #context = "";
  #waiting = new Map<number, Waiting>();
  #count = 0;
  #faults: string[] = [];

  private constructor(socket: WebSocket, ending: AsyncDisposableStack) {
    this.#socket = socket;
    this.#ending = ending;
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
  }

  /** Starts the program at a path. @throws {Error} when it ends instead, with what it said */
  static async start(path: string): Promise<Firefox> {
    await using ending = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "parley-" });
    ending.defer(() => Deno.remove(folder, { recursive: true }));
    const lines = Object.entries(PREFERENCES).map((pair) =>
      `user_pref(${pair.map((value) => JSON.stringify(value))});\n`
    );
    await Deno.writeTextFile(`${folder}/user.js`, lines.join(""));
    const child = new Deno.Command(path, {
      args: ["--headless", "--remote-debugging-port", "0", "--profile", folder, "about:blank"],
      env: { HOME: folder },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const { address, said } = listen(child.stderr);
    ending.defer(async () => {
      child.kill();
      await Promise.all([child.status, said]);
    });
    const socket = new WebSocket(`${await address}/session`);
    ending.defer(() => {
      const closed = new Promise<void>((resolve) => socket.onclose = () => resolve());
      socket.close();
      return closed;
    });
    await new Promise((resolve) => socket.onopen = resolve);
    const firefox = new Firefox(socket, ending.move());
    await firefox.#begin();
    return firefox;
  }

  async open(url: string) {
    await this.#inTab("browsingContext.navigate", { url, wait: "complete" });
  }

  async reload() {
    await this.#inTab("browsingContext.reload", { wait: "complete" });
  }

  async back() {
    await this.#inTab("browsingContext.traverseHistory", { delta: -1 });
  }

  async value(expression: string): Promise<unknown> {
    const answer = await this.#ask("script.evaluate", {
      expression: `Promise.resolve(${expression}).then((value) => JSON.stringify({ value }))`,
      target: { context: this.#context },
      awaitPromise: true,
    });
    if (answer.type === "exception") throw new Error(JSON.stringify(answer.exceptionDetails));
    return JSON.parse((answer.result as { value: string }).value).value;
  }

  async perform(actions: Device[]) {
    await this.#inTab("input.performActions", { actions });
  }

  async resize(width: number, height: number) {
    await this.#inTab("browsingContext.setViewport", { viewport: { width, height } });
  }

  async picture(): Promise<string> {
    return (await this.#inTab("browsingContext.captureScreenshot", {})).data as string;
  }

  faults(): Promise<string[]> {
    return Promise.resolve(this.#faults);
  }

  async [Symbol.asyncDispose]() {
    await this.#ending[Symbol.asyncDispose]();
  }

  async #begin() {
    await this.#ask("session.new", { capabilities: {} });
    // The first tab has not the focus: there, keys press no buttons.
    const { context } = await this.#ask("browsingContext.create", { type: "tab" });
    this.#context = context as string;
    await this.#ask("session.subscribe", { events: ["log.entryAdded"] });
  }

  // deno-lint-ignore no-explicit-any
  #hear({ id, type, result, message, params }: any) {
    if (type === "event") {
      const { level, text } = params;
      // It reports every connection that cannot be made, whatever the page does.
      if (text.includes("establish a connection to the server at ws:")) return;
      if (level === "error" || level === "warn") this.#faults.push(text);
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (type === "error") waiting?.reject(new Error(message));
    else waiting?.resolve(result);
  }

  #inTab(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    return this.#ask(method, { context: this.#context, ...params });
  }

  #ask(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    const id = ++this.#count;
    const waiting: Waiting = Promise.withResolvers();
    this.#waiting.set(id, waiting);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return waiting.promise;
  }
}

/** Reads what the program says until its end: on the way it tells the address where it listens. */
function listen(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const { promise: address, resolve, reject } = Promise.withResolvers<string>();
  const read = async () => {
    let all = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      all += text;
      const [, found] = /WebDriver BiDi listening on (\S+)/.exec(all) ?? [];
      if (found) resolve(found);
    }
    reject(new Error(`Cannot start Firefox: ${all}`));
  };
  return { address, said: read() };
}
