// A menu beside what opened it: arrow keys, Home and End, first letters; Escape and a click elsewhere close it, and focus goes back.
//
//   <MenuButton icon={Ellipsis} label="More" items={() => [{ label, icon, run, danger, disabled, checked } | "line" | { heading }]} />
//
// `openMenu(anchor, items)` does the same for any element, or for a point { x, y }.

import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon, IconButton } from "./Icon.jsx";
import { placeBeside } from "./place.js";

const open = signal(null); // { anchor, items, label, back }

export function openMenu(anchor, items, label = "Actions") {
  open.value = { anchor, items: items.filter(Boolean), label, back: document.activeElement };
}

export function MenuButton({ items, label, ...rest }) {
  return (
    <IconButton
      label={label}
      aria-haspopup="menu"
      aria-expanded={open.value?.anchor?.dataset?.menu === label ? "true" : "false"}
      data-menu={label}
      onClick={(event) => (event.stopPropagation(), openMenu(event.currentTarget, items(), label))}
      {...rest}
    />
  );
}

// Once in a page, at its end.
export function Menus() {
  const shown = open.value;
  return shown && <Menu key={shown} {...shown} />;
}

function Menu({ anchor, items, label, back }) {
  const box = useRef();
  const entries = () => [...box.current.querySelectorAll('[role^="menuitem"]:not(:disabled)')];
  const close = (refocus = true) => {
    open.value = null;
    if (refocus && back?.isConnected) back.focus({ preventScroll: true });
  };
  useLayoutEffect(() => {
    placeBeside(box.current, anchor);
    entries()[0]?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    const outside = (event) => box.current?.contains(event.target) || close(false);
    const away = () => close(false);
    addEventListener("pointerdown", outside, true);
    addEventListener("resize", away);
    return () => (removeEventListener("pointerdown", outside, true), removeEventListener("resize", away));
  }, []);
  const move = (event) => {
    const all = entries();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) all[to]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else if (event.key.length === 1) all.find((entry, index) => index > at && startsWith(entry, event.key))?.focus();
    if (to !== undefined || event.key === "Escape" || event.key === "Tab") (event.preventDefault(), event.stopPropagation());
  };
  return (
    <div class="menu" role="menu" aria-label={label} ref={box} onKeyDown={move}>
      {items.map((item, index) => entry(item, index, close))}
    </div>
  );
}

function entry(item, index, close) {
  if (item === "line") return <hr key={index} role="separator" />;
  if (item.heading) return <div key={index} class="heading" role="presentation" dir="auto">{item.heading}</div>;
  const role = item.checked === undefined ? "menuitem" : "menuitemradio";
  return (
    <button key={index} type="button" role={role} aria-checked={item.checked} tabIndex={-1} class={item.danger ? "danger" : ""} disabled={item.disabled} onClick={() => (close(), item.run())}>
      {item.icon && <Icon of={item.icon} />}
      <span class="grow">{item.label}</span>
      {item.checked && <span aria-hidden="true">✓</span>}
      {item.hint && <span class="faint small">{item.hint}</span>}
    </button>
  );
}

const startsWith = (entry, letter) => entry.textContent.trim().toLowerCase().startsWith(letter.toLowerCase());
