// The list of rooms and private conversations, with what is unread and who is there.

import { ChevronsUpDown, Hash, Keyboard, LogOut, MessageSquarePlus, Moon, Plus, ScanSearch, Search, Sun, SunMoon, TicketCheck, UserRound } from "lucide";
import { Avatar } from "../kit/Avatar.jsx";
import { Icon } from "../kit/Icon.jsx";
import { MenuButton, openMenu } from "../kit/Menu.jsx";
import { theme } from "../kit/theme.js";
import { client, conversations, link, online, stats, watch } from "./connection.js";
import { openDialog } from "./dialogs/dialog.js";
import { COMMAND } from "./keys.js";
import { person } from "./people.js";
import { places, placesLoaded } from "./places.js";
import { go, route } from "./route.js";
import { me, signOut } from "./session.js";
import { unreadWords } from "./unread.js";

export function Sidebar() {
  return (
    <nav class="sidebar" aria-label="Rooms and conversations">
      <header class="sidebar-head">
        <img src="/assets/icon.svg" alt="" width="28" height="28" />
        <h1 class="grow">Rooms</h1>
        <MenuButton icon={Plus} label="New" items={newItems} />
      </header>
      <button class="jump" onClick={() => openDialog("switcher")}>
        <Icon of={Search} size={16} /> <span class="grow">Go to …</span> <kbd>{COMMAND} K</kbd>
      </button>
      <div class="sidebar-lists">
        <RoomList />
        <ConversationList />
      </div>
      <Me />
    </nav>
  );
}

const newItems = () => [
  { icon: Hash, label: "New room", run: () => openDialog("new-room") },
  { icon: TicketCheck, label: "Enter a code", run: () => openDialog("join-room") },
  { icon: MessageSquarePlus, label: "New conversation", run: () => openDialog("new-conversation") },
];

function RoomList() {
  const made = client.value;
  const rows = places.value.map(({ room, title }) => ({ room: made?.room(room), name: room, title }));
  rows.sort((one, other) => titleOf(one).localeCompare(titleOf(other)));
  return (
    <section aria-labelledby="rooms-heading">
      <h2 id="rooms-heading">Rooms</h2>
      <ul>{rows.map((row) => row.room && <RoomRow key={row.name} {...row} />)}</ul>
      {rows.length === 0 && placesLoaded.value && (
        <div class="narrow-only">
          <Add icon={Plus} label="New room" dialog="new-room" />
          <Add icon={TicketCheck} label="Enter a code" dialog="join-room" />
        </div>
      )}
    </section>
  );
}

const Add = ({ icon, label, dialog }) => <button class="place add" onClick={() => openDialog(dialog)}><span class="place-mark"><Icon of={icon} size={16} /></span> {label}</button>;

const titleOf = ({ room, name, title }) => room?.title || title || name;

function RoomRow({ room, name, title }) {
  const watched = watch(room);
  void [watched.messages.value, watched.reads.value, watched.about.value, watched.users.value, watched.state.value];
  const isHere = route.value.place === "room" && route.value.name === name;
  const here = room.state === "joined" ? room.online : room.state === "ended" ? 0 : stats.value[name]?.online;
  const unread = room.unread;
  const mentioned = unread > 0 && isMentioned(room);
  const words = [titleOf({ room, name, title }), unread && `${unreadWords(room)} unread`, mentioned && "you are mentioned", here && `${here} here`].filter(Boolean).join(", ");
  return (
    <li>
      <a href={`#/r/${encodeURIComponent(name)}`} class={`place ${unread ? "unread" : ""} ${room.state === "ended" ? "over" : ""}`} aria-current={isHere ? "page" : undefined} aria-label={words} data-place="room" data-name={name} onClick={open}>
        <span class="place-mark"><Icon of={Hash} size={16} /></span>
        <span class="grow cut" dir="auto">{titleOf({ room, name, title })}</span>
        {unread > 0 ? <span class={`badge ${mentioned ? "" : "quiet"}`}>{mentioned ? "@" : ""}{unreadWords(room)}</span> : here > 0 && <span class="here num" title={`${here} here`}>{here}</span>}
      </a>
    </li>
  );
}

function isMentioned(room) {
  const [user, last] = [me.value?.user, room.lastRead];
  return room.messages.some(({ seq, from, mentions }) => seq > last && from !== user && mentions?.includes(user));
}

function ConversationList() {
  const list = [...conversations.value].filter((one) => one.messages.length || one._known || isOpen(one));
  const open = route.value.place === "user" && client.value?.private(route.value.name);
  if (open && !list.includes(open)) list.push(open);
  list.sort((one, other) => lastTime(other) - lastTime(one));
  return (
    <section aria-labelledby="conversations-heading">
      <h2 id="conversations-heading">Conversations</h2>
      <ul>{list.map((one) => <ConversationRow key={one.user} talk={one} />)}</ul>
      <Add icon={Plus} label="New conversation" dialog="new-conversation" />
    </section>
  );
}

const isOpen = (talk) => route.value.place === "user" && route.value.name === talk.user;
const lastTime = (talk) => Date.parse(talk.messages.at(-1)?.time ?? talk._known?.last?.time ?? 0) || 0;

function ConversationRow({ talk }) {
  const watched = watch(talk);
  void [watched.messages.value, watched.reads.value];
  const { name, avatar } = person(talk.user);
  const isOnline = online.value.has(talk.user);
  const unread = isOpen(talk) && document.hasFocus() ? 0 : talk.unread;
  const words = [name, isOnline ? "online" : "offline", unread && `${unread} unread`].filter(Boolean).join(", ");
  return (
    <li>
      <a href={`#/u/${encodeURIComponent(talk.user)}`} class={`place ${unread ? "unread" : ""}`} aria-current={isOpen(talk) ? "page" : undefined} aria-label={words} data-place="user" data-name={talk.user} onClick={open}>
        <Avatar user={talk.user} name={name} picture={avatar} size="small" online={isOnline} />
        <span class="grow cut" dir="auto">{name}</span>
        {unread > 0 && <span class="badge">{unread > 99 ? "99+" : unread}</span>}
      </a>
    </li>
  );
}

function open(event) {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  go(event.currentTarget.dataset.place, event.currentTarget.dataset.name);
}

const LINKS = { open: ["on", "Connected"], connecting: ["", "Connecting …"], waiting: ["", "Offline"], closed: ["", "Not connected"], idle: ["", "Not connected"] };

function Me() {
  const { user, full_name: name, avatar } = me.value;
  const [dot, words] = LINKS[link.value.state];
  return (
    <footer class="me">
      <button class="me-button" aria-haspopup="menu" aria-label={`${name || user}, ${words}: profile and settings`} onClick={(event) => openMenu(event.currentTarget, meItems(), "Profile and settings")}>
        <Avatar user={user} name={name} picture={avatar} />
        <span class="me-words">
          <b class="cut" dir="auto">{name || user}</b>
          <span class="cut small faint"><i class={`dot ${dot}`} /> {words}</span>
        </span>
        <Icon of={ChevronsUpDown} size={16} />
      </button>
    </footer>
  );
}

const meItems = () => [
  { heading: me.value.user },
  { icon: UserRound, label: "Profile", run: () => openDialog("profile") },
  { icon: Keyboard, label: "Shortcuts", hint: "?", run: () => openDialog("shortcuts") },
  "line",
  { icon: SunMoon, label: "As the system", checked: theme.value === "system", run: () => (theme.value = "system") },
  { icon: Sun, label: "Light", checked: theme.value === "light", run: () => (theme.value = "light") },
  { icon: Moon, label: "Dark", checked: theme.value === "dark", run: () => (theme.value = "dark") },
  "line",
  me.value.admin && { icon: ScanSearch, label: "Inspector", run: () => location.assign("/admin") },
  { icon: LogOut, label: "Sign out", run: signOut },
];
