// What stands before the first message; and, where nobody else is yet, how to bring somebody in.

import { Link } from "lucide";
import { Icon } from "../../kit/Icon.jsx";
import { watch } from "../connection.js";
import { linkTo } from "../route.js";
import { me } from "../session.js";
import { copy } from "../TalkHead.jsx";

export function Beginning({ title, isRoom, isEmpty, talk }) {
  const watched = watch(talk);
  void [watched.users.value, watched.state.value]; // who reads one signal has to read all that it is about
  if (isRoom && talk.state !== "joined" && isEmpty) return talk.error ? null : <div class="loading"><span class="spinner" /></div>;
  return (
    <div class="beginning">
      <h2 dir="auto">{title}</h2>
      <p>{isEmpty ? "Nothing has been said here yet." : isRoom ? "This is where the room begins." : "This is where your conversation begins."}</p>
      {isRoom && isEmpty && talk.online < 2 && <Alone room={talk} />}
    </div>
  );
}

const Alone = ({ room }) => (
  <div class="alone">
    <p>
      You are alone here so far. Send others the link of this room.
      {me.value.user.startsWith("guest-") && " To try it by yourself: another window of this browser is you once more, a private window is somebody else."}
    </p>
    <button class="button plain small" onClick={() => copy(linkTo(room.name), "Link copied")}><Icon of={Link} size={16} /> Copy link</button>
  </div>
);
