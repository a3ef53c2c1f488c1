import { gemoji } from "gemoji";

/** All emoji that have a name on GitHub: each with its names, and words that it is about. */
export const allEmoji: string = JSON.stringify(
  gemoji.map(({ emoji, names, tags }) => [
    emoji,
    names.join(" "),
    tags.map((tag) => tag.replaceAll(" ", "_")).join(" "),
  ]),
);
