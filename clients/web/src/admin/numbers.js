// Figures in words. Pure.

export const count = (value) => (value == null ? "–" : value.toLocaleString());

// 0.00004 → "40 µs"
export function lasting(seconds) {
  if (seconds == null) return "–";
  for (const [unit, size] of [["s", 1], ["ms", 1e-3]]) if (seconds >= size) return `${digits(seconds / size)} ${unit}`;
  return `${digits(seconds / 1e-6)} µs`;
}

const digits = (value) => (value >= 100 ? Math.round(value).toString() : value >= 10 ? value.toFixed(1).replace(/\.0$/, "") : value.toFixed(2).replace(/\.?0+$/, ""));

// Seconds as "3 d 4 h": the two largest units.
export function spell(seconds) {
  const units = [["d", 86_400], ["h", 3_600], ["min", 60], ["s", 1]];
  const first = Math.max(0, units.findIndex(([, size]) => seconds >= size));
  if (seconds < 1) return "0 s";
  const [[unit, size], next] = [units[first], units[first + 1]];
  const rest = next ? Math.floor((seconds % size) / next[1]) : 0;
  return `${Math.floor(seconds / size)} ${unit}${rest ? ` ${rest} ${next[0]}` : ""}`;
}

// How long ago, or ahead: "12 s ago", "in 3 min".
export function away(ms, now) {
  const seconds = (now - ms) / 1000;
  if (Math.abs(seconds) < 1) return "now";
  const words = spell(Math.abs(seconds)).split(" ").slice(0, 2).join(" ");
  return seconds > 0 ? `${words} ago` : `in ${words}`;
}

export const perSecond = (value) => (value == null ? "–" : `${value >= 10 ? Math.round(value).toLocaleString() : value.toFixed(1).replace(/\.0$/, "")}/s`);
