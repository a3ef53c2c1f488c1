import { FlagError } from "./flags.ts";

/** Ends the program with one line; exit code 2 is a wrong call. */
export function refuse(message: string, code = 2): never {
  // deno-lint-ignore no-console
  console.error(`parley: ${message.replaceAll("\n", " ")}`);
  Deno.exit(code);
}

/** What `read` gives; where a flag is wrong the program ends. */
export function orRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FlagError) refuse(error.message);
    throw error;
  }
}
