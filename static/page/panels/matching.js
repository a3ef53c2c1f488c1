/**
 * Finding people by a part of their names. Knows nothing of the page.
 *
 * @module
 */
import { fold } from "../../names.js";

/**
 * Those of some names in which a text is found, whatever the case and the accents.
 *
 * @param {readonly string[]} names
 * @param {string} text
 * @param {(name: string) => string} [shown] what else somebody is found by
 */
export function matching(names, text, shown = () => "") {
  const wanted = plain(text.trim());
  if (wanted === "") return names;
  return names.filter((name) => plain(`${name}\n${shown(name)}`).includes(wanted));
}

/** @param {string} text */
const plain = (text) => fold(text.normalize("NFKD").replace(/[\u0300-\u036f]+/g, ""));
