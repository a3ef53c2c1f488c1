/**
 * What the server can be told of who may come in.
 *
 * @module
 */
import { LONGEST } from "../hub/access/access.ts";
import { type Algorithm, PUBLIC, SECRET } from "../routes/identity/algorithms.ts";
import { type Call, flag, FlagError, type Given, optional } from "./flags.ts";
import { age, algorithms, place, text, type Way, way, whole, word } from "./values.ts";

/** The variable with the secret. No flag says it: what a program was called with can be seen by everybody. */
export const SECRET_VARIABLE = "PARLEY_SECRET";

/** Whose tokens are taken: those who make some have to be told the same. */
export const ISSUED = {
  "auth-issuer": optional(
    "TEXT",
    "who must have issued a token (iss), with --auth",
    "anybody",
    text("a name"),
  ),
  "auth-audience": optional(
    "TEXT",
    "for whom a token must be (aud), with --auth",
    "anybody",
    text("a name"),
  ),
  "secret-file": optional(
    "FILE",
    `file with the secret, instead of ${SECRET_VARIABLE}`,
    "none",
    text("a file"),
  ),
};

/** Where the server is for which something is done. */
export const AT = flag("URL", "where the server is", "http://localhost:8080/", place);

/** The flags of the server about it. */
export const ACCESS = {
  auth: optional(
    "WAY",
    "how people prove who they are: by tokens of a provider (jwks:URL of its keys), or by tokens " +
      `that are signed with ${SECRET_VARIABLE} (secret)`,
    "not at all",
    way,
  ),
  ...ISSUED,
  "auth-leeway": optional(
    "SECONDS",
    "with --auth: by how much clocks may differ",
    "30",
    whole(0, 600),
  ),
  "auth-algorithms": optional(
    "NAMES",
    `with --auth: how tokens may be signed, with commas in between: of ${PUBLIC.join(", ")}; ` +
      `with secret ${SECRET.join(", ")}`,
    "all of them",
    algorithms,
  ),
  sessions: optional(
    "AGE",
    "with --auth: for how long people can come back without a new token (12h, 30d)",
    "not at all",
    age(LONGEST),
  ),
  guests: optional(
    "HOW",
    "those who have no token may come in (on), only read (read), or not come in (off)",
    "on, off with --auth",
    word(["on", "read", "off"] as const),
  ),
};

/** How people prove who they are. */
export interface Auth {
  way: Way;
  algorithms: readonly Algorithm[];
  issuer?: string;
  audience?: string;
  /** Seconds. */
  leeway?: number;
  /** For how long they can come back, in milliseconds. @default not at all */
  sessions?: number;
}

/** What the secret is, or where it is. */
export type SecretSource = { text: string } | {
  file: string;
  /** By what it was said. */
  name: string;
};

/** What holds of who may come in. */
export interface Entrance {
  /** Nothing where nobody can prove who they are. */
  auth: Auth | undefined;
  /** Nothing where there is none. */
  secret: SecretSource | undefined;
  guests: "on" | "read" | "off";
}

/** What is said of it. */
type Said = Given<typeof ACCESS>;

/**
 * What holds of who may come in.
 *
 * @param secret what its variable says
 * @throws {FlagError} where something means nothing by itself, or cannot be together
 */
export function readAccess({ given, nameOf }: Call<typeof ACCESS>, secret?: string): Entrance {
  const { auth: way, sessions, guests, "secret-file": file } = given;
  if (secret !== undefined && file !== undefined) {
    throw new FlagError(`${SECRET_VARIABLE} and ${nameOf("secret-file")} exclude each other`);
  }
  const source = secret !== undefined
    ? { text: secret }
    : file !== undefined
    ? { file, name: nameOf("secret-file") }
    : undefined;
  if (way === undefined) {
    refuseAlone(given, nameOf);
    return { auth: undefined, secret: source, guests: guests ?? "on" };
  }
  for (const flag of [way === "secret" && "auth", sessions && "sessions"] as const) {
    if (!flag || source) continue;
    throw new FlagError(
      `${nameOf(flag)} needs ${SECRET_VARIABLE}, which deno task start:auth may read, or ` +
        "--secret-file FILE",
    );
  }
  const auth = {
    way,
    algorithms: algorithmsOf(given, nameOf("auth-algorithms")),
    issuer: given["auth-issuer"],
    audience: given["auth-audience"],
    leeway: given["auth-leeway"],
    sessions,
  };
  return { auth, secret: source, guests: guests ?? "off" };
}

/** Refuses what means nothing where nobody can prove who they are. */
function refuseAlone(given: Said, nameOf: (flag: keyof Said) => string) {
  const needy = [
    ...["auth-issuer", "auth-audience", "auth-leeway", "auth-algorithms", "sessions"] as const,
  ];
  for (const flag of needy) {
    if (given[flag] !== undefined) throw new FlagError(`${nameOf(flag)} needs --auth WAY`);
  }
  if (given.guests !== "off") return;
  throw new FlagError(`${nameOf("guests")} off needs --auth WAY: else nobody could come in`);
}

/** Those by which tokens may be signed: of two kinds, never both. @throws {FlagError} */
function algorithmsOf({ auth, "auth-algorithms": wanted }: Said, name: string) {
  const possible: readonly Algorithm[] = auth === "secret" ? SECRET : PUBLIC;
  const wrong = wanted?.find((algorithm) => !possible.includes(algorithm));
  if (wrong === undefined) return wanted ?? possible;
  const way = auth === "secret" ? "secret" : "jwks:URL";
  throw new FlagError(`${name} must be of ${possible.join(", ")} with --auth ${way}, not ${wrong}`);
}
