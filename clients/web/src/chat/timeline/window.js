// Which of many messages are in the page: a window of at most SHOWN_MAX that moves as one scrolls, so that thousands stay fast. Pure.
//
// A window is {top, bottom}: the seq of its first and last message; a null bottom follows the end, a null top the bottom.

export const PAGE = 60;
export const SHOWN_MAX = 200;

export const PRESENT = { top: null, bottom: null };

// [from, to) in `messages`, ascending by seq; those on their way have none and stand at the end.
export function bounds(messages, { top, bottom }) {
  const to = bottom === null ? messages.length : firstAfter(messages, bottom);
  const from = top === null ? Math.max(0, to - PAGE) : firstAfter(messages, top - 1);
  return [Math.min(from, to), to];
}

export function extendedUp(messages, window) {
  const [from, to] = bounds(messages, window);
  if (from === 0) return window;
  return between(messages, Math.max(0, from - PAGE), to, "up");
}

export function extendedDown(messages, window) {
  const [from, to] = bounds(messages, window);
  if (to === messages.length) return window;
  return between(messages, from, Math.min(messages.length, to + PAGE), "down");
}

// What is shown now, held at its top: for when one scrolls away from the end.
export const heldAt = (messages, window) => (window.top === null ? between(messages, ...bounds(messages, window), "up") : window);

// What is shown now, held at both ends: for when messages are about to be put behind the last one.
export const fixed = (messages, window) => ({ ...heldAt(messages, window), bottom: messages[bounds(messages, window)[1] - 1]?.seq ?? null });

export function around(messages, id) {
  const at = messages.findIndex((one) => one.id === id);
  return at < 0 ? null : between(messages, Math.max(0, at - PAGE / 2), Math.min(messages.length, at + PAGE / 2), "down");
}

function between(messages, from, to, direction) {
  const [first, end] = to - from <= SHOWN_MAX ? [from, to] : direction === "up" ? [from, from + SHOWN_MAX] : [to - SHOWN_MAX, to];
  return { top: messages[first]?.seq ?? null, bottom: end < messages.length ? messages[end - 1].seq : null };
}

function firstAfter(messages, seq) {
  let [low, high] = [0, messages.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((messages[middle].seq ?? Infinity) <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
