// A grid of emojis beside what opened it, with a field to find one by a word. Arrow keys move, Escape goes back.

import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { placeBeside } from "../../kit/place.js";
import { findEmojis } from "../emoji.js";

const COLUMNS = 8;
const open = signal(null); // {anchor, pick, back}

export function pickEmoji(anchor, pick) {
  open.value = { anchor, pick, back: document.activeElement };
}

// Once in a page.
export const EmojiPickers = () => open.value && <Picker key={open.value} {...open.value} />;

function Picker({ anchor, pick, back }) {
  const box = useRef();
  const [query, setQuery] = useState("");
  const close = () => {
    open.value = null;
    if (back?.isConnected) back.focus({ preventScroll: true });
  };
  useLayoutEffect(() => {
    placeBeside(box.current, anchor);
    box.current.querySelector("input").focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    const outside = (event) => box.current?.contains(event.target) || (open.value = null);
    addEventListener("pointerdown", outside, true);
    return () => removeEventListener("pointerdown", outside, true);
  }, []);
  const choose = (emoji) => (close(), pick(emoji));
  const found = findEmojis(query);
  const onKeyDown = (event) => {
    const cells = [...box.current.querySelectorAll("[data-emoji]")];
    const at = cells.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at < 0 ? 0 : at + COLUMNS, ArrowUp: at - COLUMNS }[event.key];
    const isInField = at < 0 && (event.key === "ArrowLeft" || event.key === "ArrowRight");
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && at < 0) found[0] && choose(found[0].emoji);
    else if (to !== undefined && !isInField) (cells[to] ?? box.current.querySelector("input")).focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu emojis" role="dialog" aria-label="Choose an emoji" ref={box} onKeyDown={onKeyDown}>
      <input class="input" placeholder="Find an emoji" aria-label="Find an emoji" value={query} onInput={(event) => setQuery(event.currentTarget.value)} />
      <div class="emoji-grid">
        {found.map(({ emoji, words }, index) => <button key={emoji + words} type="button" data-emoji={emoji} tabIndex={index ? -1 : 0} aria-label={words} title={words} onClick={() => choose(emoji)}>{emoji}</button>)}
      </div>
      {found.length === 0 && <p class="faint small" role="status">None is called that.</p>}
    </div>
  );
}
