// Names to choose from while one writes "@…": a listbox that the field keeps the focus of.

import { useId, useState } from "preact/hooks";
import { Avatar } from "../../kit/Avatar.jsx";
import { me } from "../session.js";

const SHOWN_MAX = 6;
const WORD = /(?:^|[\s(])@([^\s@]{0,40})$/u;

export function useCompletion(talk, isRoom, field, replaceWord) {
  const id = useId();
  const [open, setOpen] = useState(null); // {from, found, at}
  const close = () => setOpen(null);
  const look = (event) => {
    if (event?.type === "keyup" && ["ArrowUp", "ArrowDown", "Enter", "Tab", "Escape"].includes(event.key)) return;
    const { value, selectionStart: end } = field.current;
    const word = value.slice(0, end).match(WORD)?.[1];
    const found = word === undefined || !isRoom ? [] : matching(talk, word);
    setOpen(found.length ? { from: end - word.length - 1, found, at: 0 } : null);
  };
  const choose = (one) => {
    replaceWord(open.from, one);
    close();
  };
  const onKeyDown = (event) => {
    if (!open || event.isComposing) return false;
    const { found, at } = open;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setOpen({ ...open, at: (at + step + found.length) % found.length });
    else if (event.key === "Enter" || event.key === "Tab") choose(found[at]);
    else if (event.key === "Escape") close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  const aria = open ? { "aria-controls": id, "aria-activedescendant": `${id}-${open.at}`, "aria-expanded": "true", role: "combobox" } : { "aria-expanded": "false", role: "combobox", "aria-controls": id };
  return { id, open, look, close, choose, onKeyDown, aria };
}

export function Completion({ id, open, choose }) {
  if (!open) return <div id={id} role="listbox" aria-label="People" hidden />;
  return (
    <div id={id} class="completion" role="listbox" aria-label="People">
      {open.found.map((one, index) => (
        <div key={one.user} id={`${id}-${index}`} role="option" aria-selected={index === open.at} onPointerDown={(event) => (event.preventDefault(), choose(one))}>
          <Avatar user={one.user} name={one.name} picture={one.avatar} size="small" />
          <b class="iso cut" dir="auto">{one.name}</b>
          <span class="faint small cut">{one.user}</span>
        </div>
      ))}
    </div>
  );
}

function matching(room, word) {
  const wanted = word.toLocaleLowerCase();
  const people = new Map([...room.users.values()].map((one) => [one.user, { user: one.user, name: one.name || one.user, avatar: one.avatar }]));
  for (const { from, name } of room.messages.slice(-200)) if (!people.has(from)) people.set(from, { user: from, name: name || from });
  people.delete(me.value.user);
  const begins = ({ user, name }) => [user, name, ...name.split(/\s+/)].some((part) => part.toLocaleLowerCase().startsWith(wanted));
  return [...people.values()].filter(begins).slice(0, SHOWN_MAX);
}
