/** What is wrong with the data, in one line that says what to do about it. */
export class StoreError extends Error {
  override name = "StoreError";
}

/** The file is not what was written to it. */
export class DamageError extends StoreError {}

/** What to do about a damaged file. */
const REPAIR =
  "restore a backup, or start with --repair, which moves it aside and begins a new one";

/** Why something failed and what to do about it, by what SQLite or the system said. */
const CAUSES: [RegExp, string][] = [
  [/disk is full|os error (28|122)\b/, "the disk is full: make room"],
  [/is locked/, "another process uses it: end that one, or wait for its end"],
  [/disk I\/O error|os error 5\b/, "the disk fails: look into the log of the system"],
  [
    /os error (1|13|30)\b|unable to open|readonly/,
    "the system does not let this user read and write it: give it to them, or name another directory",
  ],
];

/**
 * Makes one clear line of what SQLite, the runtime or the system said.
 *
 * @param action what cannot be done: a verb
 * @param path the directory or file of which it cannot be done
 */
export function fault(action: string, path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { message } = error as Error;
  const line = (why: string) => `Cannot ${action} ${path}: ${why}`;
  if (/malformed|not a database|vtable constructor failed/.test(message)) {
    return new DamageError(line(`it is damaged (${message}): ${REPAIR}`), { cause: error });
  }
  const flags = (action === "read" ? ["read"] : ["read", "write"]).map((right) =>
    `--allow-${right}=${path}`
  );
  const why = error instanceof Deno.errors.NotCapable
    ? `this process may not: start it by deno run ${flags.join(" ")}`
    : CAUSES.find(([said]) => said.test(message))?.[1] ?? message;
  return new StoreError(line(why), { cause: error });
}
