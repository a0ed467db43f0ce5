// Shortcuts of the whole page. Those that are single letters count only where nothing is written.

import { useEffect } from "preact/hooks";
import { openDialog, dialog } from "./dialogs/dialog.js";
import { panel, togglePanel } from "./panel.js";
import { go, route } from "./route.js";

export const COMMAND = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";

export const SHORTCUTS = [
  [`${COMMAND} K`, "Go to a room or a person"],
  ["Alt ↑ / Alt ↓", "Room above, room below"],
  [`${COMMAND} F`, "Search in this room (again: the browser's own)"],
  ["↑ in an empty field", "Edit your last message"],
  ["Escape", "Close what is open; leave editing or replying"],
  ["Enter / Shift Enter", "Send / new line"],
  ["@", "Mention somebody"],
  ["Tab to the messages, then ↑ ↓", "Move from message to message"],
  ["R · E · + · Delete · Enter", "On a message: reply, edit, react, delete, everything else"],
  ["?", "This list"],
];

export function useKeys() {
  useEffect(() => {
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

function pressed(event) {
  if (dialog.value || event.defaultPrevented) return;
  const command = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  const isWriting = event.target.closest?.("input, textarea, select");
  if (command && event.key.toLowerCase() === "k") return done(event, () => openDialog("switcher"));
  if (command && event.key.toLowerCase() === "f" && route.value.place === "room" && panel.value?.kind !== "search") return done(event, () => togglePanel("search"));
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) return done(event, () => step(event.key === "ArrowUp" ? -1 : 1));
  if (event.key === "Escape" && panel.value) return done(event, () => (panel.value = null));
  if (event.key === "?" && !isWriting) return done(event, () => openDialog("shortcuts"));
}

function done(event, act) {
  event.preventDefault();
  act();
}

function step(by) {
  const links = [...document.querySelectorAll(".sidebar [data-place]")];
  const at = links.findIndex((one) => one.getAttribute("aria-current") === "page");
  const next = links[(at + by + links.length) % links.length];
  if (next) go(next.dataset.place, next.dataset.name);
}

