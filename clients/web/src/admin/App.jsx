// The shell: the form for strangers; for admins the places of the inspector, and the one that is looked at.

import { Activity, Boxes, Cable, LogOut, MessagesSquare, Monitor, Moon, ScanSearch, Sun, Users as UsersIcon } from "lucide";
import { Icon, IconButton } from "../kit/Icon.jsx";
import { MenuButton, Menus } from "../kit/Menu.jsx";
import { theme } from "../kit/theme.js";
import { Toasts } from "../kit/Toasts.jsx";
import { Confirmation } from "./acts.jsx";
import { hrefOf, route } from "./route.js";
import { me, notice, phase, signOut, start } from "./session.js";
import { SignIn } from "./SignIn.jsx";
import { Room } from "./views/Room.jsx";
import { Rooms } from "./views/Rooms.jsx";
import { Server } from "./views/Server.jsx";
import { Sockets } from "./views/Sockets.jsx";
import { User } from "./views/User.jsx";
import { Users } from "./views/Users.jsx";

const PLACES = [
  ["rooms", "Rooms", Boxes],
  ["sockets", "Sockets", Cable],
  ["users", "Users", UsersIcon],
  ["server", "Server", Activity],
];
const THEMES = [["system", "As the system", Monitor], ["light", "Light", Sun], ["dark", "Dark", Moon]];

export function App() {
  return (
    <>
      {{ starting: <Starting />, unreachable: <Unreachable />, out: <SignIn />, in: <Inspector /> }[phase.value]}
      <Confirmation />
      <Menus />
      <Toasts />
    </>
  );
}

function Inspector() {
  const [place, ...rest] = route.value;
  return (
    <div class="inspector">
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), document.getElementById("main").focus())}>Skip to the content</a>
      <header class="rail">
        <a class="brand" href={hrefOf("rooms")}>
          <span class="brand-mark"><Icon of={ScanSearch} /></span>
          <span class="brand-name">Inspector</span>
        </a>
        <nav aria-label="Places">
          {PLACES.map(([key, label, icon]) => (
            <a key={key} href={hrefOf(key)} aria-current={place === key ? "page" : undefined}>
              <Icon of={icon} />
              <span>{label}</span>
            </a>
          ))}
        </nav>
        <div class="rail-foot">
          <span class="rail-user cut" title={me.value.user} dir="auto">{me.value.full_name || me.value.user}</span>
          <a class="icon-button" href="/" aria-label="Chat" title="Chat"><Icon of={MessagesSquare} /></a>
          <MenuButton icon={THEMES.find(([key]) => key === theme.value)[2]} label="Colours" items={() => THEMES.map(([key, label, icon]) => ({ label, icon, checked: theme.value === key, run: () => (theme.value = key) }))} />
          <IconButton icon={LogOut} label="Sign out" onClick={signOut} />
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <View place={place} rest={rest} />
      </main>
    </div>
  );
}

function View({ place, rest }) {
  if (place === "rooms" && rest.length >= 2) return <Room key={`${rest[0]}/${rest[1]}`} kind={rest[0]} name={rest[1]} tab={rest[2] ?? "history"} />;
  if (place === "users" && rest.length) return <User key={rest[0]} user={rest[0]} />;
  return { sockets: <Sockets />, users: <Users />, server: <Server /> }[place] ?? <Rooms />;
}

const Starting = () => <main class="gate" aria-busy="true"><span class="spinner" role="status" aria-label="Loading" /></main>;

const Unreachable = () => (
  <main class="gate">
    <div class="empty">
      <h1>No answer</h1>
      <p>{notice.value}</p>
      <button class="button" onClick={start}>Try again</button>
    </div>
  </main>
);
