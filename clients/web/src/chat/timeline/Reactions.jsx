// The reactions to a message, each a switch for one's own.

import { SmilePlus } from "lucide";
import { Icon } from "../../kit/Icon.jsx";
import { listed } from "../../kit/words.js";
import { person } from "../people.js";
import { me } from "../session.js";
import { pickReaction, react } from "./actions.js";

export function Reactions({ talk, message }) {
  const all = Object.entries(message.reactions ?? {}).filter(([, users]) => users.length);
  if (!all.length) return null;
  return (
    <div class="reactions" role="group" aria-label="Reactions">
      {all.map(([emoji, users]) => {
        const isMine = users.includes(me.value.user);
        const names = listed(users.map((user) => (user === me.value.user ? "you" : person(user).name)), 5);
        return (
          <button key={emoji} type="button" class="reaction" aria-pressed={isMine} title={names} aria-label={`${emoji} from ${names}`} onClick={() => react(talk, message, emoji, !isMine)}>
            <span aria-hidden="true" class="iso">{emoji}</span> <span class="num" aria-hidden="true">{users.length}</span>
          </button>
        );
      })}
      <button type="button" class="reaction add" aria-label="Add a reaction" onClick={(event) => pickReaction(event.currentTarget, talk, message)}><Icon of={SmilePlus} size={15} /></button>
    </div>
  );
}
