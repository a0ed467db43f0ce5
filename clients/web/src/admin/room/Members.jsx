// Who is connected to the room: the socket, its tags, and the attachment that outlives hibernation.

import { Cable, Ellipsis } from "lucide";
import { MenuButton } from "../../kit/Menu.jsx";
import { disconnectSession, disconnectUser } from "../acts.jsx";
import { Empty, ListEnd } from "../parts/Page.jsx";
import { TableBox } from "../parts/TableBox.jsx";
import { Value } from "../parts/Value.jsx";
import { usePages } from "../polling.js";
import { go, hrefOf, roomPath } from "../route.js";
import { ask } from "../session.js";

const REFRESH_SECONDS = 3;

export function Members({ room: { kind, name } }) {
  const pages = usePages(`${roomPath(kind, name)}/connections`, "connections", ask, [], REFRESH_SECONDS);
  return (
    <>
      {pages.items?.length > 0 && (
        <TableBox label="Connections">
          <thead>
            <tr>
              <th scope="col">User</th>
              <th scope="col">Attachment</th>
              <th scope="col" class="wide-only">Tags</th>
              <th scope="col" class="wide-only">Connection</th>
              <th scope="col"><span class="sr">Actions</span></th>
            </tr>
          </thead>
          <tbody>{pages.items.map((one) => <Member key={one.id} one={one} again={pages.again} />)}</tbody>
        </TableBox>
      )}
      <ListEnd pages={pages} empty={<Empty icon={Cable} title="Nobody is connected" />} label="Show more connections" />
    </>
  );
}

function Member({ one: { id, session, user, name, phase, attachment, tags }, again }) {
  return (
    <tr>
      <th scope="row">
        <span class="who">
          <a href={hrefOf("users", user)} dir="auto">{name || user}</a>
          {name && name !== user && <span class="faint" dir="auto">{user}</span>}
          {phase !== "open" && <span class="chip warn">{phase}</span>}
        </span>
      </th>
      <td>{attachment === null ? <span class="faint">none</span> : <Value of={attachment} label={`the attachment of ${user}`} />}</td>
      <td class="wide-only">{tags.length ? tags.map((tag) => <span key={tag} class="chip" dir="auto">{tag}</span>) : <span class="faint">–</span>}</td>
      <td class="wide-only"><code class="faint id" title={id}>…{id.slice(-8)}</code></td>
      <td class="acts">
        <MenuButton
          small
          icon={Ellipsis}
          label={`Actions for the connection ${id.slice(-8)} of ${user}`}
          items={() => [
            { label: "Look at the user", run: () => go("users", user) },
            session && { label: "Disconnect this socket", danger: true, run: () => disconnectSession(session, user, again) },
            { label: "Disconnect the user", danger: true, run: () => disconnectUser(user, again) },
          ]}
        />
      </td>
    </tr>
  );
}
