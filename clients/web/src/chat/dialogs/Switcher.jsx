// Going to a room or a person by a few letters; and finding somebody to write to.

import { Hash, Plus } from "lucide";
import { useEffect, useId, useState } from "preact/hooks";
import { Avatar } from "../../kit/Avatar.jsx";
import { Dialog } from "../../kit/Dialog.jsx";
import { Icon } from "../../kit/Icon.jsx";
import { rest } from "../../kit/rest.js";
import { client, conversations, online } from "../connection.js";
import { person, remember } from "../people.js";
import { mayEnter, places } from "../places.js";
import { go } from "../route.js";
import { me } from "../session.js";
import { closeDialog } from "./dialog.js";

const SHOWN_MAX = 12;
const ROOMS_SHOWN_MAX = 7;
const WAIT_MS = 150;

export const Switcher = () => <Chooser title="Go to" placeholder="A room or a person" find={roomsAndPeople} />;
export const NewConversation = () => <Chooser title="New conversation" placeholder="Name or user name" find={(_, people) => people} />;

function Chooser({ title, placeholder, find }) {
  const id = useId();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const people = usePeople(query.trim());
  const found = find(query.trim(), people).slice(0, SHOWN_MAX);
  const choose = (one) => {
    closeDialog();
    go(one.place, one.name);
  };
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) setAt((Math.min(at, found.length - 1) + step + found.length) % found.length);
    else if (event.key === "Enter" && found[at]) choose(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={title} bare class="chooser" onClose={closeDialog}>
      <div class="dialog-body">
        <input class="input" dir="auto" data-autofocus role="combobox" aria-expanded="true" aria-controls={id} aria-activedescendant={found[at] ? `${id}-${at}` : undefined} aria-label={placeholder} placeholder={placeholder} autocomplete="off" value={query} onInput={(event) => (setQuery(event.currentTarget.value), setAt(0))} onKeyDown={onKeyDown} />
        <div id={id} role="listbox" aria-label={title}>
          {found.map((one, index) => (
            <div key={`${one.place}:${one.name}`} id={`${id}-${index}`} role="option" class="choice" aria-selected={index === at} onClick={() => choose(one)} onPointerMove={() => setAt(index)}>
              {one.place === "user" ? <Avatar user={one.name} name={one.title} picture={one.avatar} size="small" online={one.isOnline} /> : <span class="place-mark"><Icon of={one.isNew ? Plus : Hash} size={16} /></span>}
              <span class="cut" dir="auto">{one.title}</span>
              <span class="faint small cut">{one.hint}</span>
            </div>
          ))}
        </div>
        {found.length === 0 && <p class="faint small" role="status">{query ? "Nobody is found by that." : "Begin with a few letters."}</p>}
      </div>
    </Dialog>
  );
}

// A room that is not there yet is the last choice: what is there already is chosen first.
function roomsAndPeople(query, people) {
  const [known, made] = [rooms(query).slice(0, ROOMS_SHOWN_MAX), newRoom(query)];
  return [...known, ...people.slice(0, SHOWN_MAX - known.length - made.length), ...made];
}

function rooms(query) {
  const has = matcher(query);
  return places.value.map(({ room, title }) => ({ place: "room", name: room, title: client.value.room(room).title || title || room, hint: "" })).filter(({ name, title }) => has(name) || has(title));
}

// A room of that name, for who may enter any.
function newRoom(query) {
  const isNew = query && mayEnter(query) && !places.value.some(({ room }) => room === query);
  return isNew ? [{ place: "room", name: query, title: query, hint: "Enter this room", isNew: true }] : [];
}

// Whom one knows at once, whom the server knows a moment later.
function usePeople(query) {
  const [found, setFound] = useState([]);
  useEffect(() => {
    let isCurrent = true;
    const timer = setTimeout(() => rest("GET", `/api/users?limit=20&query=${encodeURIComponent(query)}`).then(({ users }) => isCurrent && (users.forEach(remember), setFound(users)), () => {}), WAIT_MS);
    return () => ((isCurrent = false), clearTimeout(timer));
  }, [query]);
  const has = matcher(query);
  const users = new Set([...conversations.value.map(({ user }) => user), ...online.value, ...found.map(({ user }) => user)]);
  users.delete(me.value?.user);
  const people = [...users].map((user) => ({ place: "user", name: user, title: person(user).name, avatar: person(user).avatar, hint: user, isOnline: online.value.has(user) || found.some((one) => one.user === user) }));
  const matches = people.filter(({ name, title }) => has(name) || has(title));
  const isExact = matches.some(({ name }) => name === query);
  return query && !isExact ? [...matches, { place: "user", name: query, title: query, hint: "Write to this user name", isOnline: false }] : matches;
}

const matcher = (query) => (text) => text.toLocaleLowerCase().includes(query.toLocaleLowerCase());
