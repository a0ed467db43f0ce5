// Where somebody lands who came to no place in particular: where they were last in this browser, else in the lobby if they may
// enter it, else in the first room that their sign-in names. On a phone who has been somewhere begins at the list.

import { effect } from "@preact/signals";
import { kept } from "../kit/kept.js";
import { isPlain, LOBBY, mayEnter } from "./places.js";
import { go, route } from "./route.js";
import { me } from "./session.js";

let landed = null; // who has

effect(() => {
  const user = me.value?.user ?? null;
  const { place, name } = route.value;
  if (user && place === null && landed !== user) land(user);
  else if (user && (place === "room" || place === "user")) kept.set(`last.${user}`, { place, name });
  landed = user;
});

function land(user) {
  const last = kept.get(`last.${user}`);
  const room = mayEnter(LOBBY) ? LOBBY : me.value.rooms.find(isPlain);
  const { place, name } = last ?? { place: "room", name: room };
  const isListEnough = last && kept.get(`rooms.${user}`)?.length && matchMedia("(max-width: 44rem)").matches;
  if (name && !isListEnough) queueMicrotask(() => go(place, name, { replace: true }));
}
