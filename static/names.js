/**
 * What a name is: one rule, for the server, the client library and the page. It is Unicode's own
 * where there is one:
 *
 * - usernames follow the nickname profile of PRECIS ([RFC 8266](https://www.rfc-editor.org/rfc/rfc8266)):
 *   spaces, punctuation and pictures are welcome;
 * - what cannot be seen is refused, as PRECIS
 *   ([RFC 8264](https://www.rfc-editor.org/rfc/rfc8264#section-9.13)) and UTS #39 do, except where
 *   [UAX #31](https://www.unicode.org/reports/tr31/#Layout_and_Format_Control_Characters) and
 *   [UTS #51](https://www.unicode.org/reports/tr51/#Emoji_Sequences) know a use for it;
 * - names are compared as `NFKC_Casefold` compares
 *   ([Unicode, D146](https://www.unicode.org/versions/latest/core-spec/chapter-3/#G53513)).
 *
 * @module
 */

/** Most characters (code points) of a username. */
const USERNAME = 32;
/** Most characters of a room's name. */
const ROOM = 64;

/** What a username must be, to be told to who gave another. */
export const USERNAME_RULE = `it must be 1 to ${USERNAME} characters, none of them invisible, ` +
  'not begin with @, # or an accent, and not be "system"';
/** What a room's name must be. */
export const ROOM_RULE = `it must be 1 to ${ROOM} of a-z 0-9 . _ -, and not . or .. alone`;

/**
 * UTF-16 units of a name as it is given, for each character that it may have. NFKC makes many one, three
 * at most in any language that is written, and one many, 18 at most; the time it takes grows with the
 * square of a run of accents.
 */
const GIVEN = 4;

/** Nothing is drawn for them, although they count as letters and symbols. */
const BLANK = "\\u2800\\uFFFC\\u{13441}\\u{13442}\\u{1D159}";
/** There to change how others are drawn, or not to be drawn at all. */
const UNSEEN = `\\p{Default_Ignorable_Code_Point}\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}${BLANK}`;
/** An accent alone is as good as nothing: what it stands on is missing. */
const SEEN = new RegExp(`[^${UNSEEN}\\p{White_Space}\\p{M}]`, "u");
/** What is not assigned yet may be the picture of a newer version of Unicode, or nothing. */
const REFUSED = new RegExp(`[${UNSEEN}\\p{Co}]|(?!\\p{Extended_Pictographic})\\p{Cn}`, "u");
/** More than people write: UTS #39, 5.4. */
const STACKED = /[\p{Mn}\p{Me}]{5}/u;

const PICTURE = "\\p{Extended_Pictographic}";
/**
 * Scripts whose letters join, so that a non-joiner after one of them is seen (UAX #31, A1). At the end
 * of a word it is not, but Kurdish keyboards put it there.
 */
const CURSIVE = ["Arabic", "Syriac", "Mandaic", "Nko", "Mongolian", "Adlam", "Hanifi_Rohingya"]
  .map((script) => `\\p{Script=${script}}`).join("");
/** Viramas of the scripts in daily use: a joiner beside one chooses a letter's form (UAX #31, A2, B). */
const VIRAMA =
  "[\\u094D\\u09CD\\u0A4D\\u0ACD\\u0B4D\\u0BCD\\u0C4D\\u0CCD\\u0D4D\\u0DCA\\u1039\\u17D2]";
/** Invisible characters in a place where they change what is seen. */
const SHAPING = new RegExp(
  [
    `(?<=${PICTURE}[\\p{Emoji_Modifier}\\uFE0F]?)\\u200D(?=${PICTURE})`,
    `(?<=[${PICTURE}\\p{Script=Han}\\p{Script=Mongolian}])\\p{Variation_Selector}`,
    "(?<=[0-9*])\\uFE0F(?=\\u20E3)",
    `(?<=[${CURSIVE}]\\p{Mn}*)\\u200C(?=[${CURSIVE} ]|$)`,
    `(?<=${VIRAMA})(?:\\u200D|\\u200C(?=\\p{L}))`,
    `(?<=\\p{L})\\u200D(?=${VIRAMA})`,
  ].join("|"),
  "gu",
);

/** Is there something to see in a text? @param {string} text */
export function isVisible(text) {
  return SEEN.test(text);
}

/** Is there anything in a text that cannot be seen, or changes how the rest is seen? @param {string} text */
export function hidesAny(text) {
  return REFUSED.test(text.replace(SHAPING, ""));
}

/**
 * A username in its one form: trimmed, in NFKC, with single spaces.
 *
 * @param {string} given
 * @param {number} most characters (code points)
 * @returns {string | undefined} nothing where it cannot be one
 */
export function toUsername(given, most = USERNAME) {
  const trimmed = given.trim();
  if (trimmed.length > GIVEN * most) return undefined;
  const name = trimmed.normalize("NFKC").replace(/\p{Zs}+/gu, " ").trim();
  const right = [...name].length <= most && isVisible(name) &&
    !/^[@#\p{M}]/u.test(name) && !STACKED.test(name) && !hidesAny(name);
  return right && keyOf(name) !== "system" ? name : undefined;
}

/**
 * A room's name in its one form: lower case.
 *
 * @param {string} given
 * @returns {string | undefined} nothing where it cannot be one
 */
export function toRoom(given) {
  // In a URL one or two dots alone are steps, not names.
  const right = given.length <= ROOM && /^[a-z0-9._-]+$/i.test(given) && !/^\.\.?$/.test(given);
  return right ? given.toLowerCase() : undefined;
}

/**
 * A username to compare by: names that differ only in case, or in what cannot be seen, are the same
 * person.
 *
 * @param {string} username in its one form
 */
export function keyOf(username) {
  // First: what an invisible character stood between may change places.
  return fold(username.replace(/\p{Default_Ignorable_Code_Point}+/gu, "")).normalize("NFKC");
}

/**
 * A text without the difference of capitals and small letters. Both ways, as some letters have two
 * small forms (σ, ς) or a capital of two letters (ß, SS); the i of Turkish, with its dot or without,
 * is an i.
 *
 * @param {string} text
 */
export function fold(text) {
  const folded = text.toLowerCase().toUpperCase().toLowerCase();
  return folded.replaceAll("ς", "σ").replace(/(?<=i\p{M}{0,4})\u0307/gu, "");
}
