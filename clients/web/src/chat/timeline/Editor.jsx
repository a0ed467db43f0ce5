// A message being edited in its place. Enter saves, Escape leaves it as it was.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { toast } from "../../kit/Toasts.jsx";
import { editing } from "./actions.js";

export function Editor({ talk, message }) {
  const field = useRef();
  const [text, setText] = useState(message.message);
  useLayoutEffect(() => {
    field.current.focus();
    field.current.form.scrollIntoView({ block: "nearest" });
    field.current.setSelectionRange(text.length, text.length);
  }, []);
  const leave = () => {
    editing.value = null;
    document.getElementById("composer")?.focus();
  };
  const save = async () => {
    leave();
    if (text.trim() === message.message || !text.trim()) return;
    await talk.edit(message.id, text.trim()).catch((error) => toast(`Not changed: ${error.message}`, { problem: true }));
  };
  const onKeyDown = (event) => {
    event.stopPropagation();
    if (event.key === "Escape") (event.preventDefault(), leave());
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) (event.preventDefault(), save());
  };
  return (
    <form class="editor" onSubmit={(event) => (event.preventDefault(), save())}>
      <textarea ref={field} class="input" dir="auto" rows={Math.min(8, text.split("\n").length)} maxlength="4000" aria-label="Edit message" value={text} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={onKeyDown} />
      <p class="small faint">
        <button type="button" class="link-button" onClick={leave}>Cancel</button> (Escape) · <button type="submit" class="link-button">Save</button> (Enter)
      </p>
    </form>
  );
}
