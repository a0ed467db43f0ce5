// Who is here, to be searched; each opens what can be done with a person.

import { EllipsisVertical } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { Avatar } from "../../kit/Avatar.jsx";
import { Icon } from "../../kit/Icon.jsx";
import { plural } from "../../kit/words.js";
import { watch } from "../connection.js";
import { remember } from "../people.js";
import { me } from "../session.js";
import { isModerator, showPerson } from "../showPerson.js";
import { Sanctions } from "./Sanctions.jsx";

export function Members({ talk }) {
  const revision = watch(talk).users.value;
  const [query, setQuery] = useState("");
  const [found, setFound] = useState(null);
  useEffect(() => {
    let isCurrent = true;
    talk.who({ query: query || undefined, limit: 200 }).then(({ users }) => {
      users.forEach(remember);
      if (isCurrent) setFound(users);
    }, () => {});
    return () => (isCurrent = false);
  }, [query, revision]);
  const users = found ?? [...talk.users.values()];
  const others = query ? 0 : talk.online - users.length;
  return (
    <>
      <div class="panel-field"><input class="input" type="search" placeholder="Find somebody" aria-label="Find somebody" value={query} onInput={(event) => setQuery(event.currentTarget.value)} /></div>
      <p class="panel-note small faint" role="status">{query ? `${users.length} found` : `${talk.online} here now`}</p>
      <ul class="members">
        {users.map(({ user, name, avatar, connections }) => (
          <li key={user}>
            <button type="button" class="member" aria-haspopup="menu" onClick={(event) => showPerson(event.currentTarget, user, talk)}>
              <Avatar user={user} name={name} picture={avatar} online />
              <span class="member-words">
                <b class="cut" dir="auto">{name || user}{user === me.value.user && <span class="faint"> (you)</span>}</b>
                <span class="cut small faint iso">{user}{connections > 1 && ` · ${connections} devices`}</span>
              </span>
              <Icon of={EllipsisVertical} size={16} />
            </button>
          </li>
        ))}
        {others > 0 && <li class="panel-note small faint">and {plural(others, "other")}: find them by name</li>}
        {isModerator(talk) && !query && <Sanctions room={talk} />}
      </ul>
    </>
  );
}
