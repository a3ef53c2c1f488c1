/**
 * What the environment says. Only what may be read is looked at: nobody is asked for a permission, and
 * where there is none, or `--ignore-env` hides everything, it is as if nothing were said.
 *
 * @module
 */

/** Those of some variables that are there and not empty, by name. */
export function environment(names: string[]): Record<string, string> {
  const said = names.filter((variable) => allows({ name: "env", variable }))
    .map((name) => [name, Deno.env.get(name) ?? ""]);
  return Object.fromEntries(said.filter(([, text]) => text !== ""));
}

/** Names of all variables that begin with some text; none where they may not be listed. */
export function variables(beginning: string): string[] {
  if (!allows({ name: "env" })) return [];
  return Object.keys(Deno.env.toObject()).filter((name) => name.startsWith(beginning)).sort();
}

function allows(permission: Deno.EnvPermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
