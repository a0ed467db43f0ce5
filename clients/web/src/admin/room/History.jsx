// What was said, as it is stored: the newest first page, older ones on demand. Each row can be opened to all its columns.

import { ChevronRight } from "lucide";
import { useState } from "preact/hooks";
import { Icon } from "../../kit/Icon.jsx";
import { Ago } from "../parts/Ago.jsx";
import { Empty, ListEnd } from "../parts/Page.jsx";
import { Value } from "../parts/Value.jsx";
import { usePages } from "../polling.js";
import { roomPath } from "../route.js";
import { ask } from "../session.js";

const REFRESH_SECONDS = 3;

export function History({ room: { kind, name } }) {
  const pages = usePages(`${roomPath(kind, name)}/messages`, "messages", ask, [], REFRESH_SECONDS);
  const rows = inOrder(pages.items ?? []);
  return (
    <>
      <ol class="history" aria-label="Messages, the newest first">
        {rows.map((row) => <Message key={row.seq} row={row} />)}
      </ol>
      <ListEnd pages={pages} empty={<Empty title="Nothing was said yet" />} label="Show older messages" />
    </>
  );
}

// Pages come newest first, each ascending; here the newest stands at the top.
const inOrder = (items) => [...items].sort((a, b) => b.seq - a.seq);

function Message({ row }) {
  const [isOpen, setOpen] = useState(false);
  const text = row.body ?? row.message ?? "";
  const ms = row.time_ms ?? (row.time && Date.parse(row.time));
  return (
    <li class={`history-row ${isOpen ? "open" : ""}`}>
      <button type="button" class="history-line" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Icon of={ChevronRight} size={14} />
        <span class="seq num">{row.seq}</span>
        <b class="cut" dir="auto">{row.name || row.sender}</b>
        {row.deleted ? <i class="faint">deleted</i> : <span class="cut" dir="auto">{text}</span>}
        {row.edited ? <span class="chip">edited</span> : null}
        {row.pinned ? <span class="chip good">pinned</span> : null}
        <span class="faint time">{ms ? <Ago ms={ms} /> : null}</span>
      </button>
      {isOpen && (
        <dl class="columns">
          {Object.entries(row).map(([column, value]) => (
            <div key={column}>
              <dt>{column}</dt>
              <dd>{value === null ? <span class="faint">null</span> : <Value of={value} label={column} />}</dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}
