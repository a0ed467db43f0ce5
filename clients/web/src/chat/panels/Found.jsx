// A message as a line in a list: choosing it goes there.

import { Avatar } from "../../kit/Avatar.jsx";
import { fullTime, shortTime } from "../../kit/words.js";
import { panel } from "../panel.js";
import { person } from "../people.js";
import { jumpTo } from "../timeline/jump.js";

export function Found({ talk, message, children }) {
  const { name, avatar } = person(message.from);
  const go = () => {
    if (matchMedia("(max-width: 60rem)").matches) panel.value = null; // it lies over the messages
    jumpTo(talk, message);
  };
  return (
    <li>
      <button type="button" class="found-message" onClick={go}>
        <Avatar user={message.from} name={message.name || name} picture={avatar} size="small" />
        <span class="found-words">
          <span class="found-head"><b class="cut iso" dir="auto">{message.name || name}</b> <time class="small faint num" dateTime={message.time} title={fullTime(message.time)}>{shortTime(message.time)}</time></span>
          <span class="found-text" dir="auto">{children ?? (message.message || message.attachments?.[0]?.name || "a file")}</span>
        </span>
      </button>
    </li>
  );
}
