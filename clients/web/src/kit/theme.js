// Light or dark: the system's choice unless the user made one, which is kept in this browser.

import { signal } from "@preact/signals";
import { kept } from "./kept.js";

export const theme = signal(kept.get("theme") ?? "system"); // "system" | "light" | "dark"

theme.subscribe((value) => {
  if (value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
  kept.set("theme", value === "system" ? null : value);
});
