// One message: who, when, what, and what can be done with it.

import { Component } from "preact";
import { Check, CheckCheck, Clock, Ellipsis, Pin, Reply, SmilePlus } from "lucide";
import { Avatar } from "../../kit/Avatar.jsx";
import { Icon, IconButton } from "../../kit/Icon.jsx";
import { clockTime, fullTime } from "../../kit/words.js";
import { authorOf, person } from "../people.js";
import { showPerson } from "../showPerson.js";
import { Attachments } from "./Attachments.jsx";
import { Editor } from "./Editor.jsx";
import { onMessageKey, openActions, pickReaction, reply } from "./actions.js";
import { jumpTo } from "./jump.js";
import { MessageText } from "./MessageText.jsx";
import { Reactions } from "./Reactions.jsx";
import { keyOf } from "./Rows.jsx";

export class MessageRow extends Component {
  // Rows are many, and few change: a message that changed is another object.
  shouldComponentUpdate(next) {
    for (const name in next) if (next[name] !== this.props[name]) return true;
    return false;
  }

  render({ talk, message, avatar, repliesTo, isRoom, isFirst, isMine, isMentioned, isEditing, isInTabOrder, readOnly }) {
    const user = authorOf(message);
    const shown = message.name || person(user).name;
    return (
      <article
        class={`message ${isFirst ? "first" : ""} ${isMentioned ? "mentioned" : ""} ${isMine ? "mine" : ""} ${message.state === "failed" ? "failed" : ""} ${message.pinned ? "pinned" : ""}`}
        data-key={keyOf(message)}
        data-id={message.id}
        tabIndex={isInTabOrder ? 0 : -1}
        aria-label={`${shown}, ${clockTime(message.time)}`}
        onKeyDown={(event) => !readOnly && onMessageKey(event, this.props)}
        onContextMenu={(event) => !readOnly && openActions(event, this.props)}
      >
        <div class="message-side">
          {isFirst ? (
            <button type="button" class="avatar-button" tabIndex={-1} aria-label={`${shown}: profile`} onClick={(event) => showPerson(event.currentTarget, user, isRoom ? talk : null)}><Avatar user={user} name={shown} picture={avatar} /></button>
          ) : (
            <time class="num" dateTime={message.time} aria-hidden="true">{clockTime(message.time)}</time>
          )}
        </div>
        <div class="message-main">
          {repliesTo !== undefined && repliesTo !== "" && message.reply_to && <Quote talk={talk} message={message} replied={repliesTo} />}
          {isFirst && (
            <header>
              <b class="iso cut" dir="auto" title={user}>{shown}</b>
              <time class="num" dateTime={message.time} title={fullTime(message.time)}>{clockTime(message.time)}</time>
              {message.pinned && <span class="faint" title="Pinned"><Icon of={Pin} size={13} /><span class="sr">Pinned</span></span>}
            </header>
          )}
          {isEditing ? <Editor talk={talk} message={message} /> : <Body {...this.props} />}
          <Attachments talk={talk} message={message} />
          <Reactions talk={talk} message={message} />
          {message.state === "failed" && isMine && <Failed talk={talk} message={message} />}
        </div>
        {!readOnly && !message.deleted && message.id && !isEditing && (
          <div class="message-actions" role="group" aria-label="Actions">
            <IconButton small icon={SmilePlus} label="React" tabIndex={-1} onClick={(event) => pickReaction(event.currentTarget, talk, message)} />
            <IconButton small icon={Reply} label="Reply" tabIndex={-1} onClick={() => reply(talk, message)} />
            <IconButton small icon={Ellipsis} label="More actions" tabIndex={-1} aria-haspopup="menu" onClick={(event) => openActions(event, this.props)} />
          </div>
        )}
      </article>
    );
  }
}

function Body({ message, ...rest }) {
  if (message.deleted) return <p class="deleted">This message was deleted.</p>;
  const outcome = outcomeOf({ message, ...rest });
  if (!message.message && !outcome) return null;
  return (
    <div class="body" dir="auto">
      <MessageText message={message} />
      {message.edited && <span class="edited"> (edited)</span>}
      {outcome && <Outcome {...outcome} />}
    </div>
  );
}

function Quote({ talk, message, replied }) {
  const name = replied ? replied.name || person(replied.from).name : null;
  return (
    <button type="button" class="quote" tabIndex={-1} onClick={() => replied ? jumpTo(talk, replied) : jumpToUnknown(talk, message)}>
      <Icon of={Reply} size={14} />
      {replied ? <><b class="iso cut" dir="auto">{name}</b> <span class="cut" dir="auto">{replied.deleted ? "deleted message" : replied.message || "a file"}</span></> : <span>an earlier message</span>}
    </button>
  );
}

// A message that is not loaded: its thread tells where it is.
async function jumpToUnknown(talk, message) {
  const { messages } = await talk.history({ thread: message.reply_to, limit: 100 }).catch(() => ({ messages: [] }));
  const found = messages.find(({ id }) => id === message.reply_to);
  if (found) jumpTo(talk, found);
}

// What became of one's own message: sending, sent, read. Said of the last one, and of those under way.
function outcomeOf({ message, isMine, isLastMine, isRead }) {
  if (!isMine || message.state === "failed") return null;
  if (message.state === "sending") return { icon: Clock, word: "Sending" };
  if (!isLastMine) return null;
  return isRead ? { icon: CheckCheck, word: "Read" } : { icon: Check, word: "Sent" };
}

const Outcome = ({ icon, word }) => <span class={`outcome ${word.toLowerCase()}`} title={word}><Icon of={icon} size={14} /><span class="sr">{word}</span></span>;

const Failed = ({ talk, message }) => (
  <p class="not-sent" role="alert">
    Not sent{message.error ? `: ${message.error.message}` : ""}.
    <button type="button" class="link-button" onClick={() => talk.retry(message.cid).catch(() => {})}>Try again</button>
    <button type="button" class="link-button" onClick={() => talk.discard(message.cid)}>Discard</button>
  </p>
);
