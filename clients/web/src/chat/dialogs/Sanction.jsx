// Kick, ban and mute: for how long, and why.

import { toast } from "../../kit/Toasts.jsx";
import { duration } from "../../kit/words.js";
import { person } from "../people.js";
import { sanctioned } from "../sanctioned.js";
import { Field, FormDialog } from "./FormDialog.jsx";

const MINUTE = 60;
const TIMES = { kick: [MINUTE, 10 * MINUTE, 3_600, 86_400], mute: [10 * MINUTE, 3_600, 86_400, 7 * 86_400, null], ban: [3_600, 86_400, 7 * 86_400, null] };
const WORDS = {
  kick: { title: "Kick", act: "Kick", done: "was put out", lead: "They are put out, and may come back after this time." },
  mute: { title: "Mute", act: "Mute", done: "was muted", lead: "They may stay and read, but say nothing." },
  ban: { title: "Ban", act: "Ban", done: "was banned", lead: "They are put out and may not come back." },
};

export function Sanction({ room, user, what }) {
  const { name } = person(user);
  const { title, act, done, lead } = WORDS[what];
  const run = async ({ seconds, reason }) => {
    await room[what](user, { seconds: seconds ? Number(seconds) : undefined, reason: reason.trim() || undefined }).catch((error) => {
      throw error.code === "not_authorized" ? new Error(`${name} has a role that yours has no say over.`) : error;
    });
    toast(`${name} ${done}`);
    sanctioned.value++;
  };
  return (
    <FormDialog title={`${title} ${name}`} lead={lead} act={act} danger={what !== "mute"} run={run}>
      <Field id="sanction-time" label="For how long">
        <select id="sanction-time" name="seconds" class="input" data-autofocus>
          {TIMES[what].map((seconds) => <option key={seconds} value={seconds ?? ""} selected={what === "ban" && seconds === null}>{duration(seconds).replace(/^f/, "F")}</option>)}
        </select>
      </Field>
      <Field id="sanction-reason" label="Why" hint={what === "mute" ? "For those who look after the room." : "They are shown it."}>
        <input id="sanction-reason" name="reason" class="input" dir="auto" maxlength="500" aria-describedby="sanction-reason-hint" />
      </Field>
    </FormDialog>
  );
}
