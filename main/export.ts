/**
 * `deno task export`: writes what is kept to standard output, one message a line, while a server may go
 * on keeping more.
 *
 * @module
 */
import { Store, StoreError } from "../hub/engine/sqlite/store.ts";
import { flag, helpOf, optional, readFlags, yes } from "./flags.ts";
import { orRefuse, refuse } from "./refuse.ts";
import { room, text } from "./values.ts";

const FLAGS = {
  data: flag("DIR", "directory in which messages are kept", "./data", text("a directory")),
  room: optional("NAME", "only what was said there", "all rooms", room),
  private: yes("private messages too"),
};

const HELP = `Writes the messages that a server keeps, one a line, oldest first:
deno task export > messages.ndjson

${helpOf(FLAGS)}

The server may run meanwhile: what is written is what it had kept when this began.`;

/** What to write. */
export interface ExportOptions {
  /** Only the messages of this room. */
  room?: string;
  /** Private messages too? */
  private?: boolean;
}

/**
 * The messages that are kept, oldest first, as wire JSON. A private one is kept twice, and told once; but
 * for what guests had whose names belonged to them: elsewhere, nobody could be those again.
 */
export function* exported(store: Store, options: ExportOptions): Generator<string> {
  const { room } = options;
  let last = "";
  for (const { channel, id, text } of store.all(room === undefined ? room : `#${room}`)) {
    if (channel.startsWith("@")) {
      if (!options.private || id === last || channel.startsWith("@#")) continue;
      last = id;
    }
    yield text;
  }
}

/** Writes so many characters at once, or somewhat more. */
const AT_ONCE = 64 * 1024;

/** Writes lines to standard output. @returns how many */
function print(lines: Iterable<string>): number {
  const encoder = new TextEncoder();
  let [count, text] = [0, ""];
  const write = () => {
    for (let bytes = encoder.encode(text); bytes.length > 0;) {
      bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
    }
    text = "";
  };
  for (const line of lines) {
    count++;
    text += `${line}\n`;
    if (text.length > AT_ONCE) write();
  }
  write();
  return count;
}

function main() {
  const flags = orRefuse(() => readFlags(FLAGS, Deno.args));
  // deno-lint-ignore no-console
  if (!flags) return console.log(HELP);
  if (flags.private && flags.room) refuse("--private and --room: private messages are in no room");
  try {
    using store = Store.open(flags.data, { readonly: true });
    const count = print(exported(store, flags));
    // deno-lint-ignore no-console
    console.error(`Messages exported: ${count}`);
  } catch (error) {
    const { message } = error as Error;
    refuse(error instanceof StoreError ? message : `Cannot write the export: ${message}`, 1);
  }
}

if (import.meta.main) main();
