// Making a room, entering one by its code, and what its owner says of it.

import { createRoom, joinByCode } from "../places.js";
import { go } from "../route.js";
import { Field, FormDialog } from "./FormDialog.jsx";

export function NewRoom() {
  const run = async ({ title }) => go("room", await createRoom(title.trim()));
  return (
    <FormDialog title="New room" lead="You own it. Others enter with its code, which you find in the room's menu." act="Make room" run={run}>
      <Field id="room-title" label="Name">
        <input id="room-title" name="title" class="input" dir="auto" required maxlength="128" placeholder="Weekend plans" data-autofocus />
      </Field>
    </FormDialog>
  );
}

export function JoinRoom() {
  const run = async ({ code }) => {
    const name = codeOf(code);
    await joinByCode(name);
    go("room", name);
  };
  return (
    <FormDialog title="Enter a code" lead="Somebody in the room can copy it for you." act="Enter" run={run}>
      <Field id="room-code" label="Code or link">
        <input id="room-code" name="code" class="input" dir="auto" required autocomplete="off" spellcheck={false} data-autofocus />
      </Field>
    </FormDialog>
  );
}

// The code itself, also out of a link.
function codeOf(text) {
  const found = text.trim().match(/#\/(?:join|r)\/([^/?#]+)$/);
  try {
    return found ? decodeURIComponent(found[1]) : text.trim();
  } catch {
    return text.trim();
  }
}

const DAYS = [[0, "As long as the server keeps them"], [1, "One day"], [7, "One week"], [30, "30 days"], [365, "One year"]];

export function RoomSettings({ room }) {
  const run = ({ title, topic, days }) => room.set({ title: title.trim(), topic: topic.trim(), ...(days === "" ? {} : { history_days: Number(days) }) });
  return (
    <FormDialog title="Name and topic" act="Save" run={run}>
      <Field id="room-title" label="Name">
        <input id="room-title" name="title" class="input" dir="auto" maxlength="128" value={room.title ?? ""} data-autofocus />
      </Field>
      <Field id="room-topic" label="Topic" hint="One line about what it is for.">
        <textarea id="room-topic" name="topic" class="input" dir="auto" rows="3" maxlength="1000" aria-describedby="room-topic-hint">{room.topic ?? ""}</textarea>
      </Field>
      <Field id="room-days" label="Messages stay">
        <select id="room-days" name="days" class="input">
          <option value="">As it is now</option>
          {DAYS.map(([days, label]) => <option key={days} value={days}>{label}</option>)}
        </select>
      </Field>
    </FormDialog>
  );
}
