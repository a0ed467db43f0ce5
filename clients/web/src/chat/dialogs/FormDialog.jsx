// A dialog with a form: what is wrong stands above the buttons, and it closes when it is done.

import { useState } from "preact/hooks";
import { Dialog } from "../../kit/Dialog.jsx";
import { closeDialog } from "./dialog.js";

// `run(values of the form)`: rejects with what is wrong. `act`: the word on the button.
export function FormDialog({ title, lead, act, danger, run, disabled, children }) {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await run(Object.fromEntries(new FormData(event.currentTarget)));
      closeDialog();
    } catch (error) {
      setProblem(error.message);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={closeDialog}>
      <form onSubmit={submit}>
        {lead && <p class="lead" dir="auto">{lead}</p>}
        {children}
        <p class="problem" role="alert">{problem}</p>
        <div class="actions">
          <button type="button" class="button plain" onClick={closeDialog}>Cancel</button>
          <button class={`button ${danger ? "danger" : ""}`} disabled={busy || disabled} data-autofocus={danger ? true : undefined}>{act}</button>
        </div>
      </form>
    </Dialog>
  );
}

export function Field({ label, hint, id, children }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {hint && <span class="hint" id={`${id}-hint`}>{hint}</span>}
    </div>
  );
}
