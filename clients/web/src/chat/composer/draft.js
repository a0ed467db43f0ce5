// What is being written, by room: it is still there when one comes back. And the message that is being answered.

import { signal } from "@preact/signals";

const drafts = new Map(); // room or conversation → {text, mentions: Map name → user, files}

export const replyingTo = signal(null); // {talk, message}
export const insertion = signal(null); // {text, user?, name?}: the field takes it

export function draftOf(talk) {
  if (!drafts.has(talk)) drafts.set(talk, { text: "", mentions: new Map(), uploads: signal([]) });
  return drafts.get(talk);
}

export function mention(user, name) {
  insertion.value = { text: `@${name} `, user, name };
}
