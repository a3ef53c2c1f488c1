/// <reference lib="dom" />
/**
 * What a moderator finds on the page besides. Loaded for those who may moderate.
 *
 * @module
 */
import { find, h } from "../dom.js";
import { MEASURES, Measures } from "./measures.js";
import { MessageMenu } from "./message_menu.js";
import { RoomDialog } from "./room_dialog.js";

/** In the menu of a person what can be done about them, at each message a menu, and a button for the room. */
export class Moderation {
  /**
   * @param {import("../model/session.js").Session} session
   * @param {import("../panels/menu.js").Menu | undefined} menu of a person; nothing where it could not be loaded
   * @param {AbortSignal} signal ends it
   */
  constructor(session, menu, signal) {
    const measures = new Measures(session, signal);
    const isOther = (/** @type {DOMStringMap} */ { person = "" }) => !session.isMe(person);
    const isMessage = (/** @type {DOMStringMap} */ { message }) => message !== undefined;
    menu?.add("Delete this message…", isMessage, ({ person = "", message = "" }) => {
      measures.askToRemove(session.current.name, message, person);
    });
    for (const [measure, [item]] of Object.entries(MEASURES)) {
      menu?.add(item, isOther, ({ person = "" }) => {
        measures.ask(/** @type {keyof typeof MEASURES} */ (measure), person);
      });
    }
    if (menu) new MessageMenu(session, signal);
    const room = new RoomDialog(session, signal);
    const button = h("button", {
      ...{ type: "button", id: "manage", class: "plain", "aria-haspopup": "dialog" },
      ...{ "aria-label": "Manage this room", title: "Manage this room" },
    }, "⚙\uFE0E");
    button.addEventListener("click", () => room.open());
    find("share").after(button);
    const turn = () => button.hidden = session.current.kind === "person";
    session.addEventListener("change", turn, { signal });
    turn();
    signal.addEventListener("abort", () => button.remove());
  }
}
