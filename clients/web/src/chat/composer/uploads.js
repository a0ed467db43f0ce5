// Files on their way to a room or a conversation: sent at once when chosen, so that they are there when the message goes.

import { toast } from "../../kit/Toasts.jsx";
import { upload } from "../../kit/rest.js";
import { sizeOf } from "../../kit/words.js";
import { filesOf } from "../fileAddress.js";
import { draftOf } from "./draft.js";

const FILES_MAX = 20;
const SIZE_BYTES_MAX = 10 * 2 ** 20;
const UPLOADED_MAX = 200;
let number = 0;

export const uploaded = new Map(); // id → what the server said of it: for a message that is on its way

export function addFiles(talk, files) {
  const { uploads } = draftOf(talk);
  for (const file of files) {
    if (uploads.value.length >= FILES_MAX) return toast(`At most ${FILES_MAX} files go with a message.`, { problem: true });
    if (file.size > SIZE_BYTES_MAX) toast(`${file.name} has ${sizeOf(file.size)}; at most ${sizeOf(SIZE_BYTES_MAX)} are taken.`, { problem: true });
    else begin(talk, file);
  }
  return undefined;
}

export function begin(talk, file, name = file.name || nameFor(file)) {
  const { uploads } = draftOf(talk);
  const abort = new AbortController();
  const one = { key: ++number, file, name, preview: file.type.startsWith("image/") ? URL.createObjectURL(file) : null, progress: 0, id: null, problem: null, abort };
  uploads.value = [...uploads.value, one];
  const form = new FormData();
  form.append("file", file, name);
  upload(filesOf(talk), form, { signal: abort.signal, onProgress: (progress) => change(uploads, one.key, { progress }) })
    .then((about) => {
      uploaded.set(about.id, about);
      if (uploaded.size > UPLOADED_MAX) uploaded.delete(uploaded.keys().next().value);
      change(uploads, one.key, { id: about.id, progress: 1 });
    })
    .catch((error) => error.name !== "AbortError" && change(uploads, one.key, { problem: error.message }));
}

export function remove(talk, { key, preview, abort }) {
  const { uploads } = draftOf(talk);
  abort.abort();
  if (preview) URL.revokeObjectURL(preview);
  uploads.value = uploads.value.filter((one) => one.key !== key);
}

export function again(talk, one) {
  remove(talk, one);
  begin(talk, one.file, one.name);
}

export function clear(talk) {
  for (const one of draftOf(talk).uploads.value) if (one.preview) URL.revokeObjectURL(one.preview);
  draftOf(talk).uploads.value = [];
}

const change = (uploads, key, facts) => (uploads.value = uploads.value.map((one) => (one.key === key ? { ...one, ...facts } : one)));

// A pasted picture has no name of its own.
const nameFor = ({ type }) => `picture.${type.split("/")[1]?.replace(/\W.*/, "") || "bin"}`;
