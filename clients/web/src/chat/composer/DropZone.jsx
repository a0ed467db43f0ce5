// Files dropped anywhere on the room or conversation go into the next message.

import { FileUp } from "lucide";
import { useRef, useState } from "preact/hooks";
import { Icon } from "../../kit/Icon.jsx";
import { addFiles } from "./uploads.js";

export function DropZone({ talk, enabled, children }) {
  const depth = useRef(0);
  const [isOver, setIsOver] = useState(false);
  const hasFiles = (event) => enabled && event.dataTransfer?.types.includes("Files");
  const enter = (event) => hasFiles(event) && (event.preventDefault(), depth.current++, setIsOver(true));
  const leave = (event) => hasFiles(event) && --depth.current <= 0 && end();
  const end = () => ((depth.current = 0), setIsOver(false));
  const drop = (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    end();
    addFiles(talk, [...event.dataTransfer.files]);
    document.getElementById("composer")?.focus();
  };
  return (
    <div class="drop-zone" onDragEnter={enter} onDragOver={(event) => hasFiles(event) && event.preventDefault()} onDragLeave={leave} onDrop={drop}>
      {children}
      {isOver && <div class="drop-here"><Icon of={FileUp} size={32} /><b>Drop to attach</b></div>}
    </div>
  );
}
