import { findWorking, type Found, which } from "./find.ts";
import type { Machine } from "./machine.ts";
import type { Spare, Tool } from "./tools.ts";

/** Seconds for Debian's lists, for one of its packages, and for what npm brings instead. */
const UPDATE = 90;
const INSTALL = 240;
const SPARE = 240;

/** Words for `apt-get`. What a package recommends would be more than half of all that comes. */
const APT = ["-o", "DPkg::Lock::Timeout=60", "install", "--yes", "--no-install-recommends"];

/** Finds tools that start, or brings them where this process may. */
export class Preparation {
  #machine: Machine;
  /** Debian's lists are brought up to date once: why that failed, if it did. */
  #update?: Promise<string | undefined>;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Where a tool is in the end, or everything that was in the way. */
  async ready(tool: Tool): Promise<Found> {
    const machine = this.#machine;
    let found = await findWorking(tool, machine);
    // Who says which it is wants no other.
    if ("path" in found || machine.variable(tool.variable)) return found;
    const faults: string[] = [];
    const { spare } = tool;
    const ways = [() => this.#fromDebian(tool), ...spare ? [() => this.#fromNpm(spare)] : []];
    for (const bring of ways) {
      const fault = await bring();
      // It may be there although something else failed on the way.
      found = await findWorking(tool, machine);
      if ("path" in found) return found;
      if (fault !== undefined) faults.push(fault);
    }
    return { missing: [found.missing, ...faults].join("; ") };
  }

  async #fromDebian({ debian, service }: Tool): Promise<string | undefined> {
    const machine = this.#machine;
    const [apt] = which(["apt-get"], machine);
    if (!apt) return "there is no apt-get";
    if (!machine.root) return `only root may apt-get install ${debian}`;
    if (service && machine.services) {
      return `apt-get install ${debian} would start a service, which is not for tests to do`;
    }
    machine.tell(`Installing Debian's ${debian}, which may take minutes`);
    return await machine.alone(async () => {
      const stale = await (this.#update ??= machine.run([apt, "update"], UPDATE));
      const fault = await machine.run(
        [apt, ...APT, ...debian.split(" ")],
        INSTALL,
      );
      // Without fresh lists it may still work, with those that are there.
      return fault && `apt-get ${stale ? `update: ${stale}, ` : ""}install ${debian}: ${fault}`;
    });
  }

  async #fromNpm({ title, command }: Spare): Promise<string | undefined> {
    this.#machine.tell(`Bringing ${title}, which may take minutes`);
    const fault = await this.#machine.run([this.#machine.deno, ...command], SPARE);
    return fault && `${title} cannot be brought: ${fault}`;
  }
}
