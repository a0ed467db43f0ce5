// The files that will go with the message, and how far they are.

import { File, RotateCw, X } from "lucide";
import { Icon, IconButton } from "../../kit/Icon.jsx";
import { sizeOf } from "../../kit/words.js";
import { draftOf } from "./draft.js";
import { again, remove } from "./uploads.js";

export function Uploads({ talk }) {
  const uploads = draftOf(talk).uploads.value;
  if (!uploads.length) return null;
  return (
    <ul class="uploads" aria-label="Files to send">
      {uploads.map((one) => (
        <li key={one.key} class={one.problem ? "failed" : ""}>
          {one.preview ? <img src={one.preview} alt="" /> : <span class="document-mark"><Icon of={File} /></span>}
          <span class="upload-words">
            <b class="cut small" dir="auto">{one.name}</b>
            <span class="small faint" role="status">{one.problem ?? (one.id ? sizeOf(one.file.size) : `${Math.round(one.progress * 100)} %`)}</span>
            {!one.id && !one.problem && <span class="progress" role="progressbar" aria-label={one.name} aria-valuenow={Math.round(one.progress * 100)}><i style={{ width: `${one.progress * 100}%` }} /></span>}
          </span>
          {one.problem && <IconButton small icon={RotateCw} label={`Try ${one.name} again`} onClick={() => again(talk, one)} />}
          <IconButton small icon={X} label={`Do not send ${one.name}`} onClick={() => remove(talk, one)} />
        </li>
      ))}
    </ul>
  );
}
