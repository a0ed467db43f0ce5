// Arrow keys among messages: one of them is in the tab order, the others are a step away.

export function moveFocus(event) {
  const row = event.target.closest("article");
  if (!row || event.target !== row || event.altKey || event.ctrlKey || event.metaKey) return;
  const rows = [...event.currentTarget.querySelectorAll("article")];
  const at = rows.indexOf(row);
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1, PageUp: Math.max(0, at - 8), PageDown: Math.min(rows.length - 1, at + 8) }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  if (to >= rows.length) return document.getElementById("composer")?.focus();
  rows[to]?.focus({ preventScroll: true });
  rows[to]?.scrollIntoView({ block: "nearest" });
}
