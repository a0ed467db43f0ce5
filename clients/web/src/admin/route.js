// Where in the inspector we are, as the address says it: #/rooms, #/rooms/<kind>/<name>/<tab>, #/sockets, #/users, #/users/<user>, #/server.

import { signal } from "@preact/signals";

export const route = signal(read());

addEventListener("hashchange", () => (route.value = read()));

export const hrefOf = (...parts) => `#/${parts.filter((part) => part !== undefined).map(encodeURIComponent).join("/")}`;

export function go(...parts) {
  location.hash = hrefOf(...parts);
}

// The room's address in the REST interface.
export const roomPath = (kind, name) => `/rooms/${encodeURIComponent(kind)}/${encodeURIComponent(name)}`;

function read() {
  try {
    const parts = location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
    return parts.length ? parts : ["rooms"];
  } catch {
    return ["rooms"]; // an address that was cut
  }
}
