// What the keyboard does.

import { Dialog } from "../../kit/Dialog.jsx";
import { SHORTCUTS } from "../keys.js";
import { closeDialog } from "./dialog.js";

export const Shortcuts = () => (
  <Dialog title="Shortcuts" onClose={closeDialog}>
    <dl class="dialog-body shortcuts">
      {SHORTCUTS.map(([keys, words]) => <div key={keys}><dt><kbd>{keys}</kbd></dt><dd>{words}</dd></div>)}
    </dl>
  </Dialog>
);
