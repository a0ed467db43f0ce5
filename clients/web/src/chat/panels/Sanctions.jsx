// Who may not come in or not speak, below the members, for those who look after the room.

import { Undo2 } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { Avatar } from "../../kit/Avatar.jsx";
import { IconButton } from "../../kit/Icon.jsx";
import { rest } from "../../kit/rest.js";
import { toast } from "../../kit/Toasts.jsx";
import { shortTime } from "../../kit/words.js";
import { person } from "../people.js";
import { lift, sanctioned } from "../sanctioned.js";

const WORDS = { ban: ["Banned", "Let back in"], kick: ["Put out", "Let back in"], mute: ["Muted", "Let speak"] };

export function Sanctions({ room }) {
  const revision = sanctioned.value;
  const [held, setHeld] = useState({ list: [], cursor: null });
  const ask = (cursor) => rest("GET", `/api/rooms/${encodeURIComponent(room.name)}/sanctions?${new URLSearchParams({ cursor })}`);
  useEffect(() => {
    let isCurrent = true;
    ask("").then(({ sanctions, cursor }) => isCurrent && setHeld({ list: sanctions, cursor }), () => {});
    return () => (isCurrent = false);
  }, [room, revision]);
  const more = () => ask(held.cursor).then(({ sanctions, cursor }) => setHeld({ list: [...held.list, ...sanctions], cursor }), failed);
  if (!held.list.length) return null;
  return (
    <>
      <li class="panel-note small faint">Banned, put out or muted</li>
      {held.list.map((one) => <Sanctioned key={`${one.what} ${one.user}`} room={room} {...one} />)}
      {held.cursor && <li><button type="button" class="link panel-note small" onClick={more}>Show more</button></li>}
    </>
  );
}

function Sanctioned({ room, user, what, until, by, reason }) {
  const { name } = person(user);
  const [word, undo] = WORDS[what];
  const facts = [until ? `${word} until ${shortTime(until)}` : `${word} for ever`, `by ${person(by).name}`, reason];
  return (
    <li class="member held">
      <Avatar user={user} name={name} />
      <span class="member-words">
        <b class="cut" dir="auto">{name}</b>
        <span class="small faint" dir="auto">{facts.filter(Boolean).join(" · ")}</span>
      </span>
      <IconButton small icon={Undo2} label={`${undo}: ${name}`} onClick={() => lift(room, user, what).then(() => toast(what === "mute" ? `${name} may speak again` : `${name} may come back`), failed)} />
    </li>
  );
}

const failed = (error) => toast(error.message, { problem: true });
