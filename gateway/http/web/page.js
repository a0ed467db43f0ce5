// The page: what it shows is text, never markup. The socket is in connection.js.

import { Connection } from "./connection.js";

const $ = (id) => document.getElementById(id);
const shown = new Map(); // id of a message → its item, and cid → its item while it is on its way
const people = new Map(); // user → name
const typists = new Map(); // user → { name, timer }
let connection, oldest, typedAt = 0;

const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const stored = (name, make) => { // a browser that forbids storage makes a new one each time
  try {
    if (!localStorage.getItem(name)) localStorage.setItem(name, make());
    return localStorage.getItem(name);
  } catch { return make(); }
};

function make(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

const isAtEnd = () => $("scroller").scrollHeight - $("scroller").scrollTop - $("scroller").clientHeight < 80;
const toEnd = () => ($("scroller").scrollTop = $("scroller").scrollHeight);

// Put a message in place by its seq; one that is shown already is replaced, also the sender's own that was on its way.
function show(message) {
  const follow = isAtEnd();
  const item = make("li");
  const mine = message.from === connection.user;
  const time = new Date(message.time ?? Date.now());
  item.append(make("b", message.name || message.from), make("time", time.toLocaleTimeString([], { timeStyle: "short" })));
  item.firstChild.title = message.from;
  item.append(message.deleted ? make("span", "deleted", "body deleted") : make("span", message.message, "body"));
  if (message.edited) item.children[1].append(" · edited");
  item.children[1].title = time.toLocaleString();
  item.classList.toggle("mine", mine);
  item.classList.toggle("pending", message.seq === undefined);
  item.dataset.seq = message.seq ?? Infinity;
  (shown.get(message.id) ?? (mine ? shown.get(message.cid) : undefined))?.remove();
  shown.set(message.id ?? message.cid, item);
  const after = [...$("messages").children].findLast((other) => Number(other.dataset.seq) <= (message.seq ?? Infinity));
  after ? after.after(item) : $("messages").prepend(item);
  if (message.id && mine) shown.delete(message.cid);
  if (message.seq && (oldest === undefined || message.seq < oldest)) oldest = message.seq;
  $("empty").hidden = true;
  if (follow || mine) toEnd();
}

function showPeople(online) {
  $("people").replaceChildren(...[...people].map(([user, name]) => Object.assign(make("li", name), { title: user })));
  $("online").textContent = online === undefined ? `${people.size} here` : `${online} here`;
}

function showTypists() {
  const names = [...typists.values()].map(({ name }) => name);
  $("typing").textContent = names.length === 0 ? "" : names.length > 3 ? "Several people are typing …" : `${names.join(", ")} ${names.length > 1 ? "are" : "is"} typing …`;
}

function forgetTypist(user) {
  clearTimeout(typists.get(user)?.timer);
  typists.delete(user);
  showTypists();
}

const events = {
  message: (data) => { forgetTypist(data.from); show(data); },
  acknowledged: ({ cid }) => shown.get(cid)?.classList.remove("pending"),
  joined: (data) => { people.set(data.user, data.name || data.user); showPeople(); },
  left: (data) => { people.delete(data.user); forgetTypist(data.user); showPeople(); },
  typing: (data) => {
    forgetTypist(data.user);
    if (data.typing && data.user !== connection.user) typists.set(data.user, { name: data.name || data.user, timer: setTimeout(forgetTypist, 6000, data.user) });
    showTypists();
  },
  edited: (data) => shown.get(data.id)?.querySelector(".body").replaceChildren(data.message),
  deleted: (data) => shown.get(data.id)?.querySelector(".body").replaceWith(make("span", "deleted", "body deleted")),
  history: (data) => {
    const before = $("scroller").scrollHeight - $("scroller").scrollTop;
    data.messages.forEach(show);
    $("earlier").hidden = !data.more;
    $("scroller").scrollTop = $("scroller").scrollHeight - before;
  },
};

const handlers = {
  event: (type, data) => events[type]?.(data),
  state(state, words) {
    $("status").textContent = words;
    $("status").dataset.state = state;
    if (state !== "over") return;
    if (connection.epoch === null) return enterAgain(words); // never got in: say why where it can be changed
    $("send-form").querySelector("button").disabled = true;
  },
  joined(data) {
    $("enter").hidden = true;
    $("chat").hidden = false;
    $("title").textContent = data.title || data.room;
    document.title = `${data.title || data.room} · Rooms`;
    if (!data.recovered) {
      for (const [id, item] of shown) if (!connection.pending.has(id)) { item.remove(); shown.delete(id); }
      oldest = undefined;
      $("earlier").hidden = !data.more;
    }
    people.clear();
    for (const user of data.users) people.set(user.user, user.name || user.user);
    showPeople(data.online);
    data.history.forEach(show);
    $("empty").hidden = shown.size > 0;
    $("text").focus();
  },
  failed(cid, why) {
    shown.get(cid)?.append(make("span", `Not sent: ${why}`, "body failed"));
  },
};

function enterAgain(problem) {
  connection?.stop();
  shown.clear(); people.clear(); typists.clear();
  $("messages").replaceChildren();
  oldest = undefined;
  $("chat").hidden = true;
  $("enter").hidden = false;
  $("enter-problem").hidden = !problem;
  $("enter-problem").textContent = problem ?? "";
  $("token-part").open ||= Boolean(problem);
  document.title = "Rooms";
}

$("enter-form").onsubmit = (event) => {
  event.preventDefault();
  const [name, room, token] = ["name", "room", "token"].map((id) => $(id).value.trim());
  if (!name || !room) return;
  try { localStorage.setItem("rooms.name", name); } catch { /* not remembered, then */ }
  history.replaceState(null, "", "#" + encodeURIComponent(room));
  $("enter-problem").hidden = true;
  $("send-form").querySelector("button").disabled = false;
  connection = { epoch: null, stop() {} }; // until the constructor below returns, which reports its first state
  connection = new Connection({ room, name, token, key: stored("rooms.key", random) }, handlers);
};

$("send-form").onsubmit = (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  const cid = random();
  if (!text || !connection.say(cid, text)) return;
  show({ cid, from: connection.user, name: $("name").value.trim(), message: text });
  $("text").value = "";
  typedAt = 0;
  grow();
};

function grow() {
  $("text").style.height = "auto";
  $("text").style.height = `${$("text").scrollHeight + 2}px`;
}

$("text").oninput = () => {
  grow();
  if (!$("text").value || Date.now() - typedAt < 3000) return;
  typedAt = Date.now();
  connection.request("typing", { typing: true });
};
$("text").onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("send-form").requestSubmit();
};
$("leave").onclick = () => enterAgain();
$("earlier").onclick = () => connection.request("history", { before: oldest, limit: 50 }, "earlier");

try { $("name").value = localStorage.getItem("rooms.name") ?? ""; } catch { /* nothing to remember */ }
try { if (location.hash.length > 1) $("room").value = decodeURIComponent(location.hash.slice(1)); } catch { /* an address that is no name */ }
