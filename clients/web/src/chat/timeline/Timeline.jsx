// The messages of a room: loads earlier ones as one scrolls up, stays where one reads, follows the end when one is there.

import { ArrowDown } from "lucide";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Icon } from "../../kit/Icon.jsx";
import { toast } from "../../kit/Toasts.jsx";
import { plural } from "../../kit/words.js";
import { announce } from "../Announcements.jsx";
import { watch } from "../connection.js";
import { past, Past } from "../past.js";
import { me } from "../session.js";
import { Beginning } from "./Beginning.jsx";
import { jump } from "./jump.js";
import { moveFocus } from "./roving.js";
import { keyOf, Rows } from "./Rows.jsx";
import { around, bounds, extendedDown, extendedUp, fixed, heldAt, PRESENT } from "./window.js";

const NEAR_PX = 700; // so far from an edge the next page is fetched
const END_PX = 48; // so near the end one is "at the end"
const END = "end";

export function Timeline({ talk, isRoom, title, source }) {
  const watched = watch(talk);
  void [watched.messages.value, watched.pending.value, watched.state.value, source.revision?.value];
  const all = source.timeline;
  const scroller = useRef();
  const anchor = useRef(source.held ?? END); // END, or {key, offset}: the message that must not move
  const [window_, setWindow] = useState(() => (source.held && around(source.timeline, source.held.id)) ?? PRESENT);
  const [atEnd, setAtEnd] = useState(!source.held);
  const unreadFrom = useUnreadMarker(talk, all.length > 0 || talk.epoch !== null);
  const [from, to] = bounds(all, window_);
  const leaving = useRef(false);
  const now = useRef();
  now.current = { all, window_, source, atEnd };

  const settled = useRef(0); // where the scroll position was put last
  const restore = () => {
    hold(scroller.current, anchor.current);
    settled.current = scroller.current?.scrollTop ?? 0;
  };
  useLayoutEffect(restore);
  useEffect(() => {
    const observer = new ResizeObserver(restore); // pictures that come, a field that grows
    observer.observe(scroller.current);
    observer.observe(scroller.current.firstElementChild);
    return () => observer.disconnect();
  }, []);

  const more = async (direction) => {
    const { all, window_, source } = now.current;
    const extended = direction === "up" ? extendedUp : extendedDown;
    const held = heldAt(all, window_);
    const next = extended(all, held);
    if (next !== held) return setWindow(next);
    if (!(direction === "up" ? source.hasEarlier : source.hasLater)) return;
    setWindow(direction === "up" ? held : fixed(all, held));
    const found = await source[direction === "up" ? "earlier" : "later"]().catch((error) => void toast(error.message, { problem: true }));
    if (source === talk && found?.length === 0 && talk.hasEarlier) return leaveForPast(); // no more is kept of the present
    setWindow((window_) => extended(now.current.source.timeline, window_));
    onScroll(); // one page may not be enough to fill the window
  };
  // What lies before all that is kept of the present is shown as a window of its own.
  const leaveForPast = async () => {
    const { key } = anchor.current;
    const { id, seq } = now.current.all.find((one) => keyOf(one) === key) ?? {};
    if (!id || leaving.current) return;
    leaving.current = true;
    const found = await new Past(talk).open(seq).catch((error) => void toast(error.message, { problem: true }));
    leaving.current = false;
    if (!found || anchor.current === END || !scroller.current) return found?.close();
    found.held = { ...anchor.current, id };
    past.value = found;
  };
  const onScroll = useFrame(() => {
    const box = scroller.current;
    if (!box) return;
    if (anchor.current === END && box.scrollTop >= settled.current) restore(); // what is around it has changed: nobody has scrolled up
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    const isAtEnd = below < END_PX && now.current.window_.bottom === null && !now.current.source.hasLater;
    anchor.current = isAtEnd ? END : seen(box);
    if (isAtEnd && now.current.source !== talk) return toEnd(); // the past has met the present
    if (isAtEnd !== now.current.atEnd) {
      setAtEnd(isAtEnd);
      setWindow(isAtEnd ? PRESENT : heldAt(now.current.all, now.current.window_));
    }
    if (box.scrollTop < NEAR_PX) more("up");
    if (below < NEAR_PX && !isAtEnd) more("down");
  });
  useEffect(() => void onScroll(), [all.length > 0]); // a page that does not fill the window

  const toEnd = () => {
    past.value?.close();
    past.value = null;
    anchor.current = END;
    setAtEnd(true);
    setWindow(PRESENT);
    restore();
  };
  useJump(source, scroller, anchor, setWindow, setAtEnd);
  useReading(talk, atEnd && source === talk);
  useAnnouncing(talk);
  const newBelow = useNewBelow(talk, atEnd && source === talk);

  return (
    <div class="timeline">
      <div class="scroller" ref={scroller} onScroll={onScroll}>
        <div class="messages" role="log" aria-live="off" aria-label={`Messages in ${title}`} onKeyDown={moveFocus}>
          {from === 0 && !source.hasEarlier ? <Beginning title={title} isRoom={isRoom} isEmpty={all.length === 0} talk={talk} /> : <div class="loading" aria-hidden="true"><span class="spinner" /></div>}
          <Rows talk={talk} isRoom={isRoom} messages={all.slice(from, to)} before={all[from - 1]} unreadFrom={unreadFrom} />
        </div>
      </div>
      {!atEnd && (
        <button class="to-end" onClick={toEnd}>
          <Icon of={ArrowDown} size={16} /> {source !== talk ? "Back to the present" : newBelow ? plural(newBelow, "new message") : "Newest"}
        </button>
      )}
    </div>
  );
}

// Put the scroll position so that what one reads stays where it is.
function hold(box, anchor) {
  if (!box) return;
  if (anchor === END) box.scrollTop = box.scrollHeight;
  else {
    const row = box.querySelector(`[data-key="${CSS.escape(anchor.key)}"]`);
    if (row) box.scrollTop = row.offsetTop - anchor.offset;
  }
}

function seen(box) {
  for (const row of box.querySelectorAll("[data-key]")) {
    if (row.offsetTop + row.offsetHeight > box.scrollTop) return { key: row.dataset.key, offset: row.offsetTop - box.scrollTop };
  }
  return END;
}

// Once a frame at most.
function useFrame(act) {
  const pending = useRef(0);
  const latest = useRef();
  latest.current = act;
  useEffect(() => () => cancelAnimationFrame(pending.current), []);
  return useMemo(() => () => {
    cancelAnimationFrame(pending.current);
    pending.current = requestAnimationFrame(() => latest.current());
  }, []);
}

// Where "New" stands: what was unread when one came. It stays there while one is in the room.
function useUnreadMarker(talk, isLoaded) {
  const [from, setFrom] = useState(null);
  useLayoutEffect(() => { // before it is read
    if (isLoaded && from === null) setFrom(talk.unread > 0 ? talk.lastRead : Infinity);
  }, [isLoaded]);
  return from ?? Infinity;
}

// Tell the room how far was read: when its end is in sight of somebody who looks, also if they leave at once.
function useReading(talk, isAtEnd) {
  const watched = watch(talk);
  const head = `${talk.head}:${watched.messages.value}`;
  useLayoutEffect(() => {
    const read = () => {
      if (isAtEnd && talk.messages.length && document.visibilityState === "visible" && document.hasFocus()) talk.read?.(talk.messages.at(-1).seq)?.catch?.(() => {});
    };
    read();
    addEventListener("focus", read);
    document.addEventListener("visibilitychange", read);
    return () => (removeEventListener("focus", read), document.removeEventListener("visibilitychange", read));
  }, [talk, isAtEnd, head]);
}

function useAnnouncing(talk) {
  useEffect(() => talk.on("message", (message) => {
    if (message.from !== me.value?.user && !message.recovered) announce(`${message.name || message.from}: ${message.message || "a file"}`);
  }), [talk]);
}

function useNewBelow(talk, isAtEnd) {
  const [count, setCount] = useState(0);
  useEffect(() => {
    if (isAtEnd) return setCount(0), undefined;
    return talk.on("message", (message) => message.from !== me.value?.user && setCount((count) => count + 1));
  }, [talk, isAtEnd]);
  return count;
}

// Go to a message that somebody chose elsewhere.
function useJump(source, scroller, anchor, setWindow, setAtEnd) {
  const target = jump.value;
  useLayoutEffect(() => {
    if (!target) return;
    const window_ = around(source.timeline, target.id);
    if (!window_) return;
    setAtEnd(false);
    setWindow(window_);
    anchor.current = { key: target.id, offset: 0 };
    requestAnimationFrame(() => {
      const row = scroller.current?.querySelector(`[data-id="${CSS.escape(target.id)}"]`);
      if (!row) return;
      anchor.current = { key: row.dataset.key, offset: Math.max(40, scroller.current.clientHeight / 3) };
      hold(scroller.current, anchor.current);
      row.focus({ preventScroll: true });
      row.classList.add("found");
      row.addEventListener("animationend", () => row.classList.remove("found"), { once: true });
    });
    jump.value = null;
  }, [target, source]);
}
