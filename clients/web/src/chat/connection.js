// The one client of the page, and what of it is shown: signals that change when something of a room did.

import { batch, signal } from "@preact/signals";
import { RoomsClient } from "../../../js/rooms.js";

export const client = signal(null);
export const link = signal({ state: "idle" }); // "connecting" | "open" | "waiting" | "closed"; isLost: it was open before
export const stats = signal({});
export const online = signal(new Set());
export const conversations = signal([]);

const WATCHED = ["messages", "pending", "users", "typing", "about", "reads", "state"];
let changes = new WeakMap(); // a room or conversation → a signal for each of WATCHED

// Signals whose values mean nothing, but that they change: `watch(room).messages.value` in a component draws it anew.
export function watch(talk) {
  let found = changes.get(talk);
  if (!found) {
    found = Object.fromEntries(WATCHED.map((what) => [what, signal(0)]));
    changes.set(talk, found);
  }
  return found;
}

export function connect(who, { onSignedOut }) {
  const made = new RoomsClient("");
  const isCurrent = () => client.value === made;
  made.on("state", ({ state, error }) => {
    if (!isCurrent()) return;
    link.value = { state, error, isLost: state === "waiting" || (state === "connecting" && link.value.isLost) };
    if (state === "closed" && (error?.code === "token_refused" || error?.closeCode === 4401)) onSignedOut("You were signed out.");
  });
  made.on("change", ({ room, conversation, what }) => changed(room ?? conversation, what));
  made.on("stats", (data) => (stats.value = data));
  made.on("hello", (data) => (stats.value = data.stats ?? stats.value));
  for (const type of ["hello", "online", "offline"]) made.on(type, () => (online.value = new Set(made.online.keys())));
  made.on("conversations", () => (conversations.value = [...made.conversations.values()]));
  client.value = made;
  made.connect().catch(() => {}); // `state` has told
}

export function disconnect() {
  const made = client.value;
  client.value = null;
  [link.value, stats.value, conversations.value, online.value] = [{ state: "idle" }, {}, [], new Set()];
  changes = new WeakMap();
  made?.close().catch(() => {});
}

// A thousand messages may come in a moment: what changed is drawn once a frame, and now and then where nobody looks.
const HIDDEN_MS = 250;
const waiting = new Map(); // a room or conversation → what changed of it

function changed(talk, whats) {
  if (!waiting.size) document.hidden ? setTimeout(draw, HIDDEN_MS) : requestAnimationFrame(draw);
  if (!waiting.has(talk)) waiting.set(talk, new Set());
  for (const what of whats) waiting.get(talk).add(what);
}

function draw() {
  const drawn = [...waiting];
  waiting.clear();
  batch(() => {
    for (const [talk, whats] of drawn) for (const what of whats) if (watch(talk)[what]) watch(talk)[what].value++;
  });
}
