// Names, numbers and times in words. Pure.

export function initials(name) {
  const words = name.replace(/^guest-/, "").trim().split(/[\s._-]+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)].map((word) => [...word][0]) : [...(words[0] ?? "?")].slice(0, 2);
  return letters.join("").toLocaleUpperCase();
}

export function hueOf(text) {
  let sum = 7;
  for (const character of text) sum = (sum * 31 + character.codePointAt(0)) >>> 0;
  return sum % 8;
}

export const plural = (count, one, many = `${one}s`) => `${count.toLocaleString()} ${count === 1 ? one : many}`;

export function listed(names, most = 3) {
  if (names.length > most) return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} others`;
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : (names[0] ?? "");
}

export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const power = Math.min(4, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${["B", "kB", "MB", "GB", "TB"][power]}`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "long" });
const dayOfAnyYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export const clockTime = (time) => clock.format(new Date(time));
export const fullTime = (time) => full.format(new Date(time));
export const dayKey = (time) => new Date(time).toDateString();

export function dayName(time, now = new Date()) {
  const date = new Date(time);
  const days = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days > 1 && days < 7) return weekday.format(date);
  return (date.getFullYear() === now.getFullYear() ? dayOfYear : dayOfAnyYear).format(date);
}

// For lists: the time today, the day before that.
export const shortTime = (time, now = new Date()) => (dayKey(time) === now.toDateString() ? clockTime(time) : shortDay.format(new Date(time)));

export function duration(seconds) {
  if (seconds == null) return "for good";
  for (const [unit, length] of [["day", 86_400], ["hour", 3_600], ["minute", 60]]) {
    if (seconds >= length) return `for ${plural(Math.round(seconds / length), unit)}`;
  }
  return `for ${plural(Math.max(1, Math.round(seconds)), "second")}`;
}

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
