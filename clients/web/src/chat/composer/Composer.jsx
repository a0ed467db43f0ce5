// The field one writes in: grows with the text, completes mentions, takes files, answers messages.

import { Paperclip, SendHorizontal, Smile, X } from "lucide";
import { effect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon, IconButton } from "../../kit/Icon.jsx";
import { toast } from "../../kit/Toasts.jsx";
import { person } from "../people.js";
import { me } from "../session.js";
import { edit } from "../timeline/actions.js";
import { Completion, useCompletion } from "./Completion.jsx";
import { draftOf, insertion, replyingTo } from "./draft.js";
import { pickEmoji } from "./EmojiPicker.jsx";
import { Typists } from "./Typists.jsx";
import { addFiles, clear } from "./uploads.js";
import { Uploads } from "./Uploads.jsx";

const TEXT_MAX = 4_000;

export function Composer({ talk, isRoom, title }) {
  const field = useRef();
  const caret = useRef(null); // where it goes as soon as the text is drawn: before the next key
  const draft = draftOf(talk);
  const [text, setText] = useState(draft.text);
  const reply = replyingTo.value?.talk === talk ? replyingTo.value.message : null;
  const completion = useCompletion(talk, isRoom, field, replaceWord);
  draft.text = text;

  useLayoutEffect(() => {
    grow(field.current);
    if (caret.current !== null) field.current.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  }, [text]);
  useEffect(() => whenWidthChanges(field.current, grow), []);
  useEffect(() => {
    if (matchMedia("(hover: hover)").matches) field.current.focus();
    return effect(() => {
      const wanted = insertion.value;
      if (!wanted) return;
      insertion.value = null;
      if (wanted.user) draft.mentions.set(wanted.name, wanted.user);
      insert(wanted.text);
    });
  }, []);

  const change = (value) => {
    setText(value);
    talk.setTyping(value !== "");
  };
  function put(value, at) {
    caret.current = at;
    change(value);
    requestAnimationFrame(() => field.current?.focus()); // after whatever was open has given the focus back
  }
  function insert(what) {
    const { selectionStart: start, selectionEnd: end, value } = field.current;
    put(value.slice(0, start) + what + value.slice(end), start + what.length);
  }
  function replaceWord(from, { user, name }) {
    const { selectionStart: end, value } = field.current;
    draft.mentions.set(name, user);
    put(`${value.slice(0, from)}@${name} ${value.slice(end)}`, from + name.length + 2);
  }

  const uploads = draft.uploads.value;
  const isUploading = uploads.some(({ id, problem }) => !id && !problem);
  const ready = uploads.filter(({ id }) => id);
  const maySend = (text.trim() || ready.length) && !isUploading && text.length <= TEXT_MAX;
  const send = () => {
    if (isUploading) toast("A file is still on its way.");
    if (!maySend) return;
    const mentions = [...draft.mentions].filter(([name]) => text.includes(`@${name}`)).map(([, user]) => user);
    talk.send(text.trim(), { reply_to: reply?.id, mentions: mentions.length ? [...new Set(mentions)] : undefined, files: ready.length ? ready.map(({ id }) => id) : undefined })
      .catch((error) => error.code === "queue_full" && toast(error.message, { problem: true })); // others are shown where the message stands
    draft.mentions.clear();
    clear(talk);
    replyingTo.value = null;
    setText("");
    field.current.focus();
  };
  const onKeyDown = (event) => {
    if (completion.onKeyDown(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) (event.preventDefault(), send());
    else if (event.key === "Escape" && reply) (event.preventDefault(), event.stopPropagation(), (replyingTo.value = null));
    else if (event.key === "ArrowUp" && !text) {
      const mine = talk.timeline.findLast(({ from, deleted, message }) => from === me.value.user && !deleted && message);
      if (mine?.id) (event.preventDefault(), edit(mine));
    }
  };
  const onPaste = (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    addFiles(talk, files);
  };

  return (
    <form class="composer" onSubmit={(event) => (event.preventDefault(), send())} aria-label="Write a message">
      <Typists talk={talk} />
      <div class="composer-box">
        {reply && (
          <div class="replying">
            <span class="cut grow" dir="auto">Reply to <b class="iso">{reply.name || person(reply.from).name}</b>: {reply.message || "a file"}</span>
            <IconButton small icon={X} label="Do not reply" onClick={() => (replyingTo.value = null)} />
          </div>
        )}
        <Uploads talk={talk} />
        <div class="composer-row">
          <FileButton talk={talk} />
          <textarea
            ref={field}
            id="composer"
            rows="1"
            dir="auto"
            value={text}
            placeholder={`Write to ${title}`}
            aria-label={`Message to ${title}`}
            aria-autocomplete="list"
            {...completion.aria}
            onInput={(event) => change(event.currentTarget.value)}
            onKeyDown={onKeyDown}
            onKeyUp={completion.look}
            onClick={completion.look}
            onBlur={completion.close}
            onPaste={onPaste}
          />
          <IconButton icon={Smile} label="Emoji" onClick={(event) => pickEmoji(event.currentTarget, insert)} />
          <button class="send" disabled={!maySend} aria-label="Send" title="Send"><Icon of={SendHorizontal} /></button>
        </div>
        <Completion {...completion} />
      </div>
      {text.length > TEXT_MAX * 0.9 && <p class={`small num ${text.length > TEXT_MAX ? "problem" : "faint"}`} role="status">{TEXT_MAX - text.length} characters left</p>}
    </form>
  );
}

function FileButton({ talk }) {
  const input = useRef();
  const chosen = () => {
    addFiles(talk, [...input.current.files]);
    input.current.value = "";
  };
  return (
    <>
      <input ref={input} type="file" multiple hidden onChange={chosen} aria-label="Files" tabIndex={-1} />
      <IconButton icon={Paperclip} label="Attach files" onClick={() => input.current.click()} />
    </>
  );
}

function grow(field) {
  field.style.height = "auto";
  if (field.value) field.style.height = `${Math.min(field.scrollHeight, innerHeight * 0.4)}px`; // a long placeholder takes one line
}

function whenWidthChanges(box, act) {
  let width = box.offsetWidth;
  const observer = new ResizeObserver(() => {
    if (box.offsetWidth === width) return;
    width = box.offsetWidth;
    act(box);
  });
  observer.observe(box);
  return () => observer.disconnect();
}
