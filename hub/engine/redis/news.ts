import { type Entry, entryOfText } from "../../log/batch.ts";

/** What was published in a channel at once. */
export interface News {
  /** The newest id of before; an empty text where there was none. */
  prev: string;
  /** The newest id. */
  last: string;
  /** The newest id that is not kept any more, or an empty text. */
  lost: string;
  /** How many notices there have been that are missed where they are not told. */
  notices: number;
  /** Are these no new ones, but messages that were lost, and given back? */
  restored: boolean;
  /** Characters of all of it. */
  length: number;
  /** What it is, oldest first; made when asked for. */
  entries(): Entry[];
}

/** Reads what `say.lua` and `mend.lua` publish: a line about it, and then one for each entry. */
export function readNews(text: string): News {
  const end = text.indexOf("\n");
  const [prev, last, lost, notices, restored] = text.slice(0, end).split(" ") as [
    string,
    string,
    string,
    string,
    string?,
  ];
  const entries = () => text.slice(end + 1).split("\n").map(entryOfLine);
  return {
    ...{ prev, last, lost, notices: Number(notices), entries },
    ...{ restored: restored !== undefined, length: text.length },
  };
}

/** An entry as a line: its id, and its text. */
export function entryOfLine(line: string): Entry {
  const text = line.slice(26);
  const { type, username = "", re } = JSON.parse(text);
  return entryOfText(text, { id: line.slice(0, 26), type, username, re });
}

/** A message as its text alone, in which its id is. */
export function entryOfMessage(text: string): Entry {
  const { id, type, username = "", re } = JSON.parse(text);
  return entryOfText(text, { id, type, username, re });
}
