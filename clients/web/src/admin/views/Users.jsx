// Everybody who ever came.

import { Search, Users as UsersIcon } from "lucide";
import { useState } from "preact/hooks";
import { Avatar } from "../../kit/Avatar.jsx";
import { Icon } from "../../kit/Icon.jsx";
import { count } from "../numbers.js";
import { Ago } from "../parts/Ago.jsx";
import { Empty, Head, ListEnd } from "../parts/Page.jsx";
import { TableBox } from "../parts/TableBox.jsx";
import { usePages, useSettled } from "../polling.js";
import { hrefOf } from "../route.js";
import { ask } from "../session.js";

export function Users() {
  const [query, setQuery] = useState("");
  const settled = useSettled(query);
  const pages = usePages(`/users${settled ? `?query=${encodeURIComponent(settled)}` : ""}`, "users", ask, [], 5);
  return (
    <>
      <Head title="Users" lead="Everybody who ever came, by account or by token" />
      <search class="filters">
        <label class="search-field">
          <span class="sr">Search users</span>
          <Icon of={Search} size={16} />
          <input class="input" type="search" placeholder="Search by user or name" value={query} onInput={(event) => setQuery(event.currentTarget.value)} dir="auto" />
        </label>
      </search>
      {pages.items?.length > 0 && (
        <TableBox label="Users">
          <thead>
            <tr><th scope="col">User</th><th scope="col" class="wide-only">Comes by</th><th scope="col" class="end">Sockets</th><th scope="col">First seen</th></tr>
          </thead>
          <tbody>{pages.items.map((one) => <Row key={one.user} one={one} />)}</tbody>
        </TableBox>
      )}
      <ListEnd pages={pages} empty={<Empty icon={UsersIcon} title={settled ? "Nobody is called so" : "Nobody came yet"} />} label="Show more users" />
    </>
  );
}

function Row({ one: { user, name, avatar, has_account: hasAccount, since_ms: since, sockets } }) {
  return (
    <tr>
      <th scope="row">
        <a class="room-link user-link" href={hrefOf("users", user)}>
          <Avatar user={user} name={name ?? user} picture={avatar} size="small" online={sockets > 0} />
          <span class="room-name" dir="auto">{name ?? user}</span>
          {name && name !== user && <span class="faint" dir="auto">{user}</span>}
        </a>
      </th>
      <td class="wide-only">{hasAccount ? "account" : "token"}</td>
      <td class="end num">{sockets ? count(sockets) : <span class="faint">–</span>}</td>
      <td><Ago ms={since} /></td>
    </tr>
  );
}
