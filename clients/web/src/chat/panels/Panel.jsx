// The column on the right.

import { X } from "lucide";
import { IconButton } from "../../kit/Icon.jsx";
import { panel } from "../panel.js";
import { Members } from "./Members.jsx";
import { Pins } from "./Pins.jsx";
import { Search } from "./Search.jsx";
import { Thread } from "./Thread.jsx";

const KINDS = { members: ["Members", Members], search: ["Search", Search], pins: ["Pinned messages", Pins], thread: ["Thread", Thread] };

export function Panel({ talk, isRoom }) {
  const { kind, ...rest } = panel.value;
  if (!isRoom) return null;
  const [title, Kind] = KINDS[kind];
  return (
    <aside class="panel" aria-label={title}>
      <header>
        <h2 class="grow">{title}</h2>
        <IconButton icon={X} label={`Close ${title.toLowerCase()}`} onClick={() => (panel.value = null)} />
      </header>
      <Kind key={rest.root} talk={talk} {...rest} />
    </aside>
  );
}
