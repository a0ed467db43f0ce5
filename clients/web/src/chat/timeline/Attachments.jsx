// Files of a message: pictures are shown in a space kept for them, everything else is a name to download.

import { Download, File, FileX } from "lucide";
import { Icon } from "../../kit/Icon.jsx";
import { sizeOf } from "../../kit/words.js";
import { uploaded } from "../composer/uploads.js";
import { openDialog } from "../dialogs/dialog.js";
import { addressOf } from "../fileAddress.js";

const WIDTH_MAX = 360;
const HEIGHT_MAX = 280;

export function Attachments({ talk, message }) {
  const files = message.attachments ?? message.files?.map((id) => uploaded.get(id) ?? { id, name: "File" }) ?? [];
  if (!files.length || message.deleted) return null;
  return (
    <ul class="attachments">
      {files.map((file) => <li key={file.id}>{isPicture(file) ? <Picture talk={talk} file={file} /> : <Document talk={talk} file={file} />}</li>)}
    </ul>
  );
}

const isPicture = ({ type, width, height }) => type?.startsWith("image/") && width && height;

function Picture({ talk, file }) {
  const scale = Math.min(1, WIDTH_MAX / file.width, HEIGHT_MAX / file.height);
  const [width, height] = [Math.max(24, Math.round(file.width * scale)), Math.max(24, Math.round(file.height * scale))];
  return (
    <button type="button" class="picture" aria-label={`Picture ${file.name}: enlarge`} onClick={() => openDialog("picture", { talk, file })}>
      <img src={addressOf(talk, file)} alt={file.name} width={width} height={height} loading="lazy" decoding="async" />
    </button>
  );
}

function Document({ talk, file }) {
  return (
    <a class="document" href={addressOf(talk, file)} download={file.name}>
      <span class="document-mark"><Icon of={file.size === undefined ? FileX : File} size={20} /></span>
      <span class="document-words">
        <b class="cut" dir="auto">{file.name}</b>
        <span class="small faint">{file.size !== undefined ? sizeOf(file.size) : "file"}</span>
      </span>
      <Icon of={Download} />
    </a>
  );
}
