import { assertEquals } from "@std/assert";
import { beside, isComposing, wishOf } from "../../static/page/keys/keyboard.js";

/** A press, written as on the key: `Ctrl+Shift+F`. */
function press(keys: string, more: Partial<KeyboardEvent> = {}): KeyboardEvent {
  const parts = keys === "+" ? ["+"] : keys.split("+");
  const held = (name: string) => parts.slice(0, -1).includes(name);
  const event = {
    key: parts.at(-1),
    code: "",
    keyCode: 0,
    isComposing: false,
    altKey: held("Alt"),
    ctrlKey: held("Ctrl"),
    metaKey: held("Meta"),
    shiftKey: held("Shift"),
    getModifierState: held,
    ...more,
  };
  return event as KeyboardEvent;
}

Deno.test("page: a key asks for the same from everywhere, or only where it has no other use", () => {
  // What it asks for in the message box, in another field, and elsewhere.
  const presses: [string, string?, string?, string?][] = [
    ["Ctrl+k", "finder", "finder", "finder"],
    ["Ctrl+K", "finder", "finder", "finder"],
    ["Ctrl+Shift+K"],
    ["Ctrl+Alt+k"],
    ["Ctrl+Meta+k"],
    ["Meta+k"],
    ["Ctrl+Shift+F", "search", "search", "search"],
    ["Ctrl+f"],
    ["Ctrl+/", "help", "help", "help"],
    ["Ctrl+Shift+/", "help", "help", "help"],
    ["Ctrl+c"],
    ["Alt+ArrowUp", "previous", undefined, "previous"],
    ["Alt+ArrowDown", "next", undefined, "next"],
    ["Alt+Shift+ArrowUp", "previous unread", undefined, "previous unread"],
    ["Alt+Shift+ArrowDown", "next unread", undefined, "next unread"],
    ["Ctrl+Alt+ArrowUp"],
    ["Alt+Meta+ArrowUp"],
    ["ArrowUp"],
    ["Escape", "newest", "newest", "newest"],
    ["Shift+Escape"],
    ["Ctrl+Escape"],
    ["Alt+Escape"],
    ["Meta+Escape"],
    ["PageUp", "page up"],
    ["PageDown", "page down"],
    ["Shift+PageUp"],
    ["?", undefined, undefined, "help"],
    ["Shift+?", undefined, undefined, "help"],
    ["a", undefined, undefined, "write"],
    ["Shift+A", undefined, undefined, "write"],
    ["/", undefined, undefined, "write"],
    ["ж", undefined, undefined, "write"],
    ["😀", undefined, undefined, "write"],
    ["Alt+a"],
    ["Meta+a"],
    ["Ctrl+Alt+a"],
    ["Ctrl+Alt+AltGraph+@", undefined, undefined, "write"],
    ["AltGraph+€", undefined, undefined, "write"],
    ["Meta+AltGraph+€"],
    [" "],
    ["Enter"],
    ["Tab"],
    ["Dead"],
    ["constructor"],
  ];
  for (const [keys, ...wishes] of presses) {
    (["box", "field", "page"] as const).forEach((place, index) => {
      assertEquals(
        wishOf(press(keys), { mac: false, place }),
        wishes[index] as never,
        keys + place,
      );
    });
  }
});

Deno.test("page: on a Mac ⌘ takes the part of Ctrl, and Option writes", () => {
  const presses: [string, string | undefined][] = [
    ["Meta+k", "finder"],
    ["Ctrl+k", undefined],
    ["Ctrl+Meta+k", undefined],
    ["Meta+Shift+f", "search"],
    ["Meta+/", "help"],
    ["Alt+å", "write"],
    ["Ctrl+Alt+å", undefined],
    ["Alt+ArrowUp", "previous"],
  ];
  for (const [keys, wish] of presses) {
    assertEquals(wishOf(press(keys), { mac: true, place: "page" }), wish as never, keys);
  }
});

Deno.test("page: a letter is found on keyboards of other alphabets, and where Latin ones moved it", () => {
  const wish = (keys: string, code: string) =>
    wishOf(press(keys, { code }), { mac: false, place: "box" });
  assertEquals(wish("Ctrl+л", "KeyK"), "finder");
  assertEquals(wish("Ctrl+Shift+А", "KeyF"), "search");
  assertEquals(wish("Ctrl+t", "KeyK"), undefined);
  assertEquals(wish("Ctrl+k", "KeyV"), "finder");
});

Deno.test("page: keys of an input method ask for nothing", () => {
  const own = [{ isComposing: true }, { keyCode: 229 }];
  for (const event of own) {
    assertEquals(isComposing(press("Enter", event)), true);
    assertEquals(wishOf(press("Escape", event), { mac: false, place: "box" }), undefined);
  }
  assertEquals(isComposing(press("Enter", { keyCode: 13 })), false);
});

Deno.test("page: beside the last is the first, and back; unwanted ones are passed over", () => {
  const items = ["a", "b", "c", "d"];
  assertEquals(beside(items, "a", 1), "b");
  assertEquals(beside(items, "d", 1), "a");
  assertEquals(beside(items, "a", -1), "d");
  assertEquals(beside(items, "c", -1), "b");
  assertEquals(beside(items, "a", -1, (item) => item === "b"), "b");
  assertEquals(beside(items, "b", 1, (item) => item === "b"), undefined);
  assertEquals(beside(["a"], "a", 1), undefined);
});
