// What an admin does, each asked twice: `confirm({ title, lead, act, run })` opens a dialog, `run` does it and says what came of it.

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { Dialog } from "../kit/Dialog.jsx";
import { toast } from "../kit/Toasts.jsx";
import { plural } from "../kit/words.js";
import { go, roomPath } from "./route.js";
import { ask } from "./session.js";

const asked = signal(null);

export const confirm = (what) => (asked.value = what);

// Once in the page, at its end.
export function Confirmation() {
  return asked.value && <Confirming key={asked.value} {...asked.value} />;
}

function Confirming({ title, lead, act, run, type, isMild }) {
  const [typed, setTyped] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const close = () => (asked.value = null);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const said = await run();
      close();
      if (said) toast(said);
    } catch (error) {
      setProblem(error.message);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={close}>
      <form onSubmit={submit}>
        <p class="lead">{lead}</p>
        {type && (
          <label class="field">
            <span class="label">Type <b dir="auto">{type}</b> to confirm</span>
            <input class="input" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} data-autofocus autocomplete="off" spellcheck={false} dir="auto" />
          </label>
        )}
        {problem && <p class="problem" role="alert">{problem}</p>}
        <div class="actions">
          <button type="button" class="button plain" onClick={close} data-autofocus={type ? undefined : true}>Cancel</button>
          <button class={`button ${isMild ? "" : "danger"}`} disabled={isBusy || (type && typed !== type)}>{act}</button>
        </div>
      </form>
    </Dialog>
  );
}

const closed = ({ closed: n }) => (n ? `${plural(n, "socket")} closed` : "There was no socket to close");

export async function hibernate(kind, name, then) {
  try {
    await ask("POST", `${roomPath(kind, name)}/hibernate`);
    toast(`${name} sleeps`);
  } catch (error) {
    toast(error.message, { problem: true });
  }
  then?.();
}

export const disconnectRoom = (kind, name, then) =>
  confirm({
    title: `Disconnect everybody in ${name}?`,
    lead: "All sockets that are in this room are closed, also those that are in other rooms too. Clients are told to come back.",
    act: "Disconnect",
    run: async () => {
      const answer = await ask("POST", `${roomPath(kind, name)}/disconnect`, { reconnect: true });
      then?.();
      return closed(answer);
    },
  });

export const destroyRoom = (kind, name) =>
  confirm({
    title: `Destroy ${name}?`,
    lead: "Everything this room keeps is deleted from the disk and cannot be brought back. Whoever is in it is told, and leaves.",
    act: "Destroy",
    type: name,
    run: async () => {
      await ask("DELETE", roomPath(kind, name));
      go("rooms");
      return `${name} is destroyed`;
    },
  });

export const disconnectSession = (session, user, then) =>
  confirm({
    title: `Disconnect this socket of ${user ?? "nobody yet"}?`,
    lead: "The socket is closed, and its client is told not to come back by itself.",
    act: "Disconnect",
    run: async () => {
      const answer = await ask("POST", "/disconnect", { session });
      then?.();
      return closed(answer);
    },
  });

export const disconnectUser = (user, then) =>
  confirm({
    title: `Disconnect ${user}?`,
    lead: "All sockets of this user are closed, and their clients are told not to come back by themselves. The user may sign in again.",
    act: "Disconnect",
    run: async () => {
      const answer = await ask("POST", "/disconnect", { user });
      then?.();
      return closed(answer);
    },
  });

export const revokeUser = (user, then) =>
  confirm({
    title: `Revoke what ${user} has?`,
    lead: "Tokens issued to this user up to now, and sign-ins, count no longer; open sockets are closed. A new token or sign-in counts.",
    act: "Revoke",
    run: async () => {
      const answer = await ask("POST", "/revoke", { user });
      then?.();
      return `Revoked. ${closed(answer)}`;
    },
  });

export const drain = (then) =>
  confirm({
    title: "Stop the server?",
    lead: "Clients are told to come back later, everything said is stored, and the process ends. Whatever started it may start it again.",
    act: "Stop the server",
    run: async () => {
      await ask("POST", "/drain");
      then?.();
      return "The server is stopping";
    },
  });
