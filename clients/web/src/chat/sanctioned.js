// How often this page imposed or lifted something: who shows what holds asks again.

import { signal } from "@preact/signals";

export const sanctioned = signal(0);

export async function lift(room, user, what) {
  await (what === "mute" ? room.unmute(user) : room.unban(user));
  sanctioned.value++;
}
