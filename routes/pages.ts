import { eTag, ifNoneMatch } from "@std/http/etag";
import html from "../static/index.html" with { type: "text" };
import chat from "../static/chat.js" with { type: "text" };
import names from "../static/names.js" with { type: "text" };
import app from "../static/page/app.js" with { type: "text" };
import attention from "../static/page/attention.js" with { type: "text" };
import banner from "../static/page/banner.js" with { type: "text" };
import baseStyle from "../static/page/base.css" with { type: "text" };
import chatStyle from "../static/page/chat.css" with { type: "text" };
import composer from "../static/page/composer.js" with { type: "text" };
import conversation from "../static/page/conversation.js" with { type: "text" };
import conversations from "../static/page/conversations.js" with { type: "text" };
import dom from "../static/page/dom.js" with { type: "text" };
import line from "../static/page/line.js" with { type: "text" };
import memory from "../static/page/memory.js" with { type: "text" };
import messagesStyle from "../static/page/messages.css" with { type: "text" };
import server from "../static/page/server.js" with { type: "text" };
import session from "../static/page/session.js" with { type: "text" };
import sidebar from "../static/page/sidebar.js" with { type: "text" };
import text from "../static/page/text.js" with { type: "text" };
import archive from "../static/page/archive.js" with { type: "text" };
import lines from "../static/page/lines.js" with { type: "text" };
import presence from "../static/page/presence.js" with { type: "text" };
import rows from "../static/page/rows.js" with { type: "text" };
import store from "../static/page/store.js" with { type: "text" };
import theme from "../static/page/theme.js" with { type: "text" };
import timeline from "../static/page/timeline.js" with { type: "text" };
import type { Context, Handler } from "./context.ts";
import { shortHeader } from "./respond.ts";

const HTML = "text/html; charset=utf-8";
const CSS = "text/css; charset=utf-8";
const JS = "text/javascript; charset=utf-8";

/** The page may load what this server gives, talk to any, and run nothing that stands in a text. */
const POLICY = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The chat page. */
export const page = file(html, HTML);

/** What the page needs, by path. Imported as text: the server may read no file. */
export const assets: [path: string, Handler][] = [
  ["/chat.js", file(chat, JS)],
  ["/names.js", file(names, JS)],
  ["/page/app.js", file(app, JS)],
  ["/page/attention.js", file(attention, JS)],
  ["/page/banner.js", file(banner, JS)],
  ["/page/base.css", file(baseStyle, CSS)],
  ["/page/chat.css", file(chatStyle, CSS)],
  ["/page/composer.js", file(composer, JS)],
  ["/page/conversation.js", file(conversation, JS)],
  ["/page/conversations.js", file(conversations, JS)],
  ["/page/dom.js", file(dom, JS)],
  ["/page/line.js", file(line, JS)],
  ["/page/memory.js", file(memory, JS)],
  ["/page/messages.css", file(messagesStyle, CSS)],
  ["/page/server.js", file(server, JS)],
  ["/page/session.js", file(session, JS)],
  ["/page/sidebar.js", file(sidebar, JS)],
  ["/page/text.js", file(text, JS)],
  ["/page/archive.js", file(archive, JS)],
  ["/page/lines.js", file(lines, JS)],
  ["/page/presence.js", file(presence, JS)],
  ["/page/rows.js", file(rows, JS)],
  ["/page/store.js", file(store, JS)],
  ["/page/theme.js", file(theme, JS)],
  ["/page/timeline.js", file(timeline, JS)],
];

function file(text: string, type: string): Handler {
  const tag = eTag(text);
  return async ({ request }: Context) => {
    const etag = await tag;
    const fresh = !ifNoneMatch(shortHeader(request, "if-none-match"), etag);
    return new Response(fresh ? null : text, {
      status: fresh ? 304 : 200,
      headers: {
        "content-type": type,
        "cache-control": "no-cache",
        "content-security-policy": POLICY,
        etag,
      },
    });
  };
}
