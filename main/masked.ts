/** Who looks for something to hide looks at so many characters. */
const LONGEST = 1_000;

/** The beginning of a text, without the users and passwords of the addresses in it. */
export const masked = (text: string): string =>
  text.slice(0, LONGEST).replace(/:\/\/\S*@/g, "://…@");

/** The same in one line: what would break it, or steer a terminal, becomes a space. */
export const shown = (text: string): string => masked(text).replace(/[\p{Cc}\u2028\u2029]/gu, " ");
