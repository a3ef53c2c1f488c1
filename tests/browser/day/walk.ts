/// <reference lib="dom" />
/**
 * How a reader goes through a whole conversation, to be run in the page.
 *
 * @module
 */

/** What stands between the first line of a conversation and the last. */
export interface Row {
  order: string;
  kind: "said" | "pending" | "failed" | "gap" | "other";
  text: string;
}

/** All that is shown of a conversation, from its start to its end. */
export interface Scroll {
  rows: Row[];
  /** What is said before the first line; or empty. */
  start: string;
  /** What is wrong with the way the lines came; or empty. */
  fault: string;
}

/** Scrolls to the start of the conversation on screen, and from there to its end. */
export async function walk(): Promise<Scroll> {
  /** Milliseconds for either way. */
  const patience = 60_000;
  const find = (id: string) => document.getElementById(id)!;
  const [timeline, list, newer] = [find("timeline"), find("lines"), find("newer")];
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

  const kindOf = ({ classList }: Element): Row["kind"] => {
    if (classList.contains("gap")) return "gap";
    if (!classList.contains("message")) return "other";
    if (classList.contains("pending")) return "pending";
    return classList.contains("failed") ? "failed" : "said";
  };
  const rowsNow = () =>
    [...list.querySelectorAll<HTMLElement>(":scope > [data-order]")].map((row): Row => ({
      order: row.dataset.order!,
      kind: kindOf(row),
      text: (row.querySelector(".bubble") ?? row).textContent!,
    }));
  const startNow = () => {
    const first = list.querySelector<HTMLElement>(":scope > .notice:first-child");
    return first?.dataset.order === undefined ? first?.textContent ?? "" : "";
  };
  /** Who reads asks again for what could not be had before. */
  const retry = (act: string) =>
    list.querySelector<HTMLElement>(`:scope > .notice [data-act="${act}"]`)?.click();
  const told = () => `${startNow()} ${rowsNow().map(({ order }) => order).join()}`;

  await frame();
  // At the start nothing more comes, for a while.
  const isPrivate = document.querySelector("#directs [aria-current]") !== null;
  let still = 0;
  let before = "";
  const upEnd = performance.now() + patience;
  while (still < (startNow() || isPrivate ? 3 : 300)) {
    if (performance.now() > upEnd) return { rows: rowsNow(), start: "", fault: "no start" };
    // To where it is already, nothing scrolls.
    timeline.scrollTop = 1;
    timeline.scrollTop = 0;
    retry("earlier");
    await frame();
    const now = told();
    still = now === before && timeline.scrollTop === 0 ? still + 1 : 0;
    before = now;
  }

  const start = startNow();
  const rows = rowsNow();
  const downEnd = performance.now() + patience;
  const rest = () => timeline.scrollHeight - timeline.clientHeight - timeline.scrollTop;
  for (let still = 0; still < 3;) {
    if (performance.now() > downEnd) return { rows, start, fault: "no end" };
    timeline.scrollTop = timeline.scrollHeight;
    retry("later");
    await frame();
    const now = rowsNow();
    const seen = new Set(rows.map(({ order }) => order));
    const first = now.findIndex(({ order }) => !seen.has(order));
    if (first === 0 && rows.length > 0) return { rows, start, fault: "the view jumped" };
    if (first >= 0) rows.push(...now.slice(first));
    still = first < 0 && newer.hidden && rest() < 2 ? still + 1 : 0;
  }
  return { rows, start, fault: "" };
}
