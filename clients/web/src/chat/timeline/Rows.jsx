// The messages of the window with what stands between them: days, and where the unread ones begin.

import { dayKey, dayName } from "../../kit/words.js";
import { watch } from "../connection.js";
import { authorOf, person } from "../people.js";
import { me } from "../session.js";
import { editing } from "./actions.js";
import { MessageRow } from "./MessageRow.jsx";

const TOGETHER_MS = 5 * 60_000; // messages of one user so close stand under one name

export const keyOf = (message) => (message.cid ? `${authorOf(message)}:${message.cid}` : message.id);

export function Rows({ talk, isRoom, messages, before, unreadFrom, readOnly }) {
  void [watch(talk).reads.value, watch(talk).users.value];
  const user = me.value?.user;
  const othersRead = Math.max(0, ...[...talk.reads].filter(([one]) => one !== user).map(([, seq]) => seq));
  const lastMine = talk.messages.findLast(({ from, deleted }) => from === user && !deleted)?.id;
  let isMarked = false;
  // Flat, so that each row is known by its own key when the window moves by one.
  return messages.flatMap((message, index) => {
    const previous = messages[index - 1] ?? before;
    const isNewDay = !previous || dayKey(previous.time) !== dayKey(message.time);
    const isFirstUnread = !isMarked && message.seq > unreadFrom && message.from !== user;
    isMarked ||= isFirstUnread;
    const isFirst = isNewDay || isFirstUnread || !belongs(previous, message);
    const isMine = authorOf(message) === user;
    return [
      isNewDay && <div class="divider" role="separator" key={`day:${dayKey(message.time)}`}><span>{dayName(message.time)}</span></div>,
      isFirstUnread && <div class="divider new" role="separator" key="new"><span>New</span></div>,
      <MessageRow
        key={keyOf(message)}
        talk={talk}
        message={message}
        state={message.state}
        avatar={person(authorOf(message)).avatar}
        repliesTo={message.reply_to && (talk.get(message.reply_to) ?? null)}
        isRoom={isRoom}
        isFirst={isFirst}
        isMine={isMine}
        isMentioned={!isMine && message.mentions?.includes(user)}
        isLastMine={message.id !== undefined && message.id === lastMine}
        isRead={isMine && message.seq <= othersRead}
        isModerator={talk.role !== undefined && talk.role !== "member"}
        isEditing={editing.value !== null && editing.value === message.id}
        isInTabOrder={index === messages.length - 1}
        readOnly={readOnly}
      />,
    ];
  });
}

function belongs(previous, message) {
  return authorOf(previous) === authorOf(message) && !message.reply_to && Date.parse(message.time) - Date.parse(previous.time) < TOGETHER_MS;
}
