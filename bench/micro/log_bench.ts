/** A room's log: what it costs to keep a message, and to read many of them at once. */
import { Ids } from "../../hub/log/ids.ts";
import { type Batch, type Entry, entryOf } from "../../hub/log/batch.ts";
import { Log } from "../../hub/log/log.ts";

const ids = new Ids();

function entry(): Entry {
  const content = "the quick brown fox jumps over the lazy dog and runs away";
  return entryOf({ type: "chat", username: "ann", content, ...ids.next(), room: "lobby" });
}

// Keeps the id cheaper than the message that carries it.
Deno.bench("Ids.next()", { group: "append" }, () => {
  ids.next();
});

const full = new Log({ history: 1_000 });
for (let i = 0; i < 1_000; i++) full.append(entry());

// Keeps forgetting cheap: a full log, which lets one message go for each that comes, is the rule.
Deno.bench("Log.append() × 100 to a full log", { group: "append" }, (b) => {
  const entries = Array.from({ length: 100 }, entry);
  b.start();
  for (const each of entries) full.append(each);
  b.end();
});

/** The place of a reader who has read everything up to an id. */
const at = (id: string) => ({ after: id, heard: id });

/** What a reader is given who has read everything up to an id; all of it is held. */
const text = (id: string) => (log.read(at(id)) as Batch).text;

const log = new Log();
const places = Array.from({ length: 8 }, () => ids.next().id);
for (let i = 0; i < 40; i++) log.append(entry());

// Keeps the sharing: whoever reads at the same place as others gets the text they had joined.
Deno.bench("Log.read() of 40 messages, as one of many", { group: "read", baseline: true }, () => {
  text(places[0]!);
});

let turn = 0;

// Keeps replay fast: readers at places of their own pay for finding, cutting and joining.
Deno.bench("Log.read() of 40 messages, alone at its place", { group: "read" }, () => {
  text(places[turn++ % places.length]!);
});
