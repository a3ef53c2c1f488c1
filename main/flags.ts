/**
 * Flags: a table says which there are, and both what `--help` prints and what a program is given come
 * from it. Each can be said as a variable of the environment too.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { shown } from "./masked.ts";

/** A call that cannot be obeyed: the message says what is wrong with which flag or variable. */
export class FlagError extends Error {
  override name = "FlagError";
}

/** Reads the value of a flag. @throws {FlagError} `must be …`, which follows the name of the flag */
export type Read<T> = (text: string) => T;

/** One flag: what its value is called, what it means, and what holds without it. */
export interface Flag<T> {
  value?: string;
  means: string;
  otherwise?: string;
  /** From all that was said of it to what the program is given. */
  take(texts: string[]): T;
  /** What a variable says of it, as the command line would. @default one text @throws {FlagError} */
  split?(variable: string): string[];
}

/** A flag with a value, which holds also where it is not given. */
export const flag = <T>(value: string, means: string, otherwise: string, read: Read<T>) => ({
  value,
  means,
  otherwise,
  take: (texts: string[]): T => read(texts.at(-1) ?? otherwise),
});

/** A flag that may be left out; `otherwise` says in words what holds then. */
export const optional = <T>(value: string, means: string, otherwise: string, read: Read<T>) => ({
  value,
  means,
  otherwise,
  take: (texts: string[]): T | undefined => texts.map(read).at(-1),
});

/** A flag that may be given several times; `otherwise` says in words what holds without it. */
export const repeated = <T>(value: string, means: string, otherwise: string, read: Read<T>) => ({
  value,
  means: `${means} (repeatable)`,
  otherwise,
  take: (texts: string[]): T[] => texts.map(read),
  split: (variable: string) => variable.split(",").map((text) => text.trim()),
});

/** A flag without a value. */
export const yes = (means: string) => ({
  means,
  take: (texts: string[]) => texts.length > 0,
  split(variable: string) {
    if (["1", "true"].includes(variable)) return [variable];
    if (["0", "false"].includes(variable)) return [];
    throw new FlagError(`must be 1, true, 0 or false, not "${shown(variable)}"`);
  },
});

/** Flags by name. */
// deno-lint-ignore no-explicit-any
export type Table = Record<string, Flag<any>>;
/** What a program is given. */
export type Given<T extends Table> = { [K in keyof T]: ReturnType<T[K]["take"]> };

/** What was given of all flags but those of a table. */
export const without = <T extends object, K extends Table>(given: T, table: K) =>
  Object.fromEntries(
    Object.entries(given).filter(([flag]) => !Object.hasOwn(table, flag)),
  ) as Omit<T, keyof K>;

/** With what the name of a variable begins. */
export const VARIABLE = "PARLEY_";

/** The variable that says the same as a flag. */
export const variableOf = (flag: string): string =>
  VARIABLE + flag.toUpperCase().replaceAll("-", "_");

/** What a program was called with. */
export interface Call<T extends Table> {
  given: Given<T>;
  /** What is no flag. */
  words: string[];
  /** What was called so: `--port`, or `PARLEY_PORT` where the variable said it. */
  nameOf(flag: keyof T & string): string;
}

/**
 * Reads what a program was called with. Of a flag that is given its variable does not matter.
 *
 * @param env variables by name; none of them is empty
 * @param words which there must be besides: what each is called
 * @returns nothing where `--help` was asked for
 * @throws {FlagError} in one line
 */
export function readCall<T extends Table>(
  table: T,
  args: string[],
  env: Record<string, string>,
  ...words: string[]
): Call<T> | undefined {
  const options = Object.entries(table).map(([name, { value }]) =>
    [name, { type: value ? "string" : "boolean", multiple: true }] as const
  );
  const { values: said, positionals } = parse(args.reduce(join, []), {
    ...Object.fromEntries(options),
    help: { type: "boolean", multiple: true },
  }, words.length > 0);
  if (said.help) return undefined;
  if (positionals.length !== words.length) {
    throw new FlagError(`needs ${words.join(" and ")}, and nothing else (--help lists the flags)`);
  }
  const nameOf = (flag: string) => {
    const variable = variableOf(flag);
    return said[flag] === undefined && env[variable] !== undefined ? variable : `--${flag}`;
  };
  const entries = Object.entries(table).map(([name, { take, split = alone }]) => {
    try {
      const variable = env[variableOf(name)];
      const texts = said[name]?.map(String) ?? (variable === undefined ? [] : split(variable));
      return [name, take(texts)];
    } catch (error) {
      if (!(error instanceof FlagError)) throw error;
      throw new FlagError(`${nameOf(name)} ${error.message}`);
    }
  });
  return { given: Object.fromEntries(entries), words: positionals, nameOf };
}

const alone = (variable: string) => [variable];

/** Reads what a program was called with that has no variables; as {@linkcode readCall} does. */
export const readFlags = <T extends Table>(table: T, args: string[]): Given<T> | undefined =>
  readCall(table, args, {})?.given;

type Options = Record<string, { type: "string" | "boolean"; multiple: true }>;

interface Parsed {
  values: Record<string, (string | boolean)[] | undefined>;
  positionals: string[];
}

function parse(args: string[], options: Options, allowPositionals: boolean): Parsed {
  try {
    return parseArgs({ args, options, allowPositionals });
  } catch (error) {
    const why = shown((error as Error).message);
    throw new FlagError(`${why} (--help lists the flags)`);
  }
}

/** Reads `--rate -5` as `--rate=-5`, of which can be said what is wrong with it. */
function join(args: string[], arg: string): string[] {
  const flag = args.at(-1);
  const belongs = /^-\d/.test(arg) && flag?.startsWith("--") && !flag.includes("=");
  return belongs ? [...args.slice(0, -1), `${flag}=${arg}`] : [...args, arg];
}

/** Characters of a line of help that say what a flag means. */
const WIDTH = 50;
/** Characters of a line. */
const LINE = 98;

/** What `--help` prints of the flags: each with its value, what it means and what holds without it. */
export function helpOf(table: Table): string {
  const rows: [string, Flag<unknown>][] = Object.entries({ ...table, help: yes("this text") });
  const names = rows.map(([name, { value }]) => value ? `--${name} ${value}` : `--${name}`);
  const wide = Math.max(...names.map(({ length }) => length));
  return rows.flatMap(([, { means, otherwise = "" }], row) => {
    const lines = wrap(means);
    return lines.map((line, at) => {
      const last = at === lines.length - 1 ? otherwise : "";
      return `  ${(at === 0 ? names[row]! : "").padEnd(wide)}  ${line.padEnd(WIDTH)}  ${last}`
        .trimEnd();
    });
  }).join("\n");
}

/** What `--help` prints of the variables. */
export function helpOfVariables(table: Table): string {
  const rule =
    "Each flag can also be given as a variable, where the environment may be read; a flag " +
    "wins. Several values are separated by commas; a flag without a value is 1 or 0.";
  const names = Object.keys(table).map(variableOf).join(", ");
  return [...wrap(rule, LINE), ...wrap(names, LINE - 2).map((line) => `  ${line}`)].join("\n");
}

function wrap(text: string, width = WIDTH): string[] {
  return text.split(" ").reduce<string[]>((lines, word) => {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) return [...lines, word];
    return [...lines.slice(0, -1), `${line} ${word}`];
  }, []);
}
