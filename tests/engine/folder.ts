/** A directory for a store, until it is disposed of. */
export class Folder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "parley-" });

  /** Where the store is; nothing is there yet. */
  get data(): string {
    return `${this.path}/data`;
  }

  /** Names of the store's files. */
  names(): string[] {
    return [...Deno.readDirSync(this.data)].map(({ name }) => name).sort();
  }

  /** Bytes of what SQLite has there. */
  bytes(): number {
    const names = this.names().filter((name) => name.startsWith("parley.db"));
    return names.reduce((sum, name) => sum + Deno.statSync(`${this.data}/${name}`).size, 0);
  }

  /** What is in the store's files. */
  contents(): Map<string, Uint8Array> {
    return new Map(
      this.names().map((name) => [name, Deno.readFileSync(`${this.data}/${name}`)]),
    );
  }

  /** Files that this process has open, where the system tells (Linux). */
  held(): string[] {
    if (Deno.build.os !== "linux") return [];
    return [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/self/fd/${name}`);
      } catch {
        // That was the descriptor of the list.
        return [];
      }
    }).filter((path) => path.startsWith(this.path));
  }

  [Symbol.dispose]() {
    Deno.removeSync(this.path, { recursive: true });
  }
}
