// A modal dialog: the browser's own <dialog>, which holds the focus, makes the rest inert, closes with Escape and gives the focus back.
//
//   <Dialog title="New room" onClose={…}>children</Dialog>          shown as long as it is rendered

import { X } from "lucide";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { IconButton } from "./Icon.jsx";

export function Dialog({ title, onClose, wide, bare, children, class: more = "" }) {
  const box = useRef();
  const id = useId();
  useLayoutEffect(() => {
    const back = document.activeElement;
    const shown = box.current;
    shown.showModal();
    shown.querySelector("[data-autofocus]")?.focus();
    return () => {
      shown.close();
      if (back?.isConnected) back.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={box}
      class={`dialog ${wide ? "wide" : ""} ${more}`}
      aria-labelledby={id}
      onCancel={(event) => (event.preventDefault(), onClose())}
      onPointerDown={(event) => event.target === box.current && onClose()}
    >
      <h2 id={id} class={bare ? "sr" : "dialog-title"} dir="auto">{title}</h2>
      <IconButton class="close" icon={X} label="Close" onClick={onClose} />
      {children}
    </dialog>
  );
}
