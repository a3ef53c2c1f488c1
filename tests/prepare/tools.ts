/**
 * The programs beside Deno that some tests need: each is named here, and nowhere else.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import manifest from "../../deno.json" with { type: "json" };

/** A program that some tests need, and where it comes from. */
export interface Tool {
  /** What it is, for a sentence. */
  title: string;
  /** The variable that names its path, or says `none`, and after a colon why. */
  variable: string;
  /** What it is called, the likeliest first. */
  names: string[];
  /** Where it is on systems that do not have it in the `PATH`; `%NAME%` stands for a variable. */
  places: { [os in typeof Deno.build.os]?: string[] };
  /** Arguments with which it starts, and ends without a fault. It may write into the folder. */
  trial: (folder: string) => string[];
  /** The Debian packages that bring it, and a space between them. */
  debian: string;
  /** Does that package also have the machine run it as a service? */
  service: boolean;
  /** Another, where Debian's cannot be had. */
  spare?: Spare;
}

/** A tool that a package of npm brings. */
export interface Spare {
  title: string;
  /** What brings it: words after `deno`. */
  command: string[];
  /** Where it is then. */
  path: () => Promise<string>;
}

const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const EDGES = ["microsoft-edge", "microsoft-edge-stable"];
const WINDOWS = ["Chromium\\Application\\chrome", "Google\\Chrome\\Application\\chrome"];

/** What the page is tested in. */
export const browser: Tool = {
  title: "a browser (Chromium, Chrome or Edge)",
  variable: "PARLEY_BROWSER",
  names: [...BROWSERS, ...EDGES],
  places: {
    linux: [
      "/usr/bin/chromium",
      "/snap/bin/chromium",
      "/opt/google/chrome/chrome",
      "/opt/microsoft/msedge/msedge",
    ],
    darwin: ["", "%HOME%"].flatMap((home) =>
      ["Chromium", "Google Chrome", "Microsoft Edge"].map((name) =>
        `${home}/Applications/${name}.app/Contents/MacOS/${name}`
      )
    ),
    windows: [...WINDOWS, "Microsoft\\Edge\\Application\\msedge"].flatMap((path) =>
      ["ProgramFiles", "ProgramFiles(x86)", "LocalAppData"].map((top) => `%${top}%\\${path}.exe`)
    ),
  },
  trial: (folder) => [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    `--user-data-dir=${folder}`,
    "--dump-dom",
    "about:blank",
  ],
  debian: "chromium",
  service: false,
  spare: {
    title: "the Chromium of playwright-core",
    command: [
      "run",
      "--allow-all",
      manifest.imports["playwright-core"],
      "install",
      "--no-shell",
      "chromium",
    ],
    path: async () => (await import("playwright-core")).chromium.executablePath(),
  },
};

/** Where the page is tested, too. */
export const firefox: Tool = {
  title: "Firefox",
  variable: "PARLEY_FIREFOX",
  names: ["firefox-esr", "firefox"],
  places: {
    linux: ["/usr/bin/firefox-esr", "/snap/bin/firefox"],
    darwin: ["", "%HOME%"].map((home) => `${home}/Applications/Firefox.app/Contents/MacOS/firefox`),
    windows: ["ProgramFiles", "ProgramFiles(x86)", "LocalAppData"].map((top) =>
      `%${top}%\\Mozilla Firefox\\firefox.exe`
    ),
  },
  trial: () => ["--version"],
  debian: "firefox-esr",
  service: false,
};

/** Drives WebKit, in its GTK port. */
export const webkit: Tool = {
  title: "WebKit's driver",
  variable: "PARLEY_WEBKIT",
  names: ["WebKitWebDriver"],
  places: { linux: ["/usr/bin/WebKitWebDriver"] },
  trial: () => ["--help"],
  debian: "webkit2gtk-driver",
  service: false,
};

/** The screen for a browser that needs one. */
export const xvfb: Tool = {
  title: "Xvfb",
  variable: "PARLEY_XVFB",
  names: ["Xvfb"],
  places: { linux: ["/usr/bin/Xvfb"] },
  trial: () => ["-help"],
  debian: "xvfb",
  service: false,
};

/** Stands in front of a server in a test of what `docs/operations.md` says about it. */
export const nginx: Tool = {
  title: "nginx",
  variable: "PARLEY_NGINX",
  names: ["nginx"],
  places: {
    linux: ["/usr/sbin/nginx"],
    darwin: ["/opt/homebrew/bin/nginx", "/usr/local/bin/nginx"],
  },
  trial: () => ["-v"],
  debian: "nginx",
  service: true,
};

/** Redis, for servers that share their rooms. */
export const redis: Tool = {
  title: "redis-server",
  variable: "PARLEY_REDIS_SERVER",
  names: ["redis-server"],
  places: {
    linux: ["/usr/bin/redis-server"],
    darwin: ["/opt/homebrew/bin/redis-server", "/usr/local/bin/redis-server"],
  },
  trial: () => ["--version"],
  debian: "redis-server",
  service: true,
};

/** Makes the disk that tests can fill, slow down and cut off. */
export const compiler: Tool = {
  title: "a C compiler",
  variable: "PARLEY_CC",
  names: ["cc", "gcc", "clang"],
  places: { linux: ["/usr/bin/cc"] },
  trial: (folder) => [
    "-shared",
    "-fPIC",
    "-o",
    `${folder}/disk.so`,
    fileURLToPath(new URL("../engine/disk.c", import.meta.url)),
  ],
  debian: "gcc libc6-dev",
  service: false,
};

/** All of them. */
export const tools = [browser, firefox, webkit, xvfb, nginx, redis, compiler];
