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
import absence from "../static/page/model/absence.js" with { type: "text" };
import acts from "../static/page/model/acts.js" with { type: "text" };
import addresses from "../static/page/text/addresses.js" with { type: "text" };
import ahead from "../static/page/keys/ahead.js" with { type: "text" };
import app from "../static/page/app.js" with { type: "text" };
import archive from "../static/page/model/archive.js" with { type: "text" };
import attention from "../static/page/attention/attention.js" with { type: "text" };
import authors from "../static/page/messages/authors.js" with { type: "text" };
import beside from "../static/page/beside.js" with { type: "text" };
import banner from "../static/page/messages/banner.js" with { type: "text" };
import baseStyle from "../static/page/style/base.css" with { type: "text" };
import chatStyle from "../static/page/style/chat.css" with { type: "text" };
import choices from "../static/page/dialogs/choices.js" with { type: "text" };
import completion from "../static/page/messages/completion.js" with { type: "text" };
import composer from "../static/page/messages/composer.js" with { type: "text" };
import conversation from "../static/page/model/conversation.js" with { type: "text" };
import conversations from "../static/page/model/conversations.js" with { type: "text" };
import dialog from "../static/page/dialogs/dialog.js" with { type: "text" };
import directory from "../static/page/panels/directory.js" with { type: "text" };
import dom from "../static/page/dom.js" with { type: "text" };
import early from "../static/page/early.js" with { type: "text" };
import emoji from "../static/page/messages/emoji.js" with { type: "text" };
import entry from "../static/page/entry.js" with { type: "text" };
import fallbacks from "../static/page/fallbacks.js" with { type: "text" };
import finder from "../static/page/dialogs/finder.js" with { type: "text" };
import form from "../static/page/moderation/form.js" with { type: "text" };
import found from "../static/page/dialogs/found.js" with { type: "text" };
import gathering from "../static/page/attention/gathering.js" with { type: "text" };
import help from "../static/page/dialogs/help.js" with { type: "text" };
import hits from "../static/page/dialogs/hits.js" with { type: "text" };
import inline from "../static/page/text/inline.js" with { type: "text" };
import jump from "../static/page/dialogs/jump.js" with { type: "text" };
import keyboard from "../static/page/keys/keyboard.js" with { type: "text" };
import keys from "../static/page/keys/keys.js" with { type: "text" };
import later from "../static/page/later.js" with { type: "text" };
import leaving from "../static/page/dialogs/leaving.js" with { type: "text" };
import line from "../static/page/messages/line.js" with { type: "text" };
import kept from "../static/page/model/kept.js" with { type: "text" };
import lines from "../static/page/model/lines.js" with { type: "text" };
import lists from "../static/page/text/lists.js" with { type: "text" };
import lookup from "../static/page/dialogs/lookup.js" with { type: "text" };
import markdown from "../static/page/text/markdown.js" with { type: "text" };
import matching from "../static/page/panels/matching.js" with { type: "text" };
import measures from "../static/page/moderation/measures.js" with { type: "text" };
import memory from "../static/page/memory.js" with { type: "text" };
import mend from "../static/page/model/mend.js" with { type: "text" };
import menu from "../static/page/panels/menu.js" with { type: "text" };
import messageMenu from "../static/page/moderation/message_menu.js" with { type: "text" };
import messagesStyle from "../static/page/style/messages.css" with { type: "text" };
import moderation from "../static/page/moderation/moderation.js" with { type: "text" };
import notices from "../static/page/attention/notices.js" with { type: "text" };
import options from "../static/page/dialogs/options.js" with { type: "text" };
import orders from "../static/page/moderation/orders.js" with { type: "text" };
import pass from "../static/page/pass.js" with { type: "text" };
import people from "../static/page/panels/people.js" with { type: "text" };
import picker from "../static/page/dialogs/picker.js" with { type: "text" };
import presence from "../static/page/model/presence.js" with { type: "text" };
import render from "../static/page/text/render.js" with { type: "text" };
import roll from "../static/page/panels/roll.js" with { type: "text" };
import roomDialog from "../static/page/moderation/room_dialog.js" with { type: "text" };
import rows from "../static/page/messages/rows.js" with { type: "text" };
import search from "../static/page/dialogs/search.js" with { type: "text" };
import sender from "../static/page/model/sender.js" with { type: "text" };
import server from "../static/page/server.js" with { type: "text" };
import session from "../static/page/model/session.js" with { type: "text" };
import share from "../static/page/dialogs/share.js" with { type: "text" };
import shown from "../static/page/model/shown.js" with { type: "text" };
import sidebar from "../static/page/panels/sidebar.js" with { type: "text" };
import sound from "../static/page/attention/sound.js" with { type: "text" };
import speech from "../static/page/attention/speech.js" with { type: "text" };
import store from "../static/page/model/store.js" with { type: "text" };
import suggest from "../static/page/messages/suggest.js" with { type: "text" };
import tally from "../static/page/attention/tally.js" with { type: "text" };
import text from "../static/page/text/text.js" with { type: "text" };
import timeline from "../static/page/messages/timeline.js" with { type: "text" };
import trail from "../static/page/trail.js" with { type: "text" };
import unread from "../static/page/model/unread.js" with { type: "text" };
import visit from "../static/page/visit.js" with { type: "text" };
import wishes from "../static/page/attention/wishes.js" with { type: "text" };
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
  ["page/model/absence.js", absence],
  ["page/model/acts.js", acts],
  ["page/text/addresses.js", addresses],
  ["page/keys/ahead.js", ahead],
  ["page/app.js", app],
  ["page/model/archive.js", archive],
  ["page/attention/attention.js", attention],
  ["page/messages/authors.js", authors],
  ["page/beside.js", beside],
  ["page/messages/banner.js", banner],
  ["page/dialogs/choices.js", choices],
  ["page/messages/completion.js", completion],
  ["page/messages/composer.js", composer],
  ["page/model/conversation.js", conversation],
  ["page/model/conversations.js", conversations],
  ["page/dialogs/dialog.js", dialog],
  ["page/panels/directory.js", directory],
  ["page/dom.js", dom],
  ["page/early.js", early],
  ["page/messages/emoji.js", emoji],
  ["page/entry.js", entry],
  ["page/fallbacks.js", fallbacks],
  ["page/dialogs/finder.js", finder],
  ["page/moderation/form.js", form],
  ["page/dialogs/found.js", found],
  ["page/attention/gathering.js", gathering],
  ["page/dialogs/help.js", help],
  ["page/dialogs/hits.js", hits],
  ["page/text/inline.js", inline],
  ["page/dialogs/jump.js", jump],
  ["page/model/kept.js", kept],
  ["page/keys/keyboard.js", keyboard],
  ["page/keys/keys.js", keys],
  ["page/later.js", later],
  ["page/dialogs/leaving.js", leaving],
  ["page/messages/line.js", line],
  ["page/model/lines.js", lines],
  ["page/text/lists.js", lists],
  ["page/dialogs/lookup.js", lookup],
  ["page/text/markdown.js", markdown],
  ["page/panels/matching.js", matching],
  ["page/moderation/measures.js", measures],
  ["page/memory.js", memory],
  ["page/model/mend.js", mend],
  ["page/panels/menu.js", menu],
  ["page/moderation/message_menu.js", messageMenu],
  ["page/moderation/moderation.js", moderation],
  ["page/attention/notices.js", notices],
  ["page/dialogs/options.js", options],
  ["page/moderation/orders.js", orders],
  ["page/pass.js", pass],
  ["page/panels/people.js", people],
  ["page/dialogs/picker.js", picker],
  ["page/model/presence.js", presence],
  ["page/text/render.js", render],
  ["page/panels/roll.js", roll],
  ["page/moderation/room_dialog.js", roomDialog],
  ["page/messages/rows.js", rows],
  ["page/dialogs/search.js", search],
  ["page/model/sender.js", sender],
  ["page/server.js", server],
  ["page/model/session.js", session],
  ["page/dialogs/share.js", share],
  ["page/model/shown.js", shown],
  ["page/panels/sidebar.js", sidebar],
  ["page/attention/sound.js", sound],
  ["page/attention/speech.js", speech],
  ["page/model/store.js", store],
  ["page/messages/suggest.js", suggest],
  ["page/attention/tally.js", tally],
  ["page/text/text.js", text],
  ["page/messages/timeline.js", timeline],
  ["page/trail.js", trail],
  ["page/model/unread.js", unread],
  ["page/visit.js", visit],
  ["page/attention/wishes.js", wishes],
  ["page/words.js", words],
]);

/** How the page looks. */
export const style = baseStyle + chatStyle + messagesStyle;

/** What the page loads, as it goes there: as little as can be, in few files. */
const files = new Map<string, string | Uint8Array<ArrayBuffer>>([
  ...join("page/app.js", new Map([...modules].map(([path, text]) => [path, slim(text)]))),
  ["page/style.css", slim(style)],
  ["page/messages/emoji.json", allEmoji],
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

/** The chat page, for what guests may do. It says so where that is not all. */
function indexFor(guests: "on" | "read" | "off"): Asset {
  const text = addressed(slim(html));
  const told = guests === "on" ? text : text.replace("<html", `<html data-guests="${guests}"`);
  return asset("index.html", told);
}

const indexes = { on: indexFor("on"), read: indexFor("read"), off: indexFor("off") };

/** The chat page. */
export const page: Handler = ({ request, hub }) =>
  indexes[hub.access.policy.guests].answer(request);

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
