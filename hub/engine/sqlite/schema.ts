/**
 * What is in the file. Each version is made of the one before by its statements; a file says in
 * `user_version` which one it has.
 *
 * - `channels`: rooms (`#lobby`) and people's private messages (`@ann`); `lost` is the id of the newest
 *   message that was let go.
 * - `messages`: `seq` ascends in the order of what was said in all channels together; `text` is the
 *   message as wire JSON. A private message is there twice, once for each of the two.
 * - `facts`: `random`, the twelve digits that all ids of this file share; `lease`, the millisecond since
 *   the epoch up to which ids may have been given out; `indexed`, the `seq` up to which words are known.
 * - `words`: which words are in which message, by its `seq`; `channel` holds the channel's key.
 */
export const VERSIONS: readonly string[] = [
  `CREATE TABLE facts (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE channels (
     key INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     lost TEXT NOT NULL DEFAULT ''
   ) STRICT;
   CREATE TABLE messages (
     seq INTEGER PRIMARY KEY,
     channel INTEGER NOT NULL,
     id TEXT NOT NULL,
     text TEXT NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX messages_by_channel ON messages (channel, id);
   CREATE VIRTUAL TABLE words USING fts5 (
     content, channel,
     content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
   );`,
];
