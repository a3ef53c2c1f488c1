import { format } from "./statistics.ts";

/** One bar of a chart. */
export interface Bar {
  label: string;
  value: number;
  /** Is it one that the chart is about? */
  ours: boolean;
  /** Printed behind the value. */
  note: string;
}

/** Bars under a title; each panel has a scale of its own. */
export interface Panel {
  title: string;
  bars: Bar[];
}

const WIDTH = 860;
const LABEL = 190;
const BAR = 440;
const ROW = 26;
const TITLE = 40;

// An image in a README is dark where its reader is, without anything around it to inherit from.
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 }
  .note { fill: #b35900 }
  .peer { fill: #a8b1bb }
  .ours { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .note { fill: #e3964a }
    .peer { fill: #57606a }
    .ours { fill: #4493f8 }
  }`;

/** Horizontal bars as an SVG image that adapts to light and dark. */
export function chart(panels: Panel[]): string {
  const parts: string[] = [];
  let y = 0;
  for (const { title, bars } of panels) {
    parts.push(`<text class="title" x="8" y="${y + 26}">${escape(title)}</text>`);
    y += TITLE;
    const most = Math.max(...bars.map(({ value }) => value), 1);
    for (const { label, value, ours, note } of bars) {
      const width = Math.max(1, value / most * BAR).toFixed(1);
      const figure = `${format(value, 0)}/s`;
      parts.push(
        `<text x="${LABEL - 8}" y="${y + 15}" text-anchor="end">${escape(label)}</text>`,
        `<rect class="${ours ? "ours" : "peer"}" x="${LABEL}" y="${y + 2}" width="${width}" ` +
          `height="${ROW - 8}" rx="2"/>`,
        `<text x="${LABEL + Number(width) + 8}" y="${y + 15}">${figure}` +
          `${note && ` <tspan class="note">${escape(note)}</tspan>`}</text>`,
      );
      y += ROW;
    }
  }
  const name = "Deliveries per second, each workload on a scale of its own";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 12}" role="img" ` +
    `aria-label="${name}">`,
    `<title>${name}</title>`,
    `<style>${STYLE}</style>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
