// Where in the page we are, as the address says it: #/r/<room>, #/u/<user>, #/join/<code>, or nowhere.

import { signal } from "@preact/signals";

const PLACES = { r: "room", u: "user", join: "join" };

export const route = signal(read());

addEventListener("hashchange", () => (route.value = read()));

export function go(place, name, { replace = false } = {}) {
  const hash = place ? `#/${Object.keys(PLACES).find((key) => PLACES[key] === place)}/${encodeURIComponent(name)}` : "#/";
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  route.value = read();
}

export const linkTo = (room) => `${location.origin}/#/join/${encodeURIComponent(room)}`;

function read() {
  const [, place, name] = location.hash.match(/^#\/(\w+)\/(.+)$/) ?? [null, "r", location.hash.slice(1).replace(/^\/+/, "")];
  try {
    return name && PLACES[place] ? { place: PLACES[place], name: decodeURIComponent(name) } : { place: null };
  } catch {
    return { place: null }; // an address that is no name
  }
}
