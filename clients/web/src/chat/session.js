// Who is at the page: signing up, in and out. A sign-in is the server's cookie; the page itself keeps no secret but a guest's key.

import { signal } from "@preact/signals";
import { kept } from "../kit/kept.js";
import { rest } from "../kit/rest.js";
import { connect, disconnect } from "./connection.js";
import { go } from "./route.js";

export const phase = signal("starting"); // "starting" | "out" | "in" | "unreachable"
export const me = signal(null); // {user, full_name, avatar, rooms, admin}
export const welcome = signal({ accounts: true, guests: false }); // what somebody may do who is not signed in
export const notice = signal(null); // why one finds oneself at the sign-in

export async function start() {
  phase.value = "starting";
  try {
    welcome.value = await rest("GET", "/api/sessions");
    if (welcome.value.signed_in) enter(await rest("GET", "/api/me"));
    else phase.value = "out";
  } catch (error) {
    if (error.status === 401) phase.value = "out";
    else [phase.value, notice.value] = ["unreachable", error.message];
  }
}

export const signIn = async (user, password) => enter(await rest("POST", "/api/sessions", { user, password }));
export const signInWithToken = async (token) => enter(await rest("POST", "/api/sessions", { token }));

export async function signUp(user, fullName, password) {
  await rest("POST", "/api/accounts", { user, full_name: fullName, password });
  await signIn(user, password);
}

// The same guest each time in this browser.
export async function signInAsGuest(name) {
  const key = kept.get("guest.key") ?? [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  kept.set("guest.key", key);
  kept.set("guest.name", name);
  enter(await rest("POST", "/api/sessions", { guest: { name, key } }));
}

export async function signOut() {
  disconnect();
  go(null); // whoever comes next begins at a place of their own
  await rest("DELETE", "/api/sessions").catch(() => {});
  leave(null);
}

// The server ended the sign-in: expired, revoked, or signed out in another tab.
export function leave(why) {
  disconnect();
  me.value = null;
  notice.value = why;
  phase.value = "out";
}

export async function changeProfile(form) {
  me.value = await rest("PUT", "/api/me", form);
}

function enter(who) {
  me.value = who;
  notice.value = null;
  phase.value = "in";
  connect(who, { onSignedOut: leave });
}
