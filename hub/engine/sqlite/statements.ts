import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Prepares statements, each under its name. */
export function prepare<Name extends string>(
  db: DatabaseSync,
  statements: Record<Name, string>,
): Record<Name, StatementSync> {
  const prepared = Object.entries<string>(statements).map(([name, sql]) => [name, db.prepare(sql)]);
  return Object.fromEntries(prepared);
}
