// What is known of people by their user name: what they are called, and their picture.

import { conversations, client } from "./connection.js";
import { me } from "./session.js";

const known = new Map(); // user → {name, avatar}

export function person(user) {
  if (me.value?.user === user) return { user, name: me.value.full_name || user, avatar: me.value.avatar };
  for (const room of client.value?.rooms.values() ?? []) {
    const found = room.users.get(user);
    if (found) {
      known.set(user, { name: found.name || user, avatar: found.avatar });
      break;
    }
  }
  const { name, avatar } = known.get(user) ?? {};
  return { user, name: name ?? client.value?.online.get(user)?.name ?? lastNameOf(user) ?? user, avatar };
}

// Who wrote a message: what is said before the server has greeted us is our own.
export const authorOf = ({ from }) => from ?? me.value?.user;

export function remember({ user, name, avatar }) {
  known.set(user, { name: name || user, avatar: avatar ?? known.get(user)?.avatar });
}

function lastNameOf(user) {
  const conversation = conversations.value.find((one) => one.user === user);
  const message = conversation?.messages.findLast((one) => one.from === user);
  const last = conversation?._known?.last;
  return message?.name ?? (last && last.from === user ? last.name : undefined);
}
