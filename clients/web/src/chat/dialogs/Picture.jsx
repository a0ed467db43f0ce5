// A picture in full.

import { Download } from "lucide";
import { Dialog } from "../../kit/Dialog.jsx";
import { Icon } from "../../kit/Icon.jsx";
import { sizeOf } from "../../kit/words.js";
import { addressOf } from "../fileAddress.js";
import { closeDialog } from "./dialog.js";

export const Picture = ({ talk, file }) => (
  <Dialog title={file.name} bare class="picture-dialog" onClose={closeDialog}>
    <img src={addressOf(talk, file)} alt={file.name} width={file.width} height={file.height} />
    <p class="small"><span class="cut" dir="auto">{file.name}</span> <span class="faint num">{file.width} × {file.height}{file.size !== undefined && `, ${sizeOf(file.size)}`}</span> <a class="link" href={addressOf(talk, file)} download={file.name}><Icon of={Download} size={16} /> Download</a></p>
  </Dialog>
);
