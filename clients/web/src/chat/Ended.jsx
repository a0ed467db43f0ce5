// In place of the field to write in, when a room is closed to us: kicked, banned, destroyed, not allowed.

import { Ban, DoorOpen, Trash2 } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../kit/Icon.jsx";
import { duration } from "../kit/words.js";
import { person } from "./people.js";
import { enterAndKeep, forget } from "./places.js";
import { go } from "./route.js";

export function Ended({ room, state, error }) {
  const { icon, title, words } = inWords(error);
  const secondsLeft = useSecondsUntil(room.retryAt);
  return (
    <section class="ended" role="alert">
      <span class="ended-mark"><Icon of={icon} size={22} /></span>
      <div class="grow">
        <h2>{title}</h2>
        <p dir="auto">{words}</p>
        {secondsLeft > 0 && <p class="small faint num" aria-live="off">You can come back in {clock(secondsLeft)}; this page then does so by itself.</p>}
      </div>
      {state === "ended" || state === "left" ? (
        <div class="row">
          {error.code !== "destroyed" && <button class="button plain small" onClick={() => enterAndKeep(room.name).catch(() => {})}>Try again</button>}
          <button class="button plain small" onClick={() => (forget(room.name), go(null))}>Take off the list</button>
        </div>
      ) : null}
    </section>
  );
}

function inWords(error) {
  const by = error.by ? ` by ${person(error.by).name}` : "";
  const reason = error.message && !/^(Kicked|Banned|kicked|banned)$/.test(error.message) ? `“${error.message}”` : "";
  if (error.code === "kicked") return { icon: DoorOpen, title: `You were put out of this room${by}`, words: reason || "You may come back after a while." };
  if (error.code === "banned") return { icon: Ban, title: `You are banned from this room${by}`, words: reason || banned(error) };
  if (error.code === "destroyed") return { icon: Trash2, title: "This room was destroyed", words: "Its messages and files are gone for everybody." };
  if (error.code === "not_authorized") return { icon: Ban, title: "You may not enter this room", words: "Ask somebody inside for its code." };
  return { icon: Ban, title: "This room cannot be entered now", words: error.message };
}

const banned = ({ retryAfterMs }) => (retryAfterMs ? `You may come back ${duration(retryAfterMs / 1000).replace("for", "in")}.` : "You cannot read it or write in it any more.");

function useSecondsUntil(time) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!time) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [time]);
  return time ? Math.max(0, Math.ceil((time - now) / 1000)) : 0;
}

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
