// The whole page: the sign-in, or the chat; and what floats above either.

import { WifiOff } from "lucide";
import { Icon } from "../kit/Icon.jsx";
import { Menus } from "../kit/Menu.jsx";
import { Toasts } from "../kit/Toasts.jsx";
import { Announcements } from "./Announcements.jsx";
import { Chat } from "./Chat.jsx";
import { Dialogs } from "./dialogs/Dialogs.jsx";
import { EmojiPickers } from "./composer/EmojiPicker.jsx";
import "./landing.js";
import "./unsent.js";
import { phase, notice, start } from "./session.js";
import { SignIn } from "./SignIn.jsx";

export function App() {
  return (
    <>
      {PHASES[phase.value]()}
      <Dialogs />
      <Menus />
      <EmojiPickers />
      <Toasts />
      <Announcements />
    </>
  );
}

const PHASES = {
  starting: () => <main class="starting" aria-busy="true"><span class="spinner" /><span class="sr">Loading</span></main>,
  unreachable: () => (
    <main class="starting">
      <div class="empty">
        <Icon of={WifiOff} size={32} />
        <h1>No connection</h1>
        <p>{notice.value}</p>
        <button class="button" onClick={start}>Try again</button>
      </div>
    </main>
  ),
  out: () => <SignIn />,
  in: () => <Chat />,
};
