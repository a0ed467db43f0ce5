// A moment, as how long ago it is, or how far ahead; the exact time on demand. One clock ticks for all of them.

import { signal } from "@preact/signals";
import { away } from "../numbers.js";

const TICK_MS = 5_000;
const now = signal(Date.now());
const behind = signal(0); // how far this clock is behind the server's, in milliseconds

setInterval(() => (now.value = Date.now()), TICK_MS);

// The server's clock may not be ours: what it says of now is what counts.
export function itIs(serverMs) {
  now.value = Date.now();
  behind.value = serverMs - now.value;
}

export const Ago = ({ ms, none = "–" }) =>
  ms == null ? none : <time dateTime={new Date(ms).toISOString()} title={new Date(ms).toLocaleString()}>{away(ms, now.value + behind.value)}</time>;
