// Asking before something that cannot be undone.

import { useState } from "preact/hooks";
import { destroyRoom } from "../places.js";
import { Field, FormDialog } from "./FormDialog.jsx";

export const Confirm = ({ title, words, act, run }) => <FormDialog title={title} lead={words} act={act} danger run={run} />;

export function DestroyRoom({ room }) {
  const [typed, setTyped] = useState("");
  const title = room.title || room.name;
  return (
    <FormDialog title={`Destroy ${title}?`} lead="Everybody is put out. All messages and files are erased from the server's disk, and nothing brings them back." act="Destroy" danger disabled={typed.trim() !== title} run={() => destroyRoom(room.name)}>
      <Field id="destroy-name" label={<>Type <b class="iso" dir="auto">{title}</b> to confirm</>}>
        <input id="destroy-name" class="input" dir="auto" autocomplete="off" data-autofocus value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
      </Field>
    </FormDialog>
  );
}
