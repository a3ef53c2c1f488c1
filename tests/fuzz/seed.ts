/** The variable that repeats what a test has tried by chance. */
const VARIABLE = "PARLEY_SEED";

/** The seed of a run: that of the variable, where it is there and may be read, or any. */
export function seedOf(): number {
  const granted =
    Deno.permissions.querySync({ name: "env", variable: VARIABLE }).state === "granted";
  const given = granted ? Deno.env.get(VARIABLE) : undefined;
  return given ? Number(given) : crypto.getRandomValues(new Uint32Array(1))[0]!;
}
