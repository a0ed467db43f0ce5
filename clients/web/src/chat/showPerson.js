// The menu of a person: write to them, mention them, and what a moderator may do.

import { AtSign, Ban, DoorOpen, MessageSquare, Mic, MicOff, ShieldCheck, ShieldOff, Undo2 } from "lucide";
import { openMenu } from "../kit/Menu.jsx";
import { toast } from "../kit/Toasts.jsx";
import { client } from "./connection.js";
import { mention } from "./composer/draft.js";
import { openDialog } from "./dialogs/dialog.js";
import { person } from "./people.js";
import { go, route } from "./route.js";
import { lift } from "./sanctioned.js";
import { me } from "./session.js";

export const isModerator = ({ role }) => ["moderator", "owner", "admin"].includes(role);

export function showPerson(anchor, user, room = openRoom()) {
  const { name } = person(user);
  const isMe = user === me.value.user;
  const mayModerate = room && isModerator(room) && !isMe;
  const isOwner = mayModerate && room.role !== "moderator";
  const did = (act, words) => () => act().then(() => toast(words), (error) => toast(error.message, { problem: true }));
  openMenu(anchor, [
    { heading: name === user ? user : `${name} · ${user}` },
    !isMe && { icon: MessageSquare, label: "Write to them", run: () => go("user", user) },
    isMe && { icon: MessageSquare, label: "Profile", run: () => openDialog("profile") },
    room && !isMe && { icon: AtSign, label: "Mention", run: () => mention(user, name) },
    mayModerate && "line",
    mayModerate && { icon: MicOff, label: "Mute …", run: () => openDialog("sanction", { room, user, what: "mute" }) },
    mayModerate && { icon: Mic, label: "Let speak again", run: did(() => lift(room, user, "mute"), `${name} may speak again`) },
    mayModerate && { icon: DoorOpen, label: "Kick …", danger: true, run: () => openDialog("sanction", { room, user, what: "kick" }) },
    mayModerate && { icon: Ban, label: "Ban …", danger: true, run: () => openDialog("sanction", { room, user, what: "ban" }) },
    mayModerate && { icon: Undo2, label: "Lift ban", run: did(() => lift(room, user, "ban"), `${name} may come back`) },
    isOwner && "line",
    isOwner && { icon: ShieldCheck, label: "Make moderator", run: did(() => room.setRole(user, "moderator"), `${name} is a moderator now`) },
    isOwner && { icon: ShieldOff, label: "Make member", run: did(() => room.setRole(user, "member"), `${name} is a member now`) },
  ], `${name}`);
}

const openRoom = () => (route.value.place === "room" ? client.value.room(route.value.name) : null);
