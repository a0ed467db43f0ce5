// One room: how it stands, live figures, and what it keeps. Looking does not wake it.

import { ArrowLeft, Moon, Trash2, Unplug } from "lucide";
import { Icon } from "../../kit/Icon.jsx";
import { sizeOf } from "../../kit/words.js";
import { destroyRoom, disconnectRoom, hibernate } from "../acts.jsx";
import { count } from "../numbers.js";
import { Ago } from "../parts/Ago.jsx";
import { Facts, Loading, Problem } from "../parts/Page.jsx";
import { StateChip } from "../parts/StateChip.jsx";
import { usePolled } from "../polling.js";
import { About } from "../room/About.jsx";
import { History } from "../room/History.jsx";
import { Keys } from "../room/Keys.jsx";
import { Live } from "../room/Live.jsx";
import { Members } from "../room/Members.jsx";
import { go, hrefOf, roomPath } from "../route.js";
import { ask } from "../session.js";

const REFRESH_SECONDS = 3;
const TABS = [
  ["history", "History"],
  ["keys", "Keys"],
  ["sockets", "Sockets"],
  ["about", "File"],
];

export function Room({ kind, name, tab }) {
  const { data: room, error, again } = usePolled((abort) => ask("GET", roomPath(kind, name), undefined, { signal: abort }), REFRESH_SECONDS, []);
  return (
    <>
      <a class="back" href={hrefOf("rooms")}><Icon of={ArrowLeft} size={16} /> Rooms</a>
      <header class="view-head">
        <div class="view-title">
          <h1 dir="auto">{name}</h1>
          <p class="faint room-line">
            <span>{kind}</span>
            {room && <StateChip state={room.state} />}
            {room?.reason && <span class="problem">{room.reason}</span>}
            {room?.quarantined_until_ms && <span>served again <Ago ahead ms={room.quarantined_until_ms} /></span>}
          </p>
        </div>
        {room && <Acts room={room} again={again} />}
      </header>
      {error && <Problem error={error} again={again} />}
      {room && <Standing room={room} />}
      {room && <Live kind={kind} name={name} />}
      {room && <Tabs room={room} tab={tab} />}
      {!room && !error && <Loading />}
    </>
  );
}

function Acts({ room: { kind, name, state, sockets }, again }) {
  return (
    <div class="view-acts">
      <button type="button" class="button plain small" disabled={state !== "awake"} onClick={() => hibernate(kind, name, again)}><Icon of={Moon} size={16} /> Hibernate</button>
      <button type="button" class="button plain small" disabled={!sockets} onClick={() => disconnectRoom(kind, name, again)}><Icon of={Unplug} size={16} /> Disconnect all</button>
      <button type="button" class="button plain small is-danger" disabled={state === "set_aside"} onClick={() => destroyRoom(kind, name)}><Icon of={Trash2} size={16} /> Destroy</button>
    </div>
  );
}

const Standing = ({ room }) => (
  <Facts
    class="standing"
    of={[
      ["Sockets", count(room.sockets)],
      ["Users online", count(room.online)],
      ["Mailbox", count(room.mailbox)],
      ["On disk", room.size_bytes ? sizeOf(room.size_bytes) : "–"],
      ["Last written", <Ago ms={room.last_active_ms} />],
      ["Alarm", room.alarm_ms ? <Ago ahead ms={room.alarm_ms} /> : "none"],
    ]}
  />
);

function Tabs({ room, tab }) {
  const shown = room.has_history ? TABS : TABS.filter(([key]) => key !== "history");
  const current = shown.some(([key]) => key === tab) ? tab : shown[0][0];
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = shown.findIndex(([key]) => key === current);
    const [next] = shown[(at + step + shown.length) % shown.length];
    go("rooms", room.kind, room.name, next);
    event.currentTarget.querySelector(`#tab-${next}`).focus();
  };
  const Panel = { history: History, keys: Keys, sockets: Members, about: About }[current];
  return (
    <section class="room-tabs">
      <div class="tabs" role="tablist" aria-label="What the room keeps" onKeyDown={move}>
        {shown.map(([key, label]) => (
          <button key={key} id={`tab-${key}`} type="button" role="tab" aria-selected={key === current} aria-controls="tab-panel" tabIndex={key === current ? 0 : -1} onClick={() => go("rooms", room.kind, room.name, key)}>
            {label}
            <Count of={room} tab={key} />
          </button>
        ))}
      </div>
      <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${current}`}>
        <Panel key={current} room={room} />
      </div>
    </section>
  );
}

function Count({ of: room, tab }) {
  const value = { history: room.tables.messages, keys: room.keys, sockets: room.sockets }[tab];
  return value > 0 && <span class="tab-count num">{count(value)}</span>;
}
