// How much is unread, in one room and in all.

import { computed } from "@preact/signals";
import { client, conversations, watch } from "./connection.js";
import { places } from "./places.js";

// What stands in its badge: "3", "99+", or "50+" when more is unread than is loaded.
export function unreadWords(talk) {
  const { unread, messages, hasEarlier, lastRead } = talk;
  const isMore = hasEarlier && messages[0]?.seq > lastRead;
  return unread > 99 ? "99+" : `${unread}${isMore ? "+" : ""}`;
}

export const unreadTotal = computed(() => {
  const made = client.value;
  if (!made) return 0;
  const talks = [...places.value.map(({ room }) => made.room(room)), ...conversations.value];
  return talks.reduce((sum, talk) => (void [watch(talk).messages.value, watch(talk).reads.value], sum + talk.unread), 0);
});
