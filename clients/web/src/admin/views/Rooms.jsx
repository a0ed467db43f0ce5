// Every room: by state, kind and name; a page at a time, asked anew every few seconds.

import { Boxes, Search } from "lucide";
import { signal } from "@preact/signals";
import { Icon } from "../../kit/Icon.jsx";
import { sizeOf } from "../../kit/words.js";
import { count } from "../numbers.js";
import { Ago } from "../parts/Ago.jsx";
import { Empty, Head, ListEnd } from "../parts/Page.jsx";
import { StateChip, STATE_WORDS } from "../parts/StateChip.jsx";
import { TableBox } from "../parts/TableBox.jsx";
import { usePages, usePolled, useSettled } from "../polling.js";
import { hrefOf } from "../route.js";
import { ask } from "../session.js";

const REFRESH_SECONDS = 3;
const STATES = ["", "awake", "hibernating", "quarantined", "set_aside", "asleep"];
const filter = signal({ query: "", state: "", kind: "" }); // kept while one looks at a room

const change = (part) => (filter.value = { ...filter.value, ...part });

export function Rooms() {
  const { query, state, kind } = filter.value;
  const settled = useSettled(query);
  const path = `/rooms?${new URLSearchParams(Object.entries({ query: settled, state, kind }).filter(([, value]) => value))}`;
  const pages = usePages(path, "rooms", ask, [], REFRESH_SECONDS);
  const { data: server } = usePolled((abort) => ask("GET", "/server", undefined, { signal: abort }), REFRESH_SECONDS, []);
  return (
    <>
      <Head title="Rooms" lead={server && <Sums server={server} />} />
      <Filters server={server} />
      {pages.items?.length > 0 && <RoomTable rooms={pages.items} />}
      <ListEnd pages={pages} empty={<Nothing isFiltered={settled || state || kind} />} label={pages.items?.length ? "Show more rooms" : "Look further"} />
    </>
  );
}

const Sums = ({ server: { rooms, connections, mailbox_messages: mail } }) => (
  <>
    {count(rooms.awake)} awake · {count(rooms.hibernating)} hibernating
    {rooms.quarantined > 0 && <> · {count(rooms.quarantined)} quarantined</>} · {count(connections)} sockets
    {mail > 0 && <> · {count(mail)} mails wait</>}
  </>
);

function Filters({ server }) {
  const { query, state, kind } = filter.value;
  const kinds = server ? [...server.kinds, ...server.inner_kinds].sort() : [kind].filter(Boolean);
  return (
    <search class="filters">
      <label class="search-field">
        <span class="sr">Search by name</span>
        <Icon of={Search} size={16} />
        <input class="input" type="search" placeholder="Search by name" value={query} onInput={(event) => change({ query: event.currentTarget.value })} dir="auto" />
      </label>
      <label>
        <span class="sr">State</span>
        <select class="input" value={state} onChange={(event) => change({ state: event.currentTarget.value })}>
          {STATES.map((each) => <option key={each} value={each}>{each ? STATE_WORDS[each] : "Every state"}</option>)}
        </select>
      </label>
      <label>
        <span class="sr">Kind</span>
        <select class="input" value={kind} onChange={(event) => change({ kind: event.currentTarget.value })}>
          <option value="">Every kind</option>
          {kinds.map((each) => <option key={each} value={each}>{each}</option>)}
        </select>
      </label>
    </search>
  );
}

function RoomTable({ rooms }) {
  return (
    <TableBox label="Rooms" class="rooms-table">
      <thead>
        <tr>
          <th scope="col">Room</th>
          <th scope="col">State</th>
          <th scope="col" class="end">Sockets</th>
          <th scope="col" class="end wide-only">Mailbox</th>
          <th scope="col" class="end wide-only">On disk</th>
          <th scope="col" class="wide-only">Alarm</th>
          <th scope="col">Active</th>
        </tr>
      </thead>
      <tbody>
        {rooms.map((room) => (
          <tr key={`${room.kind}/${room.name}`}>
            <th scope="row">
              <a class="room-link" href={hrefOf("rooms", room.kind, room.name)}>
                <span class="room-name" dir="auto">{room.name}</span>
                <span class="faint">{room.kind}</span>
              </a>
            </th>
            <td><StateChip state={room.state} /></td>
            <td class="end num">{room.sockets ? count(room.sockets) : <span class="faint">–</span>}</td>
            <td class="end num wide-only">{room.mailbox ? count(room.mailbox) : <span class="faint">–</span>}</td>
            <td class="end num wide-only">{room.size_bytes ? sizeOf(room.size_bytes) : <span class="faint">–</span>}</td>
            <td class="wide-only"><Ago ahead ms={room.alarm_ms} /></td>
            <td><Ago ms={room.last_active_ms} /></td>
          </tr>
        ))}
      </tbody>
    </TableBox>
  );
}

const Nothing = ({ isFiltered }) =>
  isFiltered ? (
    <Empty icon={Search} title="No such room">No room is in this state, of this kind and has this in its name.</Empty>
  ) : (
    <Empty icon={Boxes} title="No rooms yet">A room is there as soon as somebody comes to its address.</Empty>
  );
