/**
 * The chat page, all that it loads, and the client library. Imported as text: the server may read no
 * file.
 *
 * @module
 */
import { createHash } from "node:crypto";
import html from "../static/index.html" with { type: "text" };
import manifest from "../static/manifest.webmanifest" with { type: "text" };
import icon from "../static/icon.svg" with { type: "text" };
import icon192 from "../static/icon-192.png" with { type: "bytes" };
import icon512 from "../static/icon-512.png" with { type: "bytes" };
import iconFull from "../static/icon-full.png" with { type: "bytes" };
import chat from "../static/chat.js" with { type: "text" };
import names from "../static/names.js" with { type: "text" };
import absence from "../static/page/absence.js" with { type: "text" };
import addresses from "../static/page/addresses.js" with { type: "text" };
import ahead from "../static/page/ahead.js" with { type: "text" };
import app from "../static/page/app.js" with { type: "text" };
import archive from "../static/page/archive.js" with { type: "text" };
import attention from "../static/page/attention.js" with { type: "text" };
import authors from "../static/page/authors.js" with { type: "text" };
import banner from "../static/page/banner.js" with { type: "text" };
import baseStyle from "../static/page/base.css" with { type: "text" };
import chatStyle from "../static/page/chat.css" with { type: "text" };
import choices from "../static/page/choices.js" with { type: "text" };
import completion from "../static/page/completion.js" with { type: "text" };
import composer from "../static/page/composer.js" with { type: "text" };
import conversation from "../static/page/conversation.js" with { type: "text" };
import conversations from "../static/page/conversations.js" with { type: "text" };
import dialog from "../static/page/dialog.js" with { type: "text" };
import directory from "../static/page/directory.js" with { type: "text" };
import dom from "../static/page/dom.js" with { type: "text" };
import early from "../static/page/early.js" with { type: "text" };
import emoji from "../static/page/emoji.js" with { type: "text" };
import entry from "../static/page/entry.js" with { type: "text" };
import fallbacks from "../static/page/fallbacks.js" with { type: "text" };
import finder from "../static/page/finder.js" with { type: "text" };
import gathering from "../static/page/gathering.js" with { type: "text" };
import help from "../static/page/help.js" with { type: "text" };
import hits from "../static/page/hits.js" with { type: "text" };
import inline from "../static/page/inline.js" with { type: "text" };
import keyboard from "../static/page/keyboard.js" with { type: "text" };
import keys from "../static/page/keys.js" with { type: "text" };
import leaving from "../static/page/leaving.js" with { type: "text" };
import line from "../static/page/line.js" with { type: "text" };
import lines from "../static/page/lines.js" with { type: "text" };
import lists from "../static/page/lists.js" with { type: "text" };
import markdown from "../static/page/markdown.js" with { type: "text" };
import memory from "../static/page/memory.js" with { type: "text" };
import menu from "../static/page/menu.js" with { type: "text" };
import messagesStyle from "../static/page/messages.css" with { type: "text" };
import notices from "../static/page/notices.js" with { type: "text" };
import options from "../static/page/options.js" with { type: "text" };
import people from "../static/page/people.js" with { type: "text" };
import picker from "../static/page/picker.js" with { type: "text" };
import presence from "../static/page/presence.js" with { type: "text" };
import render from "../static/page/render.js" with { type: "text" };
import roll from "../static/page/roll.js" with { type: "text" };
import rows from "../static/page/rows.js" with { type: "text" };
import search from "../static/page/search.js" with { type: "text" };
import sender from "../static/page/sender.js" with { type: "text" };
import server from "../static/page/server.js" with { type: "text" };
import session from "../static/page/session.js" with { type: "text" };
import share from "../static/page/share.js" with { type: "text" };
import sidebar from "../static/page/sidebar.js" with { type: "text" };
import sound from "../static/page/sound.js" with { type: "text" };
import speech from "../static/page/speech.js" with { type: "text" };
import store from "../static/page/store.js" with { type: "text" };
import suggest from "../static/page/suggest.js" with { type: "text" };
import tally from "../static/page/tally.js" with { type: "text" };
import text from "../static/page/text.js" with { type: "text" };
import timeline from "../static/page/timeline.js" with { type: "text" };
import trail from "../static/page/trail.js" with { type: "text" };
import unread from "../static/page/unread.js" with { type: "text" };
import visit from "../static/page/visit.js" with { type: "text" };
import wishes from "../static/page/wishes.js" with { type: "text" };
import words from "../static/page/words.js" with { type: "text" };
import { Asset } from "./asset.ts";
import type { Context, Handler } from "./context.ts";
import { allEmoji } from "./emoji.ts";
import { join, slim } from "./modules.ts";
import { problem } from "./respond.ts";

/** The modules of the page, by path, and the script before them. */
export const modules = new Map([
  ["chat.js", chat],
  ["names.js", names],
  ["page/absence.js", absence],
  ["page/addresses.js", addresses],
  ["page/ahead.js", ahead],
  ["page/app.js", app],
  ["page/archive.js", archive],
  ["page/attention.js", attention],
  ["page/authors.js", authors],
  ["page/banner.js", banner],
  ["page/choices.js", choices],
  ["page/completion.js", completion],
  ["page/composer.js", composer],
  ["page/conversation.js", conversation],
  ["page/conversations.js", conversations],
  ["page/dialog.js", dialog],
  ["page/directory.js", directory],
  ["page/dom.js", dom],
  ["page/early.js", early],
  ["page/emoji.js", emoji],
  ["page/entry.js", entry],
  ["page/fallbacks.js", fallbacks],
  ["page/finder.js", finder],
  ["page/gathering.js", gathering],
  ["page/help.js", help],
  ["page/hits.js", hits],
  ["page/inline.js", inline],
  ["page/keyboard.js", keyboard],
  ["page/keys.js", keys],
  ["page/leaving.js", leaving],
  ["page/line.js", line],
  ["page/lines.js", lines],
  ["page/lists.js", lists],
  ["page/markdown.js", markdown],
  ["page/memory.js", memory],
  ["page/menu.js", menu],
  ["page/notices.js", notices],
  ["page/options.js", options],
  ["page/people.js", people],
  ["page/picker.js", picker],
  ["page/presence.js", presence],
  ["page/render.js", render],
  ["page/roll.js", roll],
  ["page/rows.js", rows],
  ["page/search.js", search],
  ["page/sender.js", sender],
  ["page/server.js", server],
  ["page/session.js", session],
  ["page/share.js", share],
  ["page/sidebar.js", sidebar],
  ["page/sound.js", sound],
  ["page/speech.js", speech],
  ["page/store.js", store],
  ["page/suggest.js", suggest],
  ["page/tally.js", tally],
  ["page/text.js", text],
  ["page/timeline.js", timeline],
  ["page/trail.js", trail],
  ["page/unread.js", unread],
  ["page/visit.js", visit],
  ["page/wishes.js", wishes],
  ["page/words.js", words],
]);

/** How the page looks. */
export const style = baseStyle + chatStyle + messagesStyle;

/** What the page loads, as it goes there: as little as can be, in few files. */
const files = new Map<string, string | Uint8Array<ArrayBuffer>>([
  ...join("page/app.js", new Map([...modules].map(([path, text]) => [path, slim(text)]))),
  ["page/style.css", slim(style)],
  ["page/emoji.json", allEmoji],
  ["icon.svg", icon],
  ["icon-192.png", icon192],
  ["icon-512.png", icon512],
  ["icon-full.png", iconFull],
]);

/** A name for all of them as they are: under an address with it they may be kept for ever. */
const version = [...files].reduce(
  (hash, [path, content]) => hash.update(path).update(content),
  createHash("sha256"),
).digest("base64url").slice(0, 12);

const TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  webmanifest: "application/manifest+json",
};

/** The page may load what this server gives, talk to any, and run nothing that stands in a text. */
const POLICY = "default-src 'self'; connect-src 'self' ws: wss:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Nothing else is a page. */
const NO_PAGE = "default-src 'none'";

/** For seconds: a year is for ever. */
const FOR_EVER = "public, max-age=31536000, immutable";
const A_DAY = "public, max-age=86400";

const assets = new Map([...files].map(([path, content]) => [path, asset(path, content)]));

/** Served as it is, under a path of its own. */
function asset(path: string, content: string | Uint8Array<ArrayBuffer>): Asset {
  const type = TYPES[path.split(".").at(-1)!]!;
  const policy = path.endsWith(".html") ? POLICY : NO_PAGE;
  return new Asset(content, { "content-type": type, "content-security-policy": policy });
}

/** A text in which the addresses of files are those with the version. */
const addressed = (text: string): string =>
  text.replace(
    /(?<= (?:href=|src=|"src": )")[^"]+/g,
    (path) => files.has(path) ? `v/${version}/${path}` : path,
  );

const index = asset("index.html", addressed(slim(html)));

/** The chat page. */
export const page: Handler = ({ request }) => index.answer(request);

/** A file under the version that the page has. After an update others ask for the files of before. */
async function versioned({ request, url, params }: Context): Promise<Response> {
  const asset = assets.get(params.file!);
  if (!asset) return problem(404, `There is nothing at ${url.pathname}`);
  return await asset.answer(request, params.version === version ? FOR_EVER : "no-cache");
}

function served(path: string, content: string, cache?: string): [string, Handler] {
  const one = asset(path, content);
  return [`/${path}`, ({ request }) => one.answer(request, cache)];
}

/** What the page loads, and the library for everybody, with its comments. */
export const pages: [path: string, Handler][] = [
  ["/v/:version/:file(.*)", versioned],
  served("manifest.webmanifest", addressed(manifest), A_DAY),
  served("chat.js", chat),
  served("names.js", names),
];
