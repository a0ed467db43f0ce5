// What moderators pinned in the room.

import { Pin } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../kit/Icon.jsx";
import { Found } from "./Found.jsx";

export function Pins({ talk }) {
  const [pinned, setPinned] = useState(null);
  useEffect(() => {
    let isCurrent = true;
    const ask = () => talk.history({ pinned: true, limit: 100 }).then(({ messages }) => isCurrent && setPinned(messages.toReversed()), () => {});
    ask();
    const offs = ["pinned", "deleted", "edited"].map((type) => talk.on(type, ask));
    return () => ((isCurrent = false), offs.forEach((off) => off()));
  }, []);
  if (!pinned) return <div class="loading"><span class="spinner" /></div>;
  if (!pinned.length) return <div class="empty"><Icon of={Pin} size={28} /><h3>Nothing pinned</h3><p>Moderators pin what should be found again, from a message's menu.</p></div>;
  return <ul class="found-list">{pinned.map((message) => <Found key={message.id} talk={talk} message={message} />)}</ul>;
}
