// Which dialog is shown for which kind.

import { Confirm, DestroyRoom } from "./Confirm.jsx";
import { dialog } from "./dialog.js";
import { Picture } from "./Picture.jsx";
import { Profile } from "./Profile.jsx";
import { JoinRoom, NewRoom, RoomSettings } from "./Rooms.jsx";
import { Sanction } from "./Sanction.jsx";
import { Shortcuts } from "./Shortcuts.jsx";
import { NewConversation, Switcher } from "./Switcher.jsx";

const KINDS = {
  confirm: Confirm,
  "destroy-room": DestroyRoom,
  "join-room": JoinRoom,
  "new-conversation": NewConversation,
  "new-room": NewRoom,
  picture: Picture,
  profile: Profile,
  "room-settings": RoomSettings,
  sanction: Sanction,
  shortcuts: Shortcuts,
  switcher: Switcher,
};

export function Dialogs() {
  if (!dialog.value) return null;
  const { kind, ...about } = dialog.value;
  const Kind = KINDS[kind];
  return <Kind key={kind} {...about} />;
}
