// The rooms on the left: those the server says are ours, those the token names, and those entered in this browser.

import { effect, signal } from "@preact/signals";
import { kept } from "../kit/kept.js";
import { rest } from "../kit/rest.js";
import { client, link } from "./connection.js";
import { me } from "./session.js";

export const LOBBY = "lobby"; // the room for everybody who may enter any
const JOINED_MAX = 90; // below what one socket may be in
const PAGES_MAX = 10;

export const places = signal([]); // [{room, title, isOurs: the server keeps it on our list}]
export const placesLoaded = signal(false);

const remembered = () => kept.get(`rooms.${me.value?.user}`) ?? [];
export const isPlain = (name) => !name.includes("*") && !name.includes("/"); // a chat room, and not a pattern of names

// Whether the sign-in enters this room without a code.
export function mayEnter(name) {
  const known = [...(me.value?.rooms ?? []), ...(client.value?.authorizedRooms ?? [])];
  return me.value?.admin || known.some((entry) => entry === name || (entry.endsWith("*") && !entry.includes("/") && name.startsWith(entry.slice(0, -1))));
}

export async function loadPlaces() {
  const user = me.value?.user;
  const mine = await listed().catch(() => []);
  if (!user || me.value?.user !== user) return;
  const named = [...me.value.rooms.filter(isPlain), ...remembered()].map((room) => ({ room }));
  const byName = new Map([...named, ...places.value, ...mine].map((place) => [place.room, place]));
  places.value = [...byName.values()];
  placesLoaded.value = true;
  for (const { room } of places.value.slice(0, JOINED_MAX)) enter(room).catch(() => {}); // the room's state says why
}

// Enter a room and keep it on the left. Rejects with what the server says against it.
export async function enter(name) {
  const room = client.value.room(name);
  if (room.state === "joined" || room.state === "joining") return room;
  return client.value.join(name, { limit: 50 });
}

export async function enterAndKeep(name) {
  const room = await enter(name);
  keep(room.name);
  return room;
}

export async function joinByCode(code) {
  if (!mayEnter(code)) {
    const { title } = await rest("POST", `/api/rooms/${encodeURIComponent(code)}/join`, {});
    place({ room: code, title, isOurs: true });
  }
  return enterAndKeep(code);
}

export async function createRoom(title) {
  const { room } = await rest("POST", "/api/rooms", { title });
  place({ room, title, isOurs: true });
  await enterAndKeep(room);
  return room;
}

export async function leaveRoom(name) {
  await client.value.room(name).leave().catch(() => {});
  const { isOurs } = places.value.find(({ room }) => room === name) ?? {};
  if (isOurs) await rest("DELETE", `/api/rooms/${encodeURIComponent(name)}/join`).catch(() => {});
  forget(name);
}

export const destroyRoom = (name) => rest("DELETE", `/api/rooms/${encodeURIComponent(name)}`);

export function forget(name) {
  if (kept.get(`last.${me.value.user}`)?.name === name) kept.set(`last.${me.value.user}`, null);
  kept.set(`rooms.${me.value.user}`, remembered().filter((other) => other !== name));
  places.value = places.value.filter(({ room }) => room !== name);
}

function keep(name) {
  if (!remembered().includes(name)) kept.set(`rooms.${me.value.user}`, [...remembered(), name].slice(-JOINED_MAX));
  place({ room: name });
}

function place(one) {
  const others = places.value.filter(({ room }) => room !== one.room);
  const before = places.value.find(({ room }) => room === one.room);
  places.value = [...others, { ...before, ...one }];
}

async function listed() {
  const found = [];
  let cursor = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = await rest("GET", `/api/rooms?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    found.push(...answer.rooms);
    cursor = answer.cursor;
    if (!cursor) break;
  }
  return found.filter(({ error }) => !error).map(({ room, title }) => ({ room, title, isOurs: true }));
}

let loadedFor = null;
effect(() => {
  const [made, state] = [client.value, link.value.state];
  if (!made) [loadedFor, places.value, placesLoaded.value] = [null, [], false];
  else if (state === "open" && loadedFor !== made) {
    loadedFor = made;
    queueMicrotask(loadPlaces);
  }
});
