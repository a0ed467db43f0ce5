// A message with the answers to it, and a field to answer in.

import { SendHorizontal } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../kit/Icon.jsx";
import { Rows } from "../timeline/Rows.jsx";

export function Thread({ talk, root }) {
  const [messages, setMessages] = useState(null);
  const [text, setText] = useState("");
  useEffect(() => {
    let isCurrent = true;
    const ask = () => talk.history({ thread: root, limit: 100 }).then((page) => isCurrent && setMessages(page.messages), () => {});
    ask();
    const offs = ["message", "edited", "deleted", "reacted"].map((type) => talk.on(type, ask));
    return () => ((isCurrent = false), offs.forEach((off) => off()));
  }, [root]);
  const send = (event) => {
    event.preventDefault();
    if (!text.trim()) return;
    talk.send(text.trim(), { reply_to: root }).catch(() => {}); // it stands in the room as not sent
    setText("");
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
  };
  if (!messages) return <div class="loading"><span class="spinner" /></div>;
  return (
    <>
      <div class="thread messages"><Rows talk={talk} isRoom messages={messages} unreadFrom={Infinity} readOnly /></div>
      <form class="composer-box composer-row thread-field" onSubmit={send}>
        <textarea rows="1" dir="auto" maxlength="4000" placeholder="Answer" aria-label="Answer in the thread" value={text} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={onKeyDown} />
        <button class="send" disabled={!text.trim()} aria-label="Send answer" title="Send answer"><Icon of={SendHorizontal} /></button>
      </form>
    </>
  );
}
