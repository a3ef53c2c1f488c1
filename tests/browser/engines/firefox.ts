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
};

/** A command that waits for its answer. */
type Waiting = PromiseWithResolvers<Record<string, unknown>>;

/** A Firefox of its own, without a screen, with an empty profile. */
export class Firefox implements Tab {
  #folder: string;
  #child: Deno.ChildProcess;
  #socket!: WebSocket;
  #context!: string;
  #waiting = new Map<number, Waiting>();
  #count = 0;
  #said: Promise<void>;
  #faults: string[] = [];

  private constructor(folder: string, child: Deno.ChildProcess, said: Promise<void>) {
    this.#folder = folder;
    this.#child = child;
    this.#said = said;
  }

  /** Starts the program at a path. @throws {Error} when it ends instead, with what it said */
  static async start(path: string): Promise<Firefox> {
    const folder = await Deno.makeTempDir({ prefix: "parley-" });
    const lines = Object.entries(PREFERENCES).map((pair) =>
      `user_pref(${pair.map((value) => JSON.stringify(value))});\n`
    );
    await Deno.writeTextFile(`${folder}/user.js`, lines.join(""));
    const args = ["--headless", "--remote-debugging-port", "0", "--profile", folder];
    const child = new Deno.Command(path, {
      args: [...args, "about:blank"],
      env: { HOME: folder },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const listens = Promise.withResolvers<string>();
    const said = (async () => {
      let all = "";
      for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
        all += text;
        const found = /WebDriver BiDi listening on (\S+)/.exec(all);
        if (found) listens.resolve(found[1]!);
      }
      listens.reject(new Error(`Cannot start Firefox: ${all}`));
    })();
    const firefox = new Firefox(folder, child, said);
    await firefox.#connect(`${await listens.promise}/session`);
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
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    await this.#ask("browser.close", {});
    await Promise.all([closed, this.#child.status, this.#said]);
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #connect(address: string) {
    this.#socket = new WebSocket(address);
    this.#socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    await new Promise((resolve) => this.#socket.onopen = resolve);
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
