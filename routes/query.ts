/** A parameter of a query as what it means; undefined where it is not given. */
export function optional<T>(value: string | null, parse: (value: string) => T): T | undefined {
  return value === null ? undefined : parse(value);
}
