// Signed in: rooms on the left, one of them in the middle, what one asked for beside it on the right.

import { MessagesSquare } from "lucide";
import { useEffect } from "preact/hooks";
import { Icon } from "../kit/Icon.jsx";
import { client, link } from "./connection.js";
import { openDialog } from "./dialogs/dialog.js";
import { useKeys } from "./keys.js";
import { panel } from "./panel.js";
import { joinByCode, LOBBY, mayEnter, places, placesLoaded } from "./places.js";
import { go, route } from "./route.js";
import { Sidebar } from "./Sidebar.jsx";
import { TalkView } from "./TalkView.jsx";
import { toast } from "../kit/Toasts.jsx";

export function Chat() {
  useKeys();
  const { place, name } = route.value;
  const made = client.value;
  useEffect(() => {
    if (place === "join" && placesLoaded.value) invited(name);
  }, [place, name, placesLoaded.value]);
  const isOpen = place === "room" || place === "user";
  const talk = made && isOpen ? (place === "room" ? made.room(name) : made.private(name)) : null;
  return (
    <div class={`chat ${isOpen ? "is-open" : ""} ${panel.value && place === "room" ? "has-panel" : ""}`}>
      <a class="skip" href="#composer" onClick={(event) => (event.preventDefault(), document.getElementById("composer")?.focus())}>Skip to the message field</a>
      <Sidebar />
      {talk ? <TalkView key={`${place}:${name}`} talk={talk} place={place} /> : <Nothing />}
      <Banner />
    </div>
  );
}

async function invited(code) {
  try {
    await joinByCode(code);
    go("room", code, { replace: true });
  } catch (error) {
    toast(error.code === "not_found" ? "This invitation leads to no room." : error.message, { problem: true });
    go(null, null, { replace: true });
  }
}

function Nothing() {
  const isEmpty = places.value.length === 0;
  if (isEmpty && !placesLoaded.value) return <main class="talk nothing" aria-label="No room chosen" aria-busy="true"><span class="spinner" /></main>;
  const mayLobby = mayEnter(LOBBY);
  return (
    <main class="talk nothing" aria-label="No room chosen">
      <div class="empty">
        <Icon of={MessagesSquare} size={36} />
        <h1>{isEmpty ? "No rooms yet" : "Choose a room"}</h1>
        <p>{isEmpty ? "Make a room of your own, or enter one with a code that somebody gave you." : "Pick one on the left, make a new one, or enter one with a code that somebody gave you."}</p>
        <div class="row">
          {mayLobby && <button class="button" onClick={() => go("room", LOBBY)}>Go to the lobby</button>}
          <button class={`button ${mayLobby ? "plain" : ""}`} onClick={() => openDialog("new-room")}>New room</button>
          <button class="button plain" onClick={() => openDialog("join-room")}>Enter a code</button>
        </div>
      </div>
    </main>
  );
}

function Banner() {
  const { state, error, isLost } = link.value;
  if (isLost) {
    return (
      <div class="banner" role="status">
        <span class="spinner" /> You are offline. What you write is sent when you are back.
        <button class="link-button" onClick={() => client.value?.retryNow()}>Try now</button>
      </div>
    );
  }
  if (state === "closed" && error) return <div class="banner bad" role="alert">{error.message}. <button class="link-button" onClick={() => location.reload()}>Reload the page</button></div>;
  return null;
}
