// A moment, as how long ago it is, or how far ahead; the exact time on demand. One clock ticks for all of them.

import { signal } from "@preact/signals";
import { away } from "../numbers.js";

const TICK_MS = 1_000;
const now = signal(Date.now());
const behind = signal(0); // how far this clock is behind the server's, in milliseconds

setInterval(() => (now.value = Date.now()), TICK_MS);

// The server's clock may not be ours: what it says of now is what counts.
export function itIs(serverMs) {
  now.value = Date.now();
  behind.value = serverMs - now.value;
}

// `ahead`: it may lie in the future; else what seems to is now.
export function Ago({ ms, none = "–", ahead = false }) {
  if (ms == null) return none;
  const serverNow = now.value + behind.value;
  return <time dateTime={new Date(ms).toISOString()} title={new Date(ms).toLocaleString()}>{away(ahead ? ms : Math.min(ms, serverNow), serverNow)}</time>;
}
