// What was written and is not stored yet when the page goes: said again when it is back, under its cid, so once in effect.
// The browser's session storage is this tab's alone: it outlives a reload and a tab that is put to sleep, not one that is closed.

import { effect } from "@preact/signals";
import { client } from "./connection.js";
import { enter } from "./places.js";
import { me } from "./session.js";

const KEY = "rooms.unsent";

const underWay = (talk) => talk.pending.filter(({ state }) => state === "sending");
const plain = ({ cid, message, reply_to, mentions, files, meta }) => ({ cid, message, reply_to, mentions, files, meta });

function keep() {
  const made = client.value;
  const rooms = [...(made?.rooms.values() ?? [])].flatMap((room) => underWay(room).map((entry) => ({ room: room.name, ...plain(entry) })));
  const letters = [...(made?.conversations.values() ?? [])].flatMap((talk) => underWay(talk).map((entry) => ({ to: talk.user, ...plain(entry) })));
  const unsent = [...rooms, ...letters];
  try {
    if (unsent.length) sessionStorage.setItem(KEY, JSON.stringify({ user: me.value?.user, unsent }));
    else sessionStorage.removeItem(KEY);
  } catch {
    // forbidden, or more than fits: gone with the page
  }
}

function take() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    sessionStorage.removeItem(KEY);
    return kept?.user === me.value?.user ? kept.unsent : [];
  } catch {
    return [];
  }
}

function sayAgain() {
  if (!client.value) return;
  for (const { room, to, message, ...rest } of take()) {
    if (room) enter(room).catch(() => {}); // the message stands in the room, with what the server says against it
    const talk = room ? client.value.room(room) : client.value.private(to);
    talk.send(message, rest).catch(() => {});
  }
}

addEventListener("pagehide", keep);
document.addEventListener("visibilitychange", () => document.hidden && keep());

let saidBy = null;
effect(() => {
  if (client.value && client.value !== saidBy) queueMicrotask(sayAgain);
  saidBy = client.value;
});
