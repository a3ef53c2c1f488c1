import { find } from "./find.ts";
import { ThisMachine } from "./machine.ts";
import type { Tool } from "./tools.ts";

/** What a test that needs a tool asks about it. */
export interface Need {
  /** Is the test ignored, because it lacks a permission, or the tool? */
  ignore: boolean;
  /** Why there is none, if so. */
  missing?: string;
  /** Where the tool is. @throws {Error} when there is none */
  path: () => string;
}

const PERMISSIONS = ["read", "write", "net", "run", "env", "sys"] as const;

/** Does a tool that is missing make the tests fail that need it? */
export const insisted = (): boolean => Deno.env.get("PARLEY_INSIST") === "1";

/** Does this process have every permission that such a test needs? */
export const permitted = (): boolean =>
  PERMISSIONS.every((name) => Deno.permissions.querySync({ name }).state === "granted");

/** Looks for a tool that tests need; see `deno task test` for what brings it. */
export async function need(tool: Tool): Promise<Need> {
  const found = permitted()
    ? await find(tool, new ThisMachine())
    : { missing: "a test without permissions may not look for it" };
  if ("path" in found) return { ignore: false, path: () => found.path };
  const { missing } = found;
  return {
    ignore: !permitted() || !insisted(),
    missing,
    path: () => {
      throw new Error(`Cannot start ${tool.title}: ${missing}`);
    },
  };
}
