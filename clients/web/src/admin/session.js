// Who is at the page: an admin's sign-in is the server's cookie. The page keeps no token.

import { signal } from "@preact/signals";
import { rest } from "../kit/rest.js";

export const phase = signal("starting"); // "starting" | "out" | "in" | "unreachable"
export const me = signal(null); // {user, full_name, admin, …}
export const notice = signal(null); // why one finds oneself at the sign-in

export async function start() {
  phase.value = "starting";
  try {
    const { signed_in: isSignedIn } = await rest("GET", "/api/sessions");
    if (isSignedIn) enter(await rest("GET", "/api/me"));
    else phase.value = "out";
  } catch (error) {
    if (error.status === 401) phase.value = "out";
    else [phase.value, notice.value] = ["unreachable", error.message];
  }
}

export async function signInWithToken(token) {
  enter(await rest("POST", "/api/sessions", { token }));
}

export async function signOut() {
  await rest("DELETE", "/api/sessions").catch(() => {});
  leave(null);
}

// Every request of the page: one that shows that nobody is signed in as an admin any more leads back to the form.
export async function ask(method, path, body, options) {
  try {
    return await rest(method, `/api/admin${path}`, body, options);
  } catch (error) {
    if (error.status === 401) leave("Your sign-in has ended.");
    throw error;
  }
}

function leave(why) {
  me.value = null;
  notice.value = why;
  phase.value = "out";
}

function enter(who) {
  me.value = who;
  notice.value = who.admin ? null : `You are signed in as ${who.full_name || who.user}, who is no admin.`;
  phase.value = who.admin ? "in" : "out";
}
