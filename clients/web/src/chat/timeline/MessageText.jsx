// The text of a message: links can be followed, mentions and code stand out. All of it is text, whatever it looks like.

import { useMemo } from "preact/hooks";
import { person } from "../people.js";
import { me } from "../session.js";
import { showPerson } from "../showPerson.js";
import { isOnlyEmoji, partsOf } from "../text.js";

export function MessageText({ message: { message, mentions } }) {
  const names = (mentions ?? []).flatMap((user) => [[person(user).name, user], [user, user]]);
  const parts = useMemo(() => partsOf(message, names), [message, names.join("\n")]);
  if (isOnlyEmoji(message)) return <span class="jumbo">{message.trim()}</span>;
  return parts.map((part, index) => PARTS[part.kind](part, index));
}

const PARTS = {
  text: ({ text }) => text,
  link: ({ text, href }, key) => <a key={key} href={href} target="_blank" rel="noopener noreferrer nofollow">{text}</a>,
  mention: ({ text, user }, key) => <button key={key} type="button" class={`mention iso ${user === me.value?.user ? "me" : ""}`} tabIndex={-1} onClick={(event) => showPerson(event.currentTarget, user)}>{text}</button>,
  code: ({ text }, key) => <code key={key} dir="ltr">{text}</code>,
  block: ({ text }, key) => <pre key={key} dir="ltr" tabIndex={0}>{text}</pre>,
};
