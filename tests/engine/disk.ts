import { fileURLToPath } from "node:url";
import { need } from "../prepare/need.ts";
import { compiler } from "../prepare/tools.ts";

const cc = await need(compiler);

/** Options of tests that need such a disk. */
export const disks = { ignore: cc.ignore || Deno.build.os !== "linux" };

/** How a disk is. */
export interface DiskOptions {
  /** Milliseconds that each sync takes. */
  delay?: number;
  /** Directory that gets what is synced: what there would be after a power cut. */
  left?: string;
  /** Draws what gets there although it was not synced; 0: nothing. @default 0 */
  seed?: number;
  /** Can it be broken? */
  faults?: boolean;
}

/**
 * Makes disks on which programs run that this process starts (Linux, and it takes a C compiler).
 *
 * @example A server whose disk takes 20 ms for each sync
 * ```ts ignore
 * using disks = await Disks.make();
 * const env = disks.env("/tmp/data", { delay: 20 });
 * new Deno.Command(Deno.execPath(), { args: ["task", "start:durable"], env }).spawn();
 * ```
 */
export class Disks implements Disposable {
  #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws {Error} there is no compiler */
  static async make(): Promise<Disks> {
    const disks = new Disks(await Deno.makeTempDir({ prefix: "parley-disk-" }));
    const source = fileURLToPath(new URL("disk.c", import.meta.url));
    const args = ["-O2", "-shared", "-fPIC", "-o", disks.#library, source];
    const { success, stderr } = await new Deno.Command(cc.path(), { args }).output();
    if (!success) throw new Error(`Cannot compile ${source}: ${new TextDecoder().decode(stderr)}`);
    return disks;
  }

  get #library(): string {
    return `${this.#folder}/disk.so`;
  }

  /** Variables for a program whose files in a directory (which exists) are on such a disk. */
  env(directory: string, options: DiskOptions = {}): Record<string, string> {
    const { delay = 0, left, seed = 0, faults = false } = options;
    return {
      LD_PRELOAD: this.#library,
      PARLEY_DISK: Deno.realPathSync(directory),
      PARLEY_DISK_DELAY: `${delay}`,
      PARLEY_DISK_SEED: `${seed}`,
      ...faults ? { PARLEY_DISK_FAULTS: this.#folder } : {},
      ...left === undefined ? {} : { PARLEY_DISK_LEFT: left },
    };
  }

  /** From now on, nothing can be written (`full`), or it is lost by syncs that fail (`sync`). */
  break(how: "full" | "sync") {
    Deno.writeTextFileSync(`${this.#folder}/${how}`, "");
  }

  /** Ends that. */
  mend(how: "full" | "sync") {
    Deno.removeSync(`${this.#folder}/${how}`);
  }

  [Symbol.dispose]() {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}
