/** How the tests find, and bring, the programs that they need. */
import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { FakeMachine } from "./prepare/fake_machine.ts";
import { halvesOf } from "./prepare/halves.ts";
import { find } from "./prepare/find.ts";
import { ThisMachine } from "./prepare/machine.ts";
import { need, permitted } from "./prepare/need.ts";
import { Preparation } from "./prepare/prepare.ts";
import { root } from "./program.ts";
import { browser, compiler, nginx, type Tool, tools } from "./prepare/tools.ts";
import { granted, programs, within } from "./support.ts";

// Here the report has, once, why the tests of a tool are ignored.
for (const tool of tools) {
  const { ignore, missing, path } = await need(tool);
  const name = `what tests need is here: ${tool.title}${missing ? ` (${missing})` : ""}`;
  Deno.test(name, { ignore }, () => {
    path();
  });
}

/** A machine with these files. */
function machine(...files: string[]): FakeMachine {
  const made = new FakeMachine();
  made.files = new Set(files);
  return made;
}

/** A tool as the tests know it, without what npm may bring. */
const chromium: Tool = { ...browser, spare: undefined };

Deno.test("a tool is looked for by its names in the PATH, the likeliest first", async () => {
  const linux = machine("/usr/bin/google-chrome", "/usr/local/bin/chromium");
  assertEquals(await find(chromium, linux), { path: "/usr/local/bin/chromium" });
  linux.variables.PATH = "/usr/bin";
  assertEquals(await find(chromium, linux), { path: "/usr/bin/google-chrome" });
  linux.variables = {};
  assertEquals(await find(chromium, linux), { missing: "none was found" });
});

Deno.test("a tool is looked for in the usual places of each system", async () => {
  const linux = machine("/opt/google/chrome/chrome");
  assertEquals(await find(chromium, linux), { path: "/opt/google/chrome/chrome" });

  const chrome = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
  const mac = machine(`/Users/ann${chrome}`);
  mac.os = "darwin";
  assertEquals(await find(chromium, mac), { missing: "none was found" });
  mac.variables.HOME = "/Users/ann";
  assertEquals(await find(chromium, mac), { path: `/Users/ann${chrome}` });
  mac.files.add(chrome);
  assertEquals(await find(chromium, mac), { path: chrome });

  const edge = "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe";
  const windows = machine(edge, "D:\\tools\\chromium.exe");
  windows.os = "windows";
  windows.variables = { "ProgramFiles(x86)": "C:\\Program Files (x86)", PATH: "C:\\;D:\\tools" };
  assertEquals(await find(chromium, windows), { path: "D:\\tools\\chromium.exe" });
  windows.variables.PATH = "";
  assertEquals(await find(chromium, windows), { path: edge });
});

Deno.test("a variable names a tool, or says that there is none", async () => {
  const linux = machine("/usr/bin/chromium", "/opt/mine");
  linux.variables.PARLEY_BROWSER = "/opt/mine";
  assertEquals(await find(chromium, linux), { path: "/opt/mine" });
  linux.variables.PARLEY_BROWSER = "/opt/yours";
  assertEquals(await find(chromium, linux), { missing: "PARLEY_BROWSER: no file /opt/yours" });
  linux.variables.PARLEY_BROWSER = "none";
  const missing = "PARLEY_BROWSER says that there is none";
  assertEquals(await find(chromium, linux), { missing });
  linux.variables.PARLEY_BROWSER = "none: I have no screen";
  assertEquals(await find(chromium, linux), { missing: "I have no screen" });
});

Deno.test("what npm brought is found where nothing else is", async () => {
  let asked = 0;
  const path = () => {
    asked++;
    return Promise.resolve("/cache/chrome");
  };
  const tool = { ...browser, spare: { ...browser.spare!, path } };
  const linux = machine("/usr/bin/chromium", "/cache/chrome");
  assertEquals([await find(tool, linux), asked], [{ path: "/usr/bin/chromium" }, 0]);
  linux.files.delete("/usr/bin/chromium");
  assertEquals([await find(tool, linux), asked], [{ path: "/cache/chrome" }, 1]);
  linux.files.clear();
  assertEquals(await find(tool, linux), { missing: "none was found" });
});

Deno.test("a tool that starts is taken, and nothing is installed", async () => {
  const linux = machine("/usr/bin/apt-get", "/usr/bin/nginx");
  assertEquals(await new Preparation(linux).ready(nginx), { path: "/usr/bin/nginx" });
  assertEquals([linux.ran, linux.told], [["/usr/bin/nginx -v"], []]);
});

Deno.test("a tool that does not start is passed over, with its reason", async () => {
  const linux = machine("/usr/bin/chromium", "/usr/bin/google-chrome");
  const fault = "libnss3.so: cannot open shared object file";
  linux.commands = (words) => words.startsWith("/usr/bin/chromium ") ? fault : undefined;
  assertEquals(await new Preparation(linux).ready(chromium), { path: "/usr/bin/google-chrome" });
  linux.files.delete("/usr/bin/google-chrome");
  const missing = `/usr/bin/chromium does not start (${fault}); there is no apt-get`;
  assertEquals(await new Preparation(linux).ready(chromium), { missing });
});

Deno.test("whoever names a tool that does not start is told, and gets no other", async () => {
  const linux = machine("/opt/mine", "/usr/bin/chromium", "/usr/bin/apt-get");
  linux.variables.PARLEY_BROWSER = "/opt/mine";
  linux.commands = () => "no";
  const missing = "/opt/mine does not start (no)";
  assertEquals(await new Preparation(linux).ready(browser), { missing });
  linux.variables.PARLEY_BROWSER = "none";
  assertMatch(JSON.stringify(await new Preparation(linux).ready(browser)), /says that/);
  assertEquals([linux.ran.length, linux.told], [1, []]);
});

Deno.test("root installs Debian's packages, after one update of the lists, alone", async () => {
  const linux = machine("/usr/bin/apt-get");
  linux.commands = (words) => {
    if (words.endsWith("install --yes --no-install-recommends chromium")) {
      linux.files.add("/usr/bin/chromium");
    }
    if (words.endsWith("install --yes --no-install-recommends nginx")) {
      linux.files.add("/usr/sbin/nginx");
    }
    if (words.endsWith("install --yes --no-install-recommends gcc libc6-dev")) {
      linux.files.add("/usr/bin/cc");
    }
    return undefined;
  };
  const preparation = new Preparation(linux);
  assertEquals(await preparation.ready(chromium), { path: "/usr/bin/chromium" });
  assertEquals(await preparation.ready(nginx), { path: "/usr/sbin/nginx" });
  assertEquals(await preparation.ready(compiler), { path: "/usr/bin/cc" });
  assertEquals(linux.ran.filter((words) => words.includes("apt-get")), [
    "alone: /usr/bin/apt-get update",
    "alone: /usr/bin/apt-get -o DPkg::Lock::Timeout=60 install --yes --no-install-recommends chromium",
    "alone: /usr/bin/apt-get -o DPkg::Lock::Timeout=60 install --yes --no-install-recommends nginx",
    "alone: /usr/bin/apt-get -o DPkg::Lock::Timeout=60 install --yes --no-install-recommends gcc libc6-dev",
  ]);
  assertEquals(linux.told, [
    "Installing Debian's chromium, which may take minutes",
    "Installing Debian's nginx, which may take minutes",
    "Installing Debian's gcc libc6-dev, which may take minutes",
  ]);
});

Deno.test("nothing is installed where this process may not, or a service would start", async () => {
  const linux = machine("/usr/bin/apt-get");
  linux.root = false;
  const missing = async () => {
    const found = await new Preparation(linux).ready(nginx);
    return "missing" in found && found.missing;
  };
  assertEquals(await missing(), "none was found; only root may apt-get install nginx");
  linux.root = true;
  linux.services = true;
  assertEquals(
    await missing(),
    "none was found; apt-get install nginx would start a service, which is not for tests to do",
  );
  assertEquals([linux.ran, linux.told], [[], []]);
  // A browser is no service.
  await new Preparation(linux).ready(chromium);
  assertEquals(linux.told, ["Installing Debian's chromium, which may take minutes"]);
});

Deno.test("where Debian's cannot be had, npm's is brought, and every reason is told", async () => {
  const linux = machine("/usr/bin/apt-get");
  const path = () => Promise.resolve("/cache/chrome");
  const tool: Tool = { ...browser, spare: { title: "another", command: ["run", "cli"], path } };
  linux.commands = (words) => {
    if (words.includes("apt-get update")) return "E: no network";
    if (words.includes("apt-get")) return "E: no such package";
    if (words.includes("cli")) linux.files.add("/cache/chrome");
    return undefined;
  };
  assertEquals(await new Preparation(linux).ready(tool), { path: "/cache/chrome" });
  assertEquals(linux.ran.at(-2), "/usr/bin/deno run cli");
  assertEquals(linux.told.at(-1), "Bringing another, which may take minutes");

  linux.files.delete("/cache/chrome");
  linux.commands = (words) =>
    words.includes("update") ? undefined : `no ${words.split(" ").at(-1)}`;
  assertEquals(await new Preparation(linux).ready(tool), {
    missing:
      "none was found; apt-get install chromium: no chromium; another cannot be brought: no cli",
  });
});

Deno.test("what came although its installation failed is taken", async () => {
  const linux = machine("/usr/bin/apt-get");
  linux.commands = (words) => {
    if (!words.includes("install")) return undefined;
    linux.files.add("/usr/sbin/nginx");
    return "the service cannot be started";
  };
  assertEquals(await new Preparation(linux).ready(nginx), { path: "/usr/sbin/nginx" });
});

Deno.test("what was installed and does not start is no tool", async () => {
  const linux = machine("/usr/bin/apt-get");
  linux.commands = (words) => {
    if (words.includes("install")) linux.files.add("/usr/sbin/nginx");
    return words.endsWith("-v") ? "no libpcre2" : undefined;
  };
  assertEquals(await new Preparation(linux).ready(nginx), {
    missing: "/usr/sbin/nginx does not start (no libpcre2)",
  });
});

const all = { ignore: !permitted() };
const commands = { ignore: !granted("run", "read") || Deno.build.os === "windows" };

Deno.test(
  "a command that fails says why: its first complaint, its last line, or its code",
  commands,
  async () => {
    const here = new ThisMachine();
    assertEquals(await here.run(["/bin/sh", "-c", "true"], 20), undefined);
    assertEquals(await here.run(["/bin/sh", "-c", "echo a >&2; echo b >&2; exit 3"], 20), "b");
    const apt = "echo W: old >&2; echo E: locked >&2; echo E: so I stop >&2; exit 100";
    assertEquals(await here.run(["/bin/sh", "-c", apt], 20), "E: locked");
    assertEquals(await here.run(["/bin/sh", "-c", "exit 3"], 20), "it ended with 3");
    assertMatch(await here.run(["/nowhere"], 20) ?? "", /Failed to spawn '\/nowhere'/);
  },
);

Deno.test("a command is ended after its time, with all that it started", commands, async () => {
  const here = new ThisMachine();
  // What it started itself holds its output open.
  const fault = await within(
    here.run(["/bin/sh", "-c", "sleep 8 & sleep 8"], 0.1),
    "its end",
    5_000,
  );
  assertEquals(fault, "it took too long");
  assertEquals(
    await new ThisMachine(AbortSignal.abort()).run(["/bin/sh", "-c", "true"], 20),
    fault,
  );
});

Deno.test("two runs of the tests do not install at once", commands, async () => {
  const done: string[] = [];
  const both = Promise.all(["first", "second"].map((name) =>
    new ThisMachine().alone(async () => {
      done.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      done.push(`${name} ends`);
    })
  ));
  await within(both, "both");
  assertEquals(done.map((text) => text.split(" ")[1]), ["begins", "ends", "begins", "ends"]);
});

Deno.test("a machine knows its files, its variables and a folder to clear", all, () => {
  const here = new ThisMachine();
  const folder = here.folder();
  assertEquals([here.folder(), Deno.statSync(folder).isDirectory], [folder, true]);
  Deno.writeTextFileSync(`${folder}/file`, "");
  assertEquals(["/file", "", "/other"].map((name) => here.has(folder + name)), [
    ...[true, false, false],
  ]);
  here.clear();
  assertThrows(() => Deno.statSync(folder), Deno.errors.NotFound);
  new ThisMachine().clear();
  Deno.env.set("PARLEY_TRIAL", "");
  assertEquals(here.variable("PARLEY_TRIAL"), undefined);
  Deno.env.set("PARLEY_TRIAL", "yes");
  assertEquals(here.variable("PARLEY_TRIAL"), "yes");
  Deno.env.delete("PARLEY_TRIAL");
});

/** Has the tests of this name run by `deno task test`, without nginx. */
async function withoutNginx(name: string, env: Record<string, string> = {}) {
  const command = new Deno.Command(Deno.execPath(), {
    cwd: root,
    args: ["task", "test", "--no-check", "--filter", name, "tests/nginx_test.ts", import.meta.url],
    env: {
      ...{ NO_COLOR: "1", PARLEY_INSIST: "", PARLEY_BROWSER: "none", PARLEY_REDIS_SERVER: "none" },
      ...{ PARLEY_FIREFOX: "none", PARLEY_WEBKIT: "none", PARLEY_XVFB: "none" },
      ...{ PARLEY_NGINX: "none: it is too old", ...env },
    },
  });
  const { code, stdout, stderr } = await within(command.output(), "the tests", 60_000);
  const [report, told] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  const lines = told!.split("\n").filter((line) => line.includes("nginx"));
  return { code, report: report!, lines };
}

Deno.test("what needs a tool that is missing is ignored, and its reason told", all, async () => {
  const { code, report, lines } = await withoutNginx("nginx");
  const line = "Tests in need of nginx are ignored: it is too old (PARLEY_NGINX names one)";
  // Before the tests and after them.
  assertEquals([code, lines.slice(-2)], [0, [line, line]]);
  assertStringIncludes(report, "what tests need is here: nginx (it is too old) ... ignored");
  assertStringIncludes(report, "| 0 passed | 0 failed | 5 ignored");
});

Deno.test("what needs a tool that is missing fails where that is insisted on", all, async () => {
  const { code, report, lines } = await withoutNginx("metrics", { PARLEY_INSIST: "1" });
  assertEquals(code, 1);
  assertStringIncludes(lines.at(-1)!, "Tests in need of nginx fail: it is too old");
  assertStringIncludes(report, "Cannot start nginx: it is too old");
});

Deno.test("all tests run in two processes, of which one has those with a browser", () => {
  assertEquals(halvesOf(["test", "--allow-all"]), [
    ["test", "--allow-all", "--ignore=tests/browser"],
    ["test", "--allow-all", "tests/browser"],
  ]);
  for (const some of [["test", "--allow-all", "tests/hub_test.ts"], ["run", "--allow-all"]]) {
    assertEquals(halvesOf(some), [some]);
  }
});

Deno.test("what runs beside is told at the end, and any failure is one", programs, async () => {
  const run = async (...codes: number[]) => {
    const calls = codes.map((code, i) => ["eval", `console.log(${i}); Deno.exit(${code})`]);
    const script = `const { runBeside } = await import("${root}tests/prepare/halves.ts");
      Deno.exit(await runBeside(Deno.execPath(), ${JSON.stringify(calls)}, {}))`;
    const { code, stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", script] })
      .output();
    return [code, new TextDecoder().decode(stdout)];
  };
  assertEquals(await run(0, 0), [0, "0\n1\n"]);
  assertEquals(await run(0, 3), [3, "0\n1\n"]);
  assertEquals(await run(2, 0), [2, "0\n1\n"]);
});
