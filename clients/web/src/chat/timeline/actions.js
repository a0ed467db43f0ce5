// What can be done with a message: from its buttons, its menu and the keyboard.

import { Copy, MessagesSquare, Pencil, Pin, PinOff, Reply, SmilePlus, Trash2 } from "lucide";
import { effect, signal } from "@preact/signals";
import { openMenu } from "../../kit/Menu.jsx";
import { toast } from "../../kit/Toasts.jsx";
import { pickEmoji } from "../composer/EmojiPicker.jsx";
import { replyingTo } from "../composer/draft.js";
import { openDialog } from "../dialogs/dialog.js";
import { panel } from "../panel.js";
import { route } from "../route.js";
import { copy } from "../TalkHead.jsx";

export const editing = signal(null); // the id of the message that is being edited

effect(() => {
  void route.value;
  editing.value = null;
});

const failed = (error) => toast(error.message, { problem: true });

export const react = (talk, message, emoji, on) => talk.react(message.id, emoji, on).catch(failed);
export const pickReaction = (anchor, talk, message) => pickEmoji(anchor, (emoji) => react(talk, message, emoji, true));

export function reply(talk, message) {
  replyingTo.value = { talk, message };
  document.getElementById("composer")?.focus();
}

export const edit = (message) => (editing.value = message.id);

export function remove(talk, message) {
  openDialog("confirm", {
    title: "Delete this message?",
    words: "It disappears for everybody, and its text leaves the server's disk.",
    act: "Delete",
    run: () => talk.delete(message.id),
  });
}

export function openActions(event, { talk, message, isMine, isModerator, isRoom }) {
  if (!message.id || message.deleted || event.target.closest("a, textarea, img")) return;
  if (event.type === "contextmenu" && getSelection().toString()) return;
  event.preventDefault();
  const isPoint = event.type === "contextmenu" && event.clientX > 0;
  const anchor = isPoint ? { x: event.clientX, y: event.clientY } : event.currentTarget;
  const row = event.currentTarget.closest("article");
  openMenu(anchor, [
    { icon: SmilePlus, label: "React", hint: "+", run: () => pickReaction(row, talk, message) },
    { icon: Reply, label: "Reply", hint: "R", run: () => reply(talk, message) },
    isRoom && { icon: MessagesSquare, label: "Show thread", run: () => (panel.value = { kind: "thread", root: message.reply_to ?? message.id }) },
    message.message && { icon: Copy, label: "Copy text", run: () => copy(message.message, "Text copied") },
    isRoom && isModerator && { icon: message.pinned ? PinOff : Pin, label: message.pinned ? "Unpin" : "Pin", run: () => talk.pin(message.id, !message.pinned).catch(failed) },
    isMine && { icon: Pencil, label: "Edit", hint: "E", run: () => edit(message) },
    (isMine || isModerator) && { icon: Trash2, label: "Delete", danger: true, run: () => remove(talk, message) },
  ], "Message");
}

export function onMessageKey(event, props) {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
  const { talk, message, isMine, isModerator } = props;
  if (!message.id || message.deleted) return;
  const keys = {
    r: () => reply(talk, message),
    e: isMine && (() => edit(message)),
    "+": () => pickReaction(event.currentTarget, talk, message),
    Delete: (isMine || isModerator) && (() => remove(talk, message)),
    Enter: () => openActions(event, props),
  };
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}
