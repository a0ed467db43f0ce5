// Every socket of the server, or those of one user.

import { Cable, Search } from "lucide";
import { useState } from "preact/hooks";
import { Icon } from "../../kit/Icon.jsx";
import { Empty, Head, ListEnd } from "../parts/Page.jsx";
import { SocketTable } from "../parts/SocketTable.jsx";
import { usePages, useSettled } from "../polling.js";
import { ask } from "../session.js";

const REFRESH_SECONDS = 3;

export function Sockets() {
  const [user, setUser] = useState("");
  const settled = useSettled(user);
  const pages = usePages(`/connections${settled ? `?user=${encodeURIComponent(settled)}` : ""}`, "connections", ask, [], REFRESH_SECONDS);
  return (
    <>
      <Head title="Sockets" lead="Every open connection, the oldest first" />
      <search class="filters">
        <label class="search-field">
          <span class="sr">Only of this user</span>
          <Icon of={Search} size={16} />
          <input class="input" type="search" placeholder="Only of this user (exact name)" value={user} onInput={(event) => setUser(event.currentTarget.value)} spellcheck={false} dir="auto" />
        </label>
      </search>
      {pages.items?.length > 0 && <SocketTable sockets={pages.items} again={pages.again} />}
      <ListEnd pages={pages} empty={<Empty icon={Cable} title={settled ? "This user has no socket open" : "Nobody is connected"} />} label="Show more sockets" />
    </>
  );
}
