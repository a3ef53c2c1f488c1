/**
 * What is in the file. Each version is made of the one before by its statements; a file says in
 * `user_version` which one it has.
 *
 * - `channels`: rooms (`#lobby`) and people's private messages (`@ann`); `lost` is the id of the newest
 *   message that was let go, `kept` how many of those up to `counted` there are. Where none is there,
 *   `empty` is 1.
 * - `messages`: `seq` ascends in the order of what was said in all channels together, as ids do. None is
 *   given twice: they go on above `indexed` and `counted` too, when the newest message is gone. `text` is
 *   the message as wire JSON. A private message is there twice, once for each of the two. What takes
 *   something back is there like a message: `takes` is the id of that one, or an empty text where it is
 *   all before. A room that is cleared goes on under a new key; what was there is called `~` and the old
 *   key, is found by nobody, and goes a little at a time.
 * - `facts`: `random`, the twelve digits that all ids of this file share; `lease`, the millisecond since
 *   the epoch up to which ids may have been given out; `indexed`, the `seq` up to which words are known;
 *   `counted`, the one up to which messages are counted; `floor`, the greatest `lost` of channels that
 *   are not there any more: nobody knows of which.
 * - `words`: which terms are in which message, by its `seq`. The terms of a volume are marked with its
 *   `first`, so that a search looks at nothing of other channels; behind the head of each, so that those
 *   of a volume that is gone are not all in one place, to be merged at once. Merging is done when there
 *   is time, a little at a time.
 * - `volumes`: some ten thousand messages of one channel, one after the other: the `seq` and the id of the
 *   first, and how many they are. What is in them may have been taken back since.
 * - `shared`: what the hub has agreed on, as of `Facts`: each by its name, and until when it holds.
 */
export const VERSIONS: readonly string[] = [
  `CREATE TABLE facts (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE channels (
     key INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     lost TEXT NOT NULL DEFAULT '',
     kept INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   CREATE INDEX channels_by_kept ON channels (kept);
   CREATE TABLE messages (
     seq INTEGER PRIMARY KEY,
     channel INTEGER NOT NULL,
     id TEXT NOT NULL,
     text TEXT NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX messages_by_channel ON messages (channel, id);
   CREATE TABLE volumes (
     channel INTEGER NOT NULL,
     first INTEGER NOT NULL,
     messages INTEGER NOT NULL,
     PRIMARY KEY (channel, first)
   ) STRICT, WITHOUT ROWID;
   CREATE VIRTUAL TABLE words USING fts5 (
     terms, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars ':'"
   );
   INSERT INTO words (words, rank) VALUES ('automerge', 0), ('crisismerge', 1000);`,
  `ALTER TABLE channels ADD COLUMN empty INTEGER NOT NULL DEFAULT 0;
   UPDATE channels SET empty = 1 WHERE NOT EXISTS (SELECT 1 FROM messages WHERE channel = key);
   CREATE INDEX channels_empty ON channels (lost) WHERE empty;`,
  `ALTER TABLE messages ADD COLUMN takes TEXT;
   CREATE INDEX messages_taken ON messages (channel, takes) WHERE takes IS NOT NULL;
   ALTER TABLE volumes ADD COLUMN id TEXT NOT NULL DEFAULT '';
   UPDATE volumes SET id = coalesce((SELECT id FROM messages WHERE seq = first), '');
   CREATE TABLE shared (
     name TEXT PRIMARY KEY,
     value TEXT NOT NULL,
     until INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX shared_by_until ON shared (until) WHERE until IS NOT NULL;`,
];
