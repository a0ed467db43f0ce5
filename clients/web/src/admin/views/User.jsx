// One user: sockets, sign-ins, the rooms they were let into; disconnect, revoke.

import { ArrowLeft, Ban, Unplug } from "lucide";
import { Avatar } from "../../kit/Avatar.jsx";
import { Icon } from "../../kit/Icon.jsx";
import { disconnectUser, revokeUser } from "../acts.jsx";
import { Ago } from "../parts/Ago.jsx";
import { Loading, Problem } from "../parts/Page.jsx";
import { SocketTable } from "../parts/SocketTable.jsx";
import { TableBox } from "../parts/TableBox.jsx";
import { usePolled } from "../polling.js";
import { hrefOf } from "../route.js";
import { ask } from "../session.js";

const REFRESH_SECONDS = 3;

export function User({ user }) {
  const { data: found, error, again } = usePolled((abort) => ask("GET", `/users/${encodeURIComponent(user)}`, undefined, { signal: abort }), REFRESH_SECONDS, []);
  return (
    <>
      <a class="back" href={hrefOf("users")}><Icon of={ArrowLeft} size={16} /> Users</a>
      {error && <Problem error={error} again={again} />}
      {!found && !error && <Loading />}
      {found && <Found found={found} again={again} />}
    </>
  );
}

function Found({ found, again }) {
  const { user, name, avatar, has_account: hasAccount, since_ms: since, revoked_ms: revoked, sockets, sign_ins: signIns, rooms, connections } = found;
  return (
    <>
      <header class="view-head">
        <div class="view-title with-avatar">
          <Avatar user={user} name={name ?? user} picture={avatar} online={sockets > 0} />
          <div>
            <h1 dir="auto">{name ?? user}</h1>
            <p class="faint"><span dir="auto">{user}</span> · {hasAccount ? "has an account" : "comes by token"} · first seen <Ago ms={since} />{revoked && <> · revoked <Ago ms={revoked} /></>}</p>
          </div>
        </div>
        <div class="view-acts">
          <button type="button" class="button plain small" disabled={!sockets} onClick={() => disconnectUser(user, again)}><Icon of={Unplug} size={16} /> Disconnect</button>
          <button type="button" class="button plain small is-danger" onClick={() => revokeUser(user, again)}><Icon of={Ban} size={16} /> Revoke</button>
        </div>
      </header>
      <Part title="Sockets" nothing="None is open" of={connections}><SocketTable sockets={connections} again={again} withUser={false} /></Part>
      <Part title="Sign-ins" nothing="Not signed in by cookie anywhere" of={signIns}>
        <TableBox label="Sign-ins">
          <thead><tr><th scope="col">By</th><th scope="col">Began</th><th scope="col">Ends</th></tr></thead>
          <tbody>{signIns.map((one) => <tr key={one.id}><td>{one.by}</td><td><Ago ms={one.began_ms} /></td><td><Ago ahead ms={one.expires_ms} /></td></tr>)}</tbody>
        </TableBox>
      </Part>
      <Part title="Rooms they were let into" nothing="None beyond what their tokens say" of={rooms}>
        <ul class="room-list">{rooms.map((name) => <li key={name}><a class="chip" href={hrefOf("rooms", "rooms", name)} dir="auto">{name}</a></li>)}</ul>
      </Part>
    </>
  );
}

const Part = ({ title, nothing, of, children }) => (
  <section class="part">
    <h2>{title}</h2>
    {of.length ? children : <p class="faint">{nothing}</p>}
  </section>
);
