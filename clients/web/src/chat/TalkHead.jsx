// The head of a room: what it is called and about, who is here, and what can be done with it.

import { ArrowLeft, Copy, DoorOpen, EllipsisVertical, Link, Pin, Search, Settings2, ShieldX, Trash2, Users } from "lucide";
import { Avatar } from "../kit/Avatar.jsx";
import { Icon, IconButton } from "../kit/Icon.jsx";
import { MenuButton } from "../kit/Menu.jsx";
import { toast } from "../kit/Toasts.jsx";
import { client, online, watch } from "./connection.js";
import { openDialog } from "./dialogs/dialog.js";
import { panel, togglePanel } from "./panel.js";
import { person } from "./people.js";
import { leaveRoom } from "./places.js";
import { go, linkTo } from "./route.js";

export function TalkHead({ talk, isRoom, isEnded, title }) {
  const watched = watch(talk);
  void [watched.users.value, watched.about.value];
  return (
    <header class="talk-head">
      <IconButton class="back" icon={ArrowLeft} label="Back to the list" onClick={() => go(null)} />
      {isRoom ? <RoomWords room={talk} title={title} /> : <PersonWords talk={talk} title={title} />}
      {isRoom && !isEnded && (
        <>
          <button class="here-button" aria-pressed={isShown("members")} aria-label={`${talk.online ?? 0} here: members`} title="Members" onClick={() => togglePanel("members")}>
            <Icon of={Users} /> <span class="num">{talk.online ?? 0}</span>
          </button>
          <IconButton class="wide-only" icon={Pin} label="Pinned messages" aria-pressed={isShown("pins")} onClick={() => togglePanel("pins")} />
          <IconButton icon={Search} label="Search" aria-pressed={isShown("search")} onClick={() => togglePanel("search")} />
        </>
      )}
      <MenuButton icon={EllipsisVertical} label={isRoom ? "Room" : "Conversation"} items={() => (isRoom ? roomItems(talk, isEnded) : personItems(talk))} />
    </header>
  );
}

const isShown = (kind) => panel.value?.kind === kind;

const RoomWords = ({ room, title }) => (
  <div class="talk-words">
    <h1 class="cut" dir="auto">{title}</h1>
    {room.topic && <p class="cut small" dir="auto" title={room.topic}>{room.topic}</p>}
  </div>
);

function PersonWords({ talk, title }) {
  const { avatar } = person(talk.user);
  const isOnline = online.value.has(talk.user);
  return (
    <>
      <Avatar user={talk.user} name={title} picture={avatar} online={isOnline} />
      <div class="talk-words">
        <h1 class="cut" dir="auto">{title}</h1>
        <p class="cut small">{isOnline ? "Online" : "Offline"} · <span class="iso">@{talk.user}</span></p>
      </div>
    </>
  );
}

function roomItems(room, isEnded) {
  const isOwner = !isEnded && (room.role === "owner" || room.role === "admin");
  return [
    { icon: Link, label: "Copy link", run: () => copy(linkTo(room.name), "Link copied") },
    { icon: Copy, label: "Copy code", run: () => copy(room.name, "Code copied") },
    !isEnded && { icon: Pin, label: "Pinned messages", run: () => togglePanel("pins") },
    isOwner && { icon: Settings2, label: "Name and topic", run: () => openDialog("room-settings", { room }) },
    "line",
    { icon: DoorOpen, label: "Leave", run: () => leave(room) },
    isOwner && { icon: Trash2, label: "Destroy", danger: true, run: () => openDialog("destroy-room", { room }) },
  ];
}

function personItems({ user, _known: known }) {
  const isBlocked = known?.blocked;
  return [
    { icon: Copy, label: "Copy user name", run: () => copy(user, "User name copied") },
    { icon: ShieldX, label: isBlocked ? "Unblock" : "Block", danger: !isBlocked, run: () => block(user, !isBlocked) },
  ];
}

async function block(user, on) {
  try {
    await client.value.block(user, on);
    const talk = client.value.private(user);
    talk._known = { ...talk._known, blocked: on };
    toast(on ? "Blocked: no messages from them reach you" : "Unblocked");
  } catch (error) {
    toast(error.message, { problem: true });
  }
}

async function leave(room) {
  await leaveRoom(room.name);
  go(null);
}

export async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    toast(said);
  } catch {
    toast(text); // at least to be seen and marked by hand
  }
}
