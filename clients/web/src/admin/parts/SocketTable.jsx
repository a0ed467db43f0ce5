// Sockets as a table: whose they are, where they lead, until when; and the end of one.

import { Ellipsis } from "lucide";
import { MenuButton } from "../../kit/Menu.jsx";
import { disconnectSession, disconnectUser } from "../acts.jsx";
import { go, hrefOf } from "../route.js";
import { Ago } from "./Ago.jsx";
import { TableBox } from "./TableBox.jsx";

const ROOMS_SHOWN = 3;

export function SocketTable({ sockets, again, withUser = true }) {
  return (
    <TableBox label="Sockets">
      <thead>
        <tr>
          {withUser && <th scope="col">User</th>}
          <th scope="col">In rooms</th>
          <th scope="col" class="wide-only">Format</th>
          <th scope="col" class="wide-only">Session</th>
          <th scope="col">Token ends</th>
          <th scope="col"><span class="sr">Actions</span></th>
        </tr>
      </thead>
      <tbody>
        {sockets.map((socket) => (
          <tr key={socket.session}>
            {withUser && <td><Who socket={socket} /></td>}
            <td><Places socket={socket} /></td>
            <td class="wide-only">{socket.format}</td>
            <td class="wide-only"><code class="faint id" title={socket.session}>…{socket.session.slice(-8)}</code></td>
            <td><Ago ahead ms={socket.expires_ms} none="never" /></td>
            <td class="acts">
              <MenuButton small icon={Ellipsis} label={`Actions for the socket ${socket.session.slice(-8)} of ${socket.user ?? "nobody"}`} items={() => itemsFor(socket, again)} />
            </td>
          </tr>
        ))}
      </tbody>
    </TableBox>
  );
}

const itemsFor = ({ session, user }, again) => [
  user && { label: "Look at the user", run: () => go("users", user) },
  { label: "Disconnect this socket", danger: true, run: () => disconnectSession(session, user, again) },
  user && { label: "Disconnect the user", danger: true, run: () => disconnectUser(user, again) },
];

function Who({ socket: { user, name, admin, guest } }) {
  if (!user) return <span class="faint">nobody yet</span>;
  return (
    <span class="who">
      <a href={hrefOf("users", user)} dir="auto">{name || user}</a>
      {name && name !== user && <span class="faint" dir="auto">{user}</span>}
      {admin && <span class="chip good">admin</span>}
      {guest && <span class="chip">guest</span>}
    </span>
  );
}

function Places({ socket: { kind, room, rooms } }) {
  if (room !== null) return <a href={hrefOf("rooms", kind, room)} dir="auto">{kind === "rooms" ? room : `${kind}/${room}`}</a>;
  if (!rooms.length) return <span class="faint">many rooms, in none now</span>;
  return (
    <span class="who">
      {rooms.slice(0, ROOMS_SHOWN).map((name) => <a key={name} href={hrefOf("rooms", "rooms", name)} dir="auto">{name}</a>)}
      {rooms.length > ROOMS_SHOWN && <span class="faint">and {rooms.length - ROOMS_SHOWN} more</span>}
    </span>
  );
}
