// What stands on the right: null, or {kind: "members" | "search" | "pins" | "thread", …}. On a phone it lies over the messages.

import { signal } from "@preact/signals";

export const panel = signal(null);

export const togglePanel = (kind) => (panel.value = panel.value?.kind === kind ? null : { kind });
