// The room's file: its history's epoch, its turns, alarm and tables.

import { FileX } from "lucide";
import { count } from "../numbers.js";
import { Ago } from "../parts/Ago.jsx";
import { Empty, Facts } from "../parts/Page.jsx";
import { TableBox } from "../parts/TableBox.jsx";

export function About({ room }) {
  if (room.epoch === null) {
    return <Empty icon={FileX} title="Nothing on disk">{room.state === "set_aside" ? "Its file cannot be read." : "A room that never wrote has no file."}</Empty>;
  }
  return (
    <>
      <Facts
        class="about"
        of={[
          ["Epoch", <code>{room.epoch}</code>, "Which history this is: it changes when the room was destroyed or restored"],
          ["Turns that wrote", `${count(room.turns)}${room.journaled ? `, of which ${count(room.journaled)} are in the journal only` : ""}`],
          ["Alarm", room.alarm ? <><Ago ahead ms={room.alarm.at_ms} />{room.alarm.tries > 0 && `, tried ${count(room.alarm.tries)} times`}</> : "none"],
          ["Tells not received yet", count(room.unsent_tells)],
          ["File", <code class="path">{room.file}</code>],
        ]}
      />
      <TableBox label="Tables">
        <thead><tr><th scope="col">Table</th><th scope="col" class="end">Rows</th></tr></thead>
        <tbody>
          {[["kv (keys)", room.keys], ...Object.entries(room.tables)].map(([table, rows]) => (
            <tr key={table}><th scope="row"><code>{table}</code></th><td class="end num">{count(rows)}</td></tr>
          ))}
        </tbody>
      </TableBox>
    </>
  );
}
