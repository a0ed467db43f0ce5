// Going to one message of the room that is open, however long ago it was.

import { signal } from "@preact/signals";
import { toast } from "../../kit/Toasts.jsx";
import { Past, past } from "../past.js";

export const jump = signal(null); // {id}: the timeline takes it

export async function jumpTo(talk, { id, seq }) {
  if (!(past.value ?? talk).timeline.some((one) => one.id === id)) {
    try {
      const found = await new Past(talk).open(seq);
      past.value?.close();
      past.value = found;
    } catch (error) {
      return toast(error.message, { problem: true });
    }
    if (!past.value.messages.some((one) => one.id === id)) return toast("This message is gone.");
  }
  jump.value = { id };
}
