// The frame of a table. Where the table is wider than it, it scrolls, also by keyboard.

import { useEffect, useRef, useState } from "preact/hooks";

export function TableBox({ label, children, class: more = "" }) {
  const box = useRef();
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const shown = box.current;
    const observer = new ResizeObserver(() => setScrolls(shown.scrollWidth > shown.clientWidth));
    observer.observe(shown);
    observer.observe(shown.firstElementChild);
    return () => observer.disconnect();
  }, []);
  const focusable = scrolls ? { tabIndex: 0, role: "region", "aria-label": label } : {};
  return (
    <div class="table-box" ref={box} {...focusable}>
      <table class={`table ${more}`} aria-label={label}>{children}</table>
    </div>
  );
}
