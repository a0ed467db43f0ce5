// One room or private conversation: its head, its messages, the field to write in, and a panel.

import { useEffect } from "preact/hooks";
import { client, link, watch } from "./connection.js";
import { Composer } from "./composer/Composer.jsx";
import { DropZone } from "./composer/DropZone.jsx";
import { Ended } from "./Ended.jsx";
import { Panel } from "./panels/Panel.jsx";
import { panel } from "./panel.js";
import { past } from "./past.js";
import { enterAndKeep } from "./places.js";
import { TalkHead } from "./TalkHead.jsx";
import { Timeline } from "./timeline/Timeline.jsx";
import { person } from "./people.js";
import { toast } from "../kit/Toasts.jsx";
import { unreadTotal } from "./unread.js";

export function TalkView({ talk, place }) {
  const isRoom = place === "room";
  const watched = watch(talk);
  void [watched.state.value, watched.about.value, link.value];
  const title = isRoom ? talk.title || talk.name : person(talk.user).name;
  useEffect(() => {
    if (isRoom) enterAndKeep(talk.name).catch(() => {}); // the room's state says why
    else talk.open().catch((error) => toast(error.message, { problem: true }));
    return () => {
      past.value?.close();
      past.value = null;
      if (panel.value?.kind !== "members") panel.value = null;
    };
  }, []);
  const unread = unreadTotal.value;
  useEffect(() => {
    document.title = `${unread ? `(${unread}) ` : ""}${title} · Rooms`;
    return () => (document.title = "Rooms");
  }, [title, unread]);
  const isEnded = isRoom && (talk.state === "ended" || talk.state === "left" || talk.state === "waiting") && Boolean(talk.error && client.value);
  useEffect(() => {
    if (isEnded) panel.value = null;
  }, [isEnded]);
  return (
    <>
      <main class="talk" aria-label={title}>
        <TalkHead talk={talk} isRoom={isRoom} isEnded={isEnded} title={title} />
        <DropZone talk={talk} enabled={!isEnded}>
          <Timeline key={past.value ? "past" : "present"} talk={talk} isRoom={isRoom} title={title} source={past.value ?? talk} />
          {isEnded ? <Ended room={talk} state={talk.state} error={talk.error} /> : <Composer talk={talk} isRoom={isRoom} title={title} />}
        </DropZone>
      </main>
      {panel.value && !isEnded && <Panel talk={talk} isRoom={isRoom} />}
    </>
  );
}
