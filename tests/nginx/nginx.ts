/**
 * nginx, as `docs/operations.md` configures it.
 *
 * @module
 */
import { root } from "../program.ts";
import { within } from "../support.ts";

/** nginx in front of a server, until it is disposed of. */
export class Nginx implements AsyncDisposable {
  /** `HOST:PORT` */
  readonly host: string;
  #folder: string;
  #child: Deno.ChildProcess;
  #said: Promise<string>;

  private constructor(host: string, folder: string, child: Deno.ChildProcess) {
    this.host = host;
    this.#folder = folder;
    this.#child = child;
    this.#said = new Response(child.stderr).text();
  }

  /**
   * Starts it on a free port of the loopback device.
   *
   * @param path the program
   * @param server `HOST:PORT` of the server behind it
   * @param configure what it is to do, for its own `HOST:PORT` and that of the server; as documented
   * @throws {Error} when it ends instead of listening, with what it said
   */
  static async start(path: string, server: string, configure = documented): Promise<Nginx> {
    const folder = await Deno.makeTempDir({ prefix: "nginx-" });
    const host = freeHost();
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${folder}/${name};`);
    const config = [
      `daemon off; master_process off; pid ${folder}/pid; error_log stderr;`,
      "worker_rlimit_nofile 10000; events { worker_connections 8000; }",
      `http { access_log off; ${temporary.join(" ")}`,
      await configure(host, server),
      "}",
    ];
    await Deno.writeTextFile(`${folder}/nginx.conf`, config.join("\n"));
    const args = ["-p", folder, "-c", `${folder}/nginx.conf`];
    const child = new Deno.Command(path, { args, stdout: "null", stderr: "piped" }).spawn();
    const nginx = new Nginx(host, folder, child);
    try {
      await within(nginx.#listening(), "nginx");
    } catch (error) {
      await nginx[Symbol.asyncDispose]();
      throw new Error(`Cannot start nginx: ${await nginx.#said}`, { cause: error });
    }
    return nginx;
  }

  async [Symbol.asyncDispose]() {
    try {
      this.#child.kill();
    } catch {
      // It has ended.
    }
    await within(this.#said, "the end of nginx");
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #listening() {
    const ended = this.#child.status.then(() => true);
    const soon = () => new Promise<false>((resolve) => setTimeout(resolve, 20, false));
    while (!await connects(this.host)) {
      if (await Promise.race([ended, soon()])) throw new Error("it has ended");
    }
  }
}

/** The document's configuration, without TLS and with other addresses. */
async function documented(host: string, server: string): Promise<string> {
  const text = await Deno.readTextFile(new URL("docs/operations.md", root));
  const [, block] = text.match(/^```nginx\n(.*?)^```$/ms)!;
  const changes: [RegExp, string][] = [
    [/listen 443 ssl;/, `listen ${host};`],
    [/^ *ssl_certificate.*\n/gm, ""],
    [/127\.0\.0\.1:8080/g, server],
  ];
  return changes.reduce((config, [pattern, instead]) => {
    if (config.search(pattern) < 0) throw new Error(`Cannot adapt the document: no ${pattern}`);
    return config.replace(pattern, instead);
  }, block!);
}

function freeHost(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `127.0.0.1:${listener.addr.port}`;
}

async function connects(host: string): Promise<boolean> {
  const [hostname, port] = host.split(":");
  try {
    (await Deno.connect({ hostname, port: Number(port) })).close();
    return true;
  } catch {
    return false;
  }
}
