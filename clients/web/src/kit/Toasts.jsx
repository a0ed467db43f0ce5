// Short notices at the head of the page, read out by screen readers. `toast("Copied")`, `toast("Not saved", { problem: true })`.

import { X } from "lucide";
import { signal } from "@preact/signals";
import { IconButton } from "./Icon.jsx";

const SHOWN_MAX = 3;
const SHOWN_MS = 5_000;
const PROBLEM_SHOWN_MS = 9_000;

const toasts = signal([]);
let number = 0;

export function toast(text, { problem = false } = {}) {
  const one = { id: ++number, text, problem };
  toasts.value = [...toasts.value.filter((other) => other.text !== text), one].slice(-SHOWN_MAX);
  setTimeout(dismiss, problem ? PROBLEM_SHOWN_MS : SHOWN_MS, one.id);
}

const dismiss = (id) => (toasts.value = toasts.value.filter((one) => one.id !== id));

// Once in a page, at its end.
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text }) => (
        <div class="toast" key={id}>
          <span class="grow" dir="auto">{text}</span>
          <IconButton small icon={X} label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
