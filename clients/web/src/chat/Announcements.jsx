// What screen readers are told besides what has the focus: one line at a time, politely.

import { signal } from "@preact/signals";

const line = signal("");

export function announce(text) {
  line.value = line.value === text ? `${text}\u00a0` : text; // the same again is said again
}

export const Announcements = () => <div class="sr" role="status" aria-live="polite" data-announcements>{line.value}</div>;
