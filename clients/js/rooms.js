// The client of a rooms server: one file, no dependency, for browsers and Node.
//
//   import { RoomsClient } from "./rooms.js";
//   const client = new RoomsClient("https://chat.example", { token });
//   await client.connect();
//   const room = await client.join("lobby");
//   room.on("message", (message) => console.log(message.from, message.message));
//   await room.send("Hello");                     // resolves once it is stored: once, however often the connection broke
//
// One socket (/ws) carries every room and every private conversation. It comes back by itself, resumes each room exactly where it
// was, and sends again what was not acknowledged. README.md tells what is promised; rooms.d.ts has the types.

const STORED = new Set(["message", "edited", "deleted", "reacted", "pinned", "room"]); // events that take a seq
const AGAIN = new Set( // asking these twice is as good as once
  ["history", "who", "search", "conversations", "stats", "ping", "edit", "delete", "react", "pin", "read", "block", "ban", "unban", "mute", "unmute", "role", "room", "leave"],
);
const PASSING = new Set(["overloaded", "rate_limited", "unavailable", "unknown_outcome", "timeout", "internal"]); // refused for now
const TRIES_MAX = { internal: 3 }; // a room that fails at one message again and again will not stop because it is asked more often
const FINAL = { // close codes after which nobody comes back by himself
  1003: ["protocol", "The server did not understand this client"], 1007: ["protocol", "The server did not understand this client"],
  1009: ["too_large", "Something that was sent is too large"], 4400: ["protocol", "The server did not understand this client"],
  4403: ["not_authorized", "Not authorized"], 4404: ["destroyed", "The room was destroyed"], 4409: ["replaced", "Replaced by a newer connection"],
  4408: ["token_refused", "This server needs a token"], 4411: ["banned", "Banned"],
};
const MINUTE_MS = 60_000;
const STEADY_MS = 5_000; // a connection that lasted so long makes the next wait short again
const TYPING_MS = 6_000;
const TYPING_AGAIN_MS = 3_000;
const FAILED_MAX = 100; // failed messages kept in a room's `pending`
const REQUESTS_MAX = 1_000; // requests that wait for their answer
const READS_MAX = 1_000; // users whose receipts a room remembers
const CONVERSATIONS_MAX = 1_000;
const MESSAGE_BYTES_MAX = 65_536; // until `hello` says otherwise

const DEFAULTS = {
  token: null, ticket: null, guest: null, format: "json", queueMax: 1_000, inFlightMax: 1, messagesMax: 5_000, requestTimeoutMs: 15_000,
  heartbeatMs: 25_000, connectTimeoutMs: 15_000, backoffMinMs: 500, backoffMaxMs: 30_000,
};

/** Why something was refused or ended: `code` is the protocol's or one of the library's own (README.md). */
export class RoomsError extends Error {
  constructor(code, message, facts = {}) {
    super(message || code);
    this.name = "RoomsError";
    this.code = code;
    Object.assign(this, facts);
  }
}

const refusalOf = ({ code, message, retry_after_ms, room, cid }) => new RoomsError(code, message, { retryAfterMs: retry_after_ms, room, cid });

const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Handlers by type. One that throws is reported and harms nobody else. */
class Emitter {
  #handlers = new Map();

  /** Call `handler` for each event of `type` from now on. Returns what ends that. */
  on(type, handler) {
    if (!this.#handlers.has(type)) this.#handlers.set(type, new Set());
    const handlers = this.#handlers.get(type);
    const own = (...facts) => handler(...facts); // the same function may be registered twice
    handlers.add(own);
    return () => handlers.delete(own);
  }

  _emit(type, ...facts) {
    for (const handler of [...(this.#handlers.get(type) ?? [])]) {
      try {
        handler(...facts);
      } catch (error) {
        if (globalThis.reportError) globalThis.reportError(error);
        else queueMicrotask(() => { throw error; }); // Node: as any error that nobody caught
      }
    }
  }
}

/** Messages in their order and present state: kept by id, ascending by seq, the newest `max`. */
class Timeline {
  constructor(max) {
    this.max = max;
    this.messages = [];
    this.byId = new Map();
    this.hasEarlier = false;
  }

  /** Put a message in its place. Returns "new", "changed", or null: a newer state is known, or (unless `older`) it lies before what is kept. */
  put(message, older = false) {
    const known = this.byId.get(message.id);
    const kept = { ...message, state: "sent" };
    if (known && (known.changed ?? known.seq) > (message.changed ?? message.seq)) return null;
    if (!known && !older && this.hasEarlier && message.seq < this.messages[0]?.seq) return null; // would leave a hole behind it
    let at = this.messages.length;
    while (at > 0 && this.messages[at - 1].seq >= message.seq) at--;
    if (known) this.messages[at] = kept;
    else this.messages.splice(at, 0, kept);
    this.byId.set(message.id, kept);
    return known ? "changed" : "new";
  }

  /** Apply an event about a message that is kept. Returns it as it is now, or null. */
  change(type, { id, seq, message, emoji, users, on }) {
    const known = this.byId.get(id);
    if (!known || known.changed >= seq) return null;
    const { reactions, pinned, ...rest } = known;
    const next = { ...known, changed: seq };
    if (type === "edited") Object.assign(next, { message, edited: true });
    if (type === "reacted") next.reactions = withUsers(reactions ?? {}, emoji, users);
    if (type === "pinned") next.pinned = on;
    const { from, name, time, cid, reply_to, room, to, state } = rest;
    const now = type === "deleted" ? defined({ id, seq: known.seq, changed: seq, room, to, from, name, time, cid, reply_to, state, message: "", deleted: true }) : next;
    this.byId.set(id, now);
    this.messages[this.messages.indexOf(known)] = now;
    return now;
  }

  /** Forget the oldest beyond the bound. */
  trim() {
    const gone = this.messages.splice(0, Math.max(0, this.messages.length - this.max));
    for (const { id } of gone) this.byId.delete(id);
    if (gone.length) this.hasEarlier = true;
  }

  clear() {
    this.messages.length = 0;
    this.byId.clear();
    this.hasEarlier = false;
  }
}

function withUsers(reactions, emoji, users) {
  const { [emoji]: _, ...others } = reactions;
  return users.length ? { ...reactions, [emoji]: users } : others;
}

const defined = (facts) => Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined && value !== null));

/** What rooms and private conversations share: messages, their sending, and their place in the history. */
class Talk extends Emitter {
  constructor(client, where) {
    super();
    this._client = client;
    this._where = where; // what a request says of it: {room} or {with}
    this._timeline = new Timeline(client.options.messagesMax);
    this._catching = null; // while catching up: {epoch, head}: live events heard meanwhile
    this._blockedUntil = 0;
    this._typedAt = 0;
    this._typists = new Map(); // user → timer
    this._provisional = new Set(); // ids of messages made from an `ack`, until their own event comes
    this.pending = [];
    this.typing = new Map();
    this.reads = new Map();
    this.head = 0;
    this.epoch = null;
  }

  get messages() { return this._timeline.messages; }
  get timeline() { return [...this.messages, ...this.pending]; }
  get hasEarlier() { return this._timeline.hasEarlier; }
  get pinned() { return new Map(this.messages.filter((message) => message.pinned).map((message) => [message.id, message])); }
  get(id) { return this._timeline.byId.get(id); }

  /** My own receipt: what came after it is unread. */
  get lastRead() { return Math.max(this.reads.get(this._client.user?.user) ?? 0, this._readFrom ?? 0); }

  get unread() {
    const [me, last] = [this._client.user?.user, this.lastRead];
    let count = 0;
    for (let at = this.messages.length - 1; at >= 0 && this.messages[at].seq > last; at--) {
      if (this.messages[at].from !== me && !this.messages[at].deleted) count++;
    }
    return count;
  }

  /** Say something. Kept and sent again until the server has stored it, once; rejects when it refuses, or at once when too much waits. */
  send(text, { cid = newId(), ...rest } = {}) {
    const client = this._client;
    const refused = this._whyNotSpeak() ?? client._whyNotQueue();
    const entry = { cid, from: client.user?.user, name: client.user?.name, message: text, time: new Date(client._now()).toISOString(), ...defined(rest), state: "sending" };
    if (refused) return quiet(Promise.reject(Object.assign(refused, { cid })));
    Object.defineProperties(entry, { _rest: { value: defined(rest) }, _tries: { value: 0, writable: true }, _inFlight: { value: false, writable: true } });
    this.pending.push(entry);
    client._pendingCount++;
    this._typedAt = 0;
    const promise = this._awaited(entry);
    this._changed("pending");
    this._pump();
    return promise;
  }

  /** Send a message that failed once more, under its cid: if it was stored after all, it stays one message. */
  retry(cid) {
    const entry = this.pending.find((entry) => entry.cid === cid && entry.state === "failed");
    const refused = entry ? this._whyNotSpeak() ?? this._client._whyNotQueue() : new RoomsError("message_not_found", "No failed message has this cid", { cid });
    if (refused) return quiet(Promise.reject(refused));
    const failed = this.pending.splice(this.pending.indexOf(entry), 1)[0];
    delete failed.error;
    failed.state = "sending";
    failed._tries = 0;
    this.pending.push(failed);
    this._client._pendingCount++;
    const promise = this._awaited(failed);
    this._changed("pending");
    this._pump();
    return promise;
  }

  /** Forget a message that failed, or is not on its way yet. */
  discard(cid) {
    const entry = this.pending.find((entry) => entry.cid === cid && !entry._inFlight);
    if (!entry || !this._takeOut(entry)) return;
    if (entry.state === "sending") entry._settle.reject(new RoomsError("closed", "The message was discarded", { cid }));
    this._changed("pending");
  }

  edit(id, text) { return this._ask("edit", { id, message: text }); }
  delete(id) { return this._ask("delete", { id }); }
  react(id, emoji, on = true) { return this._ask("react", { id, emoji, on }); }
  history(range = {}) { return this._ask("history", range); }

  /** I have read up to `seq`. */
  read(seq = this.head) {
    const me = this._client.user?.user;
    if (seq <= (this.reads.get(me) ?? 0)) return Promise.resolve({ seq: this.lastRead }); // the server knows
    this._receipt(me, seq);
    this._changed("reads");
    return quiet(this._ask("read", { seq }));
  }

  /** Load the page before the oldest message that is kept. Returns it; nothing when there is none, or `messagesMax` are kept. */
  earlier(limit = 50) {
    this._loading ??= this._earlier(limit).finally(() => { this._loading = null; });
    return quiet(this._loading);
  }

  async _earlier(limit) {
    const room = Math.min(limit, this._timeline.max - this.messages.length);
    if (!this.hasEarlier || room <= 0 || !this.messages.length) return [];
    const epoch = this.epoch;
    const page = await this._ask("history", { before: this.messages[0].seq, limit: room });
    if (this.epoch !== epoch || page.epoch !== epoch) return []; // begun anew meanwhile
    for (const message of page.messages.toReversed?.() ?? [...page.messages].reverse()) this._timeline.put(message, true);
    this._timeline.hasEarlier = page.more;
    this._changed("messages");
    return page.messages;
  }

  /** I am typing (call it at every keystroke), or no longer. Lost when offline. */
  setTyping(on = true) {
    const now = this._client._now();
    if (on ? now - this._typedAt < TYPING_AGAIN_MS : !this._typedAt) return;
    this._typedAt = on ? now : 0;
    if (this._canSpeak()) this._client._say("typing", { ...this._where, typing: on });
  }

  _ask(type, data) { return this._client.request(type, { ...this._where, ...data }); }

  _awaited(entry) {
    return quiet(new Promise((resolve, reject) => Object.defineProperty(entry, "_settle", { value: { resolve, reject }, configurable: true, writable: true })));
  }

  // sending

  /** Put on the wire what may go now: in order, `inFlightMax` at once. */
  _pump() {
    const client = this._client;
    if (!this._canSpeak()) return;
    const wait = this._blockedUntil - client._now();
    if (wait > 0) {
      this._timer ??= client._after(wait, () => { this._timer = null; this._pump(); });
      return;
    }
    let free = client.options.inFlightMax - this.pending.filter((entry) => entry._inFlight).length;
    for (const entry of this.pending) {
      if (free <= 0) return;
      if (entry.state !== "sending" || entry._inFlight) continue;
      free--;
      this._put(entry);
    }
  }

  _put(entry) {
    entry._inFlight = true;
    const data = { ...this._address(), message: entry.message, cid: entry.cid, ...entry._rest };
    const request = {
      answer: (type, answer) => (type === "error" ? this._refused(entry, refusalOf(answer)) : this._delivered(entry, answer)),
      lost: () => { entry._inFlight = false; },
      late: () => { entry._inFlight = false; this._pump(); }, // the same cid again: harmless
    };
    if (!this._client._ask(this._verb, data, request)) this._failed(entry, new RoomsError("too_large", "The message is too large"));
  }

  _delivered(entry, { id, seq }) {
    if (!this._takeOut(entry)) return;
    const { user, name } = this._client.user;
    const { message, time, cid } = entry;
    if (id && !this.get(id)) { // its event will replace it
      const put = this._timeline.put({ id, seq, changed: seq, ...this._address(), from: user, name, message, time, cid, ...entry._rest });
      if (put) this._provisional.add(id);
    }
    entry.state = "sent";
    entry._settle.resolve({ id, seq, cid: entry.cid });
    this._changed("pending", "messages");
    this._pump();
  }

  _refused(entry, error) {
    entry._inFlight = false;
    if (error.code === "not_in_room" && this._rejoin?.()) return;
    if (!PASSING.has(error.code) || ++entry._tries >= (TRIES_MAX[error.code] ?? Infinity)) {
      this._failed(entry, error);
      return;
    }
    this._blockedUntil = this._client._now() + (error.retryAfterMs ?? this._client._jitter(entry._tries));
    this._pump();
  }

  _failed(entry, error) {
    if (entry.state !== "sending") return;
    this._client._pendingCount--;
    entry._inFlight = false;
    entry.state = "failed";
    entry.error = Object.assign(error, { cid: entry.cid });
    const failed = this.pending.filter(({ state }) => state === "failed");
    if (failed.length > FAILED_MAX) this.pending.splice(this.pending.indexOf(failed[0]), 1);
    entry._settle.reject(entry.error);
    this._changed("pending");
    this._pump();
  }

  _takeOut(entry) {
    const at = this.pending.indexOf(entry);
    if (at < 0) return false;
    if (entry.state === "sending") this._client._pendingCount--;
    this.pending.splice(at, 1);
    return true;
  }

  _failAll(error) {
    for (const entry of [...this.pending]) this._failed(entry, new RoomsError(error.code, error.message, { ...error }));
  }

  // what comes

  /** A stored event: apply it, and notice when one before it is missing. Returns whether it tells anything new. */
  _stored(type, data) {
    if (this._catching) this._catching.head = Math.max(this._catching.head, data.seq);
    else if (data.seq > this.head + 1) { this._resync(); return false; }
    else this.head = Math.max(this.head, data.seq);
    if (type === "message") return this._arrived(data);
    if (type !== "room" && this._timeline.change(type, data)) this._changed("messages");
    return true;
  }

  _arrived(message) {
    this._notTyping(message.from);
    const isNew = this._place(message);
    if (!this._catching) this._trim();
    this._changed("messages");
    return isNew;
  }

  /** Put a message where it belongs; if it is mine and was on its way, it has arrived. Returns whether nobody was told of it yet. */
  _place(message) {
    const mine = message.from === this._client.user?.user && message.cid !== undefined;
    const entry = mine && this.pending.find(({ cid }) => cid === message.cid);
    if (entry) this._delivered(entry, message);
    const put = this._timeline.put(message);
    return this._provisional.delete(message.id) || put === "new";
  }

  _trim() {
    this._timeline.trim();
    for (const id of this._provisional) if (!this.get(id)) this._provisional.delete(id);
  }

  /** Begin (again) from an answer of `joined` or `history`: exactly what was missed, or the latest page. */
  _resume(messages, { head, epoch, recovered, more }) {
    const first = this.epoch === null;
    if (recovered) {
      this._catching = more ? { head } : null;
      const found = messages.filter((message) => this._place(message));
      this.head = more && messages.length ? messages.at(-1).changed : head;
      this._recovered(found);
      if (more) this._catchUp(epoch);
    } else {
      this._catching = null;
      this._timeline.clear();
      this._provisional.clear();
      for (const message of messages) this._place(message);
      this._timeline.hasEarlier = more;
      [this.head, this.epoch] = [head, epoch];
      if (!first) this._emit("reset", { messages: [...this.messages] });
    }
    if (!this._catching) this._trim();
    this._changed("messages");
  }

  async _catchUp(epoch) {
    const catching = this._catching;
    try {
      while (this._catching === catching) {
        const page = await this._ask("history", { since: this.head, epoch, limit: 100 });
        if (this._catching !== catching) return;
        if (!page.recovered) { this._resume(page.messages, page); return; }
        const found = page.messages.filter((message) => this._place(message));
        const over = !page.more || !page.messages.length;
        if (over) this._catching = null;
        this.head = over ? Math.max(catching.head, page.head) : page.messages.at(-1).changed;
        this._recovered(found);
        if (over) this._trim();
        this._changed("messages");
      }
    } catch (error) {
      if (this._catching === catching && this._canSpeak()) this._resync(); // else the next connection resumes from `head`
    }
  }

  _recovered(messages) {
    for (const message of messages) {
      const told = { ...message, recovered: true };
      this._emit("message", told);
      this._client._emit(this._verb, told);
    }
  }

  _receipt(user, seq) {
    if (user === undefined || (this.reads.get(user) ?? 0) >= seq) return;
    this.reads.set(user, seq);
    for (const other of this.reads.keys()) {
      if (this.reads.size <= READS_MAX) return;
      if (other !== user && other !== this._client.user?.user) this.reads.delete(other);
    }
  }

  _types({ user, name, typing }) {
    this._notTyping(user);
    if (typing && user !== this._client.user?.user) {
      this.typing.set(user, name || user);
      this._typists.set(user, this._client._after(TYPING_MS, () => this._notTyping(user)));
    }
    this._changed("typing");
  }

  _notTyping(user) {
    this._client._never(this._typists.get(user));
    this._typists.delete(user);
    if (this.typing.delete(user)) this._changed("typing");
  }

  /** Cut off: what was true only of the connection is over. */
  _pause() {
    for (const user of [...this.typing.keys()]) this._notTyping(user);
    this._client._never(this._timer);
    this._timer = this._catching = null;
    this._typedAt = 0;
  }

  /** Tell once a frame what has changed. */
  _changed(...what) {
    const client = this._client;
    if (!client._changes.has(this)) client._changes.set(this, new Set());
    for (const each of what) client._changes.get(this).add(each);
    client._tellChanges();
  }
}

/** A promise whose rejection need not be handled: who does not wait for it sees the failure in `pending`. */
function quiet(promise) {
  promise.catch(() => {});
  return promise;
}

/** One chat room. Made by `client.room(name)`; in it once `join` has resolved, and again by itself after every reconnect. */
export class Room extends Talk {
  constructor(client, name) {
    super(client, { room: name });
    this.name = name;
    this.state = "idle";
    this.error = this.retryAt = this.title = this.topic = this.role = null;
    this.online = 0;
    this.users = new Map();
    this._wanted = null; // the options of `join` while in the room or on the way into it
    this._verb = "message";
  }

  /** Enter the room. Resolves when in it; waits while offline; rejects when that is refused for good. */
  join({ name, meta, limit, switch: moves } = {}) {
    this._wanted = { name, meta, limit };
    this._moves = moves;
    if (this.state === "joined") return Promise.resolve(this);
    if (this._joined) return this._joined.promise;
    let settle;
    const promise = quiet(new Promise((resolve, reject) => { settle = { resolve, reject }; }));
    this._joined = { promise, ...settle };
    this._client._never(this._comeBack);
    this._become("joining");
    this._enter();
    return promise;
  }

  /** Go out. */
  async leave() {
    const was = this._wanted && this.state === "joined" && this._client.state === "open";
    this._forget(new RoomsError("closed", "The room was left", { room: this.name }), "left");
    if (was) await this._ask("leave", {}).catch((error) => { if (error.code !== "not_in_room") throw error; });
  }

  pin(id, on = true) { return this._ask("pin", { id, on }); }
  who(query = {}) { return this._ask("who", query); }
  search(query, { cursor, limit } = {}) { return this._ask("search", { query, cursor, limit }); }
  kick(user, facts = {}) { return this._ask("kick", { user, ...facts }); }
  ban(user, facts = {}) { return this._ask("ban", { user, ...facts }); }
  mute(user, facts = {}) { return this._ask("mute", { user, ...facts }); }
  unban(user) { return this._ask("unban", { user }); }
  unmute(user) { return this._ask("unmute", { user }); }
  setRole(user, role) { return this._ask("role", { user, role }); }
  set(facts) { return this._ask("room", facts); }

  /** An event of the application to the others, never stored; lost when offline. */
  event(name, data) {
    if (this._canSpeak()) this._client._say("event", { room: this.name, name, data });
  }

  _address() { return { room: this.name }; }
  _canSpeak() { return this.state === "joined" && this._client.state === "open"; }

  _whyNotSpeak() {
    return this._wanted ? null : this.error ?? new RoomsError("not_in_room", "Not in room", { room: this.name });
  }

  _become(state, error = null, retryAt = null) {
    this.state = state;
    this.error = error;
    this.retryAt = retryAt;
    this._emit("state", { state, error, retryAt });
    this._changed("state");
  }

  /** Ask to be let in: from the place in the history that was reached. */
  _enter() {
    const client = this._client;
    if (!this._wanted || client.state !== "open" || this._entering) return;
    this._entering = true;
    const place = this.epoch === null ? {} : { since: this.head, epoch: this.epoch };
    const { limit, ...who } = this._wanted;
    const data = defined({ room: this.name, ...who, ...place, limit: this.epoch === null ? limit : undefined, switch: this._moves || undefined });
    const over = () => { this._entering = false; };
    client._ask("join", data, {
      answer: (type, answer) => { over(); type === "error" ? this._notLetIn(refusalOf(answer)) : this._letIn(answer); },
      lost: over,
      late: () => { over(); client._lose("the server does not answer"); },
    });
  }

  _letIn(data) {
    if (!this._wanted) return; // left meanwhile
    this._moves = undefined;
    this._tries = 0;
    Object.assign(this, { title: data.title, topic: data.topic, role: data.role, online: data.online });
    this.users = new Map((data.users ?? []).map((user) => [user.user, user]));
    for (const [user, seq] of Object.entries(data.reads ?? {})) this._receipt(user, seq);
    if (this.epoch === null && this.lastRead === 0) this._readFrom = data.head; // who never read begins now
    this._resume(data.history ?? [], data);
    this._become("joined");
    this._changed("users", "about", "reads");
    this._joined?.resolve(this);
    this._joined = null;
    this._client._flush();
  }

  _notLetIn(error) {
    if (error.code === "banned" && error.retryAfterMs) this._wait(new RoomsError("kicked", error.message, { ...error, code: "kicked" }), error.retryAfterMs);
    else if (PASSING.has(error.code) && (this._tries = (this._tries ?? 0) + 1)) this._wait(error, error.retryAfterMs ?? this._client._jitter(this._tries));
    else this._forget(error, "ended");
  }

  /** Come back after a while. */
  _wait(error, ms) {
    const client = this._client;
    this._stop();
    this._become("waiting", error, client._now() + ms);
    this._comeBack = client._after(ms, () => {
      this._become("joining");
      this._enter();
    });
  }

  /** In the room no more, and not on the way into it. */
  _forget(error, state) {
    this._wanted = null;
    this._stop();
    this._failAll(error);
    this._joined?.reject(error);
    this._joined = null;
    this._become(state, state === "ended" ? error : null);
  }

  _stop() {
    this._client._never(this._comeBack);
    this._pause();
  }

  /** The connection is gone, or is there again. */
  _lost() {
    this._stop();
    this._entering = false;
    if (this._wanted && this.state !== "joining") this._become("joining");
  }

  /** The server says that this socket is not in the room. */
  _rejoin() {
    if (!this._wanted) return false;
    if (this.state === "joined") this._become("joining");
    this._enter();
    return true;
  }

  _resync() {
    if (this._entering) return;
    this._become("joining");
    this._enter();
  }

  _take(type, data, envelope) {
    if (STORED.has(type) && !(this._wanted && this.epoch !== null && this._stored(type, data))) return;
    this[`_on_${type}`]?.(data);
    this._emit(type, data, envelope);
  }

  _on_room({ title, topic, user, role }) {
    Object.assign(this, { title, topic });
    if (role && user === this._client.user?.user) this.role = role;
    this._changed("about");
  }

  _on_joined({ user, name, meta, session }) {
    const before = this.users.get(user);
    if (!before) this.online++;
    this.users.set(user, { connections: 1, since: new Date(this._client._now()).toISOString(), ...before, user, name, meta, session });
    this._changed("users");
  }

  _on_left({ user, session, reason }) {
    if (session === this._client.session && user === this._client.user?.user) { // this very socket, unasked
      if (this._wanted) this._forget(new RoomsError(reason === "left" ? "closed" : reason, "No longer in the room", { room: this.name }), reason === "left" ? "left" : "ended");
      return;
    }
    if (this.users.delete(user)) this.online = Math.max(0, this.online - 1);
    this._notTyping(user);
    this._changed("users");
  }

  _on_typing(data) { this._types(data); }

  _on_read({ user, seq }) {
    this._receipt(user, seq);
    this._changed("reads");
  }

  _on_kicked({ reason, by, seconds }) {
    const error = new RoomsError(seconds ? "kicked" : "banned", reason || (seconds ? "Kicked" : "Banned"), { by, room: this.name });
    if (seconds) this._wait(error, seconds * 1000);
    else this._forget(error, "ended");
  }

  _on_destroyed() {
    this._forget(new RoomsError("destroyed", "The room was destroyed", { room: this.name }), "ended");
    this._timeline.clear();
    [this.epoch, this.head] = [null, 0];
    this._changed("messages");
  }
}

/** A private conversation with one user. Made by `client.private(user)`. */
export class Conversation extends Talk {
  constructor(client, user) {
    super(client, { with: user });
    this.user = user;
    this._verb = "private";
    this._known = { unread: 0, head: 0, last: null, blocked: false }; // as `hello` said, and what came since
  }

  get unread() { return this.epoch === null ? this._known.unread : super.unread; }

  /** How it stands as the list of conversations shows it: {unread, head, last, blocked}. */
  get known() { return { ...this._known, unread: this.unread, last: this.last }; }

  /** The newest message, as far as anything is known of the conversation. */
  get last() { return this.messages.at(-1) ?? this._known.last; }

  /** Load the latest page. From then on what is missed while away is caught up. */
  open(limit = 50) {
    this._opened ??= this._open(limit).finally(() => { this._opened = null; });
    return quiet(this._opened);
  }

  async _open(limit) {
    if (this.epoch !== null) return this;
    const page = await this._ask("history", { limit });
    for (const [user, seq] of Object.entries(page.reads ?? {})) this._receipt(user, seq);
    const { unread } = this._known;
    if (this.lastRead === 0) this._readFrom = unread ? page.messages.filter(({ from }) => from === this.user).at(-unread)?.seq - 1 || 0 : page.head;
    this._timeline.clear();
    this._resume(page.messages, { ...page, recovered: false });
    return this;
  }

  _address() { return { to: this.user }; }
  _canSpeak() { return this._client.state === "open"; }
  _whyNotSpeak() { return null; }
  _lost() { this._pause(); }


  /** Connected again: what was missed? */
  async _resync() {
    if (this.epoch === null || this._resyncing) return;
    this._resyncing = true;
    try {
      const page = await this._ask("history", { since: this.head, epoch: this.epoch });
      this._resume(page.messages, page);
    } catch { /* the next connection asks again */ } finally {
      this._resyncing = false;
    }
  }

  _take(type, data, envelope) {
    const kind = type === "private" ? "message" : type;
    if (STORED.has(kind) && this.epoch !== null) {
      if (!this._stored(kind, data)) return;
    } else if (kind === "message") this._unopened(data);
    if (type === "typing") this._types(data);
    if (type === "read") this._read(data);
    this._emit(type, data, envelope);
    if (type === "private") this._emit("message", data, envelope);
  }

  _read({ user, seq }) {
    this._receipt(user, seq);
    if (user === this._client.user?.user && seq >= this._known.head) this._known.unread = 0; // read on another socket
    this._changed("reads");
  }

  _unopened(message) {
    this._place(message);
    this._timeline.hasEarlier = true;
    this._trim();
    this._changed("messages");
    if (message.seq <= this._known.head) return; // `hello` has counted it
    this._known.head = message.seq;
    if (message.from === this.user && message.from !== this._client.user?.user) this._known.unread++;
  }

  _known_as({ unread, head, last, blocked = false }) {
    Object.assign(this._known, { unread, head, last, blocked });
    this._changed("messages");
  }
}

/** The connection to one server, which comes back by itself, and all that goes over it. */
export class RoomsClient extends Emitter {
  constructor(url, options = {}) {
    super();
    this.options = { ...DEFAULTS, ...defined(options) };
    this._url = socketUrl(url);
    this._WebSocket = this.options.WebSocket ?? globalThis.WebSocket;
    if (!this._WebSocket) throw new RoomsError("network", "There is no WebSocket here: pass a constructor as `WebSocket` (Node before 22: the one of the package `ws`)");
    this.state = "idle";
    this.error = this.user = this.session = this.retryAt = null;
    this.limits = {};
    this.authorizedRooms = [];
    this.stats = {};
    this.online = new Map();
    this.rooms = new Map();
    this.conversations = new Map();
    this._pendingCount = 0;
    this._changes = new Map();
    this._requests = new Map(); // ref → a request on the wire
    this._waiting = new Set(); // requests that wait for the connection or their room
    this._timers = new Set();
    this._ref = 0;
    this._tries = this._tokensRefused = 0;
    this._online = () => this.retryNow();
  }

  /** Messages that are not acknowledged yet, in all rooms and conversations. */
  get pendingCount() { return this._pendingCount; }

  /** Open the connection and keep it. Resolves with the first `hello`; rejects when the server will not have us. */
  connect() {
    if (this.state === "open") return Promise.resolve(this._hello);
    if (!this._connected) {
      let settle;
      const promise = quiet(new Promise((resolve, reject) => { settle = { resolve, reject }; }));
      this._connected = { promise, ...settle };
    }
    const { promise } = this._connected;
    if (this.state === "idle" || this.state === "closed") {
      globalThis.addEventListener?.("online", this._online);
      this._tries = this._tokensRefused = 0;
      this._open("connect");
    }
    return promise;
  }

  /** Say goodbye. What is pending is rejected with `closed`. */
  async close() {
    const socket = this._socket;
    const error = new RoomsError("closed", "The client was closed");
    for (const room of this.rooms.values()) if (room._wanted) room._forget(error, "left");
    this._end(error, null);
    if (!socket || socket.readyState === 3) return;
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, 2_000);
      socket.onclose = () => { clearTimeout(timer); resolve(); };
      socket.close(1000);
    });
  }

  /** While waiting: try now. */
  retryNow() {
    if (this.state === "waiting") this._open(this._reason);
  }

  room(name) {
    const normal = name.normalize("NFC");
    if (!this.rooms.has(normal)) this.rooms.set(normal, new Room(this, normal));
    return this.rooms.get(normal);
  }

  join(name, options) { return this.room(name).join(options); }

  private(user) {
    const normal = user.normalize("NFC");
    if (!this.conversations.has(normal)) {
      this.conversations.set(normal, new Conversation(this, normal));
      this._forgetConversations(normal);
    }
    return this.conversations.get(normal);
  }

  who(query = {}) { return this.request("who", query); }
  block(user, on = true) { return this.request("block", { user, on }); }

  /** Ask for something; resolves with the data of the answer. Waits for the connection, at most `timeoutMs`. */
  request(type, data = {}, { timeoutMs = this.options.requestTimeoutMs, retry = AGAIN.has(type) } = {}) {
    if (this.state === "closed" || this.state === "idle") return quiet(Promise.reject(this.error ?? new RoomsError("closed", "The client is not connected")));
    if (this._requests.size + this._waiting.size >= REQUESTS_MAX) return quiet(Promise.reject(new RoomsError("queue_full", `${REQUESTS_MAX} requests wait already`)));
    return quiet(new Promise((resolve, reject) => {
      const request = { type, data: defined(data), retry, tries: 0, notBefore: 0, until: this._now() + timeoutMs };
      const settle = (end, value) => {
        this._never(request.timer);
        this._requests.delete(request.ref);
        this._waiting.delete(request);
        end(value);
      };
      request.reject = (error) => settle(reject, error);
      request.timer = this._after(timeoutMs, () => request.reject(this._lateness(request)));
      request.answer = (kind, answer) => (kind === "error" ? this._requestRefused(request, refusalOf(answer)) : settle(resolve, answer));
      request.lost = () => (retry ? this._waiting.add(request) : request.reject(new RoomsError("unknown_outcome", "The connection was lost; it may or may not have happened")));
      this._waiting.add(request);
      this._flush();
    }));
  }

  /** Show the server a new token (or ticket) now. */
  async refresh(reason = "expiring") {
    const shown = this.options.ticket ? { ticket: await this.options.ticket() } : { token: await this._token(reason) };
    if (shown.token === null) return null;
    return this.request("auth", shown, { retry: false });
  }

  // the connection

  async _open(reason) {
    this._never(this._retry);
    this._retry = null;
    const attempt = (this._attempt = {});
    this._become("connecting");
    const { guest, ticket, format, connectTimeoutMs } = this.options;
    let token = null, shown = null;
    try {
      if (this.options.token) token = await this._token(reason);
      else if (ticket) shown = await ticket();
    } catch (error) {
      if (this._attempt !== attempt) return;
      if (error?.code === "token_refused") this._end(error, error);
      else this._again(new RoomsError("network", `No token: ${error?.message ?? error}`), this._jitter(this._tries++), reason);
      return;
    }
    if (this._attempt !== attempt) return;
    const protocol = `rooms.v1.${format}`;
    const socket = new this._WebSocket(shown ? `${this._url}?ticket=${encodeURIComponent(shown)}` : this._url, token ? [protocol, `bearer.${token}`] : [protocol]);
    socket.binaryType = "arraybuffer";
    this._socket = socket;
    this._closing = null;
    this._admitted = false;
    this._heardAt = this._now();
    const anonymous = !token && !shown;
    const isCurrent = () => socket === this._socket;
    socket.onopen = () => {
      if (!isCurrent() || !anonymous) return;
      if (guest) this._greetAsGuest();
      else this._after(1_000, () => isCurrent() && !this._admitted && this._say("auth", {})); // says at once that a token is needed
    };
    socket.onmessage = ({ data }) => isCurrent() && this._heard(data);
    socket.onerror = () => { // Node 20 says no more than this of a server that is not there; everybody else closes, too, and at once
      if (!this._admitted) this._after(50, () => isCurrent() && socket.readyState !== 1 && this._closed(1006, ""));
    };
    socket.onclose = ({ code, reason: words }) => isCurrent() && this._closed(code, words);
    this._deadline = this._after(connectTimeoutMs, () => isCurrent() && !this._admitted && this._lose("no answer in time"));
  }

  async _token(reason) {
    const { token } = this.options;
    return (typeof token === "function" ? await token({ reason }) : token) ?? null;
  }

  _greetAsGuest() {
    const { name, key } = this.options.guest;
    this._ask("auth", defined({ name, key }), { answer: (type, data) => type !== "error" && this._admit(data), lost() {}, late() {} });
  }

  _heard(frame) {
    this._heardAt = this._now();
    let envelope;
    try {
      envelope = typeof frame === "string" ? JSON.parse(frame) : decode(new Uint8Array(frame));
    } catch {
      return; // nothing this library was made for
    }
    if (envelope && typeof envelope.type === "string" && envelope.data) this._take(envelope);
    this._tellChanges(true);
  }

  _take(envelope) {
    const { type, data, ref } = envelope;
    const request = ref === undefined || ref === null ? undefined : this._requests.get(ref);
    if (request) {
      this._requests.delete(ref);
      this._never(request.timer_);
      request.answer(type, data);
    }
    if (type === "hello") this._greeted(data, request);
    else if (!request) this._dispatch(type, data, envelope);
    this._emit(type, data, envelope);
    this._emit("*", envelope);
  }

  _dispatch(type, data, envelope) {
    const room = typeof data.room === "string" && this.rooms.get(data.room);
    const other = this._otherSide(type, data);
    if (other !== undefined) this._talkTo(type, other, data, envelope);
    else if (room) room._take(type, data, envelope);
    else this[`_on_${type}`]?.(data);
  }

  /** The user at the other end of the conversation that an event belongs to. */
  _otherSide(type, data) {
    if (typeof data.with === "string") return data.with;
    if (typeof data.to === "string" && data.room === undefined) return data.from === this.user?.user ? data.to : data.from ?? data.user;
    return undefined;
  }

  _talkTo(type, user, data, envelope) {
    if (type !== "private" && !this.conversations.has(user)) return;
    const conversation = this.private(user);
    if (type === "blocked") conversation._known.blocked = data.on;
    conversation._take(type, data, envelope);
    if (["private", "read", "edited", "deleted", "blocked"].includes(type)) this._conversationsChanged();
  }

  _greeted(data, request) {
    Object.assign(this, { user: data.user, session: data.session, limits: data.limits ?? {}, authorizedRooms: data.authorizedRooms ?? [] });
    this._hello = data;
    if (data.stats) this.stats = data.stats;
    if (this._admitted || request) return;
    if (this.options.guest && data.user.user.startsWith("guest-") && !this.options.token && !this.options.ticket) return; // our own `auth` is under way
    this._admit(data);
  }

  /** It is known who we are: everything may go on. */
  _admit(data) {
    if (this._admitted) return;
    this._admitted = true;
    this._never(this._deadline);
    this._openAt = this._now();
    this._tokensRefused = 0;
    this._greeted(data);
    this.online = new Map((data.online ?? []).map((user) => (typeof user === "string" ? [user, { user, name: user }] : [user.user, user])));
    for (const known of data.conversations ?? []) this.private(known.with)._known_as(known);
    if (data.conversations) this._conversationsChanged();
    this._become("open");
    this._connected?.resolve(data);
    this._connected = null;
    this._beat();
    for (const room of this.rooms.values()) room._enter();
    for (const conversation of this.conversations.values()) conversation._resync();
    this._flush();
  }

  _on_stats(data) {
    this.stats = data;
    for (const [name, { online }] of Object.entries(data)) {
      const room = this.rooms.get(name);
      if (room && room.online !== online) { room.online = online; room._changed("users"); }
    }
  }

  _on_online({ user, name }) { this.online.set(user, { user, name }); }
  _on_offline({ user }) { this.online.delete(user); }
  _on_closing({ reconnect_ms: ms }) { this._closing = ms; }

  _on_expiring() {
    if (typeof this.options.token === "function" || this.options.ticket) this.refresh().catch(() => {}); // else, or then, 4401 comes
  }

  _conversationsChanged() { this._emit("conversations", this.conversations); }

  /** The connection is over: by its code, whether and when to come back. */
  _closed(code, words) {
    const lasted = this._admitted ? this._now() - this._openAt : 0;
    const closing = this._closing;
    this._disconnect();
    if (lasted >= STEADY_MS) this._tries = 0;
    if (FINAL[code]) {
      const [name, message] = FINAL[code];
      const error = new RoomsError(name, words || message, { closeCode: code });
      this._end(error, error);
    } else if (code === 4401) this._tokenRefused(words);
    else {
      const error = new RoomsError("network", words || "The connection was lost", { closeCode: code });
      let wait = closing === null ? this._jitter(this._tries++) : this._random() * closing;
      if (code === 4410 || code === 4429) wait = MINUTE_MS + this._random() * this.options.backoffMinMs;
      this._again(error, wait, "connect");
    }
  }

  _tokenRefused(words) {
    const canHaveAnother = typeof this.options.token === "function" || this.options.ticket;
    const error = new RoomsError("token_refused", words || "The token is invalid or has expired", { closeCode: 4401 });
    if (!canHaveAnother || this._tokensRefused++ > 0) this._end(error, error);
    else this._again(error, this._random() * this.options.backoffMinMs, "refused");
  }

  _again(error, wait, reason) {
    this.error = error;
    this._reason = reason;
    this.retryAt = this._now() + wait;
    this._retry = this._after(wait, () => this._open(reason));
    this._become("waiting", error);
  }

  /** Over until `connect` is called again. */
  _end(error, shown) {
    this._attempt = null;
    globalThis.removeEventListener?.("online", this._online);
    this._disconnect();
    for (const timer of this._timers) clearTimeout_(this, timer);
    this._timers.clear();
    this._become("closed", shown);
    for (const request of [...this._waiting]) request.reject?.(error);
    for (const talk of this._talks()) talk._failAll(error);
    this._connected?.reject(error);
    this._connected = null;
  }

  /** The socket is not ours any more; what was on the wire waits again. */
  _disconnect() {
    const socket = this._socket;
    this._socket = null;
    this._admitted = false;
    this._never(this._deadline);
    this._never(this._beating);
    const state = this.state;
    this.state = "waiting"; // nothing below may be sent
    for (const request of [...this._requests.values()]) {
      this._never(request.timer_);
      request.lost();
    }
    this._requests.clear();
    this.online.clear();
    for (const talk of this._talks()) talk._lost();
    this.state = state;
    return socket;
  }

  /** Nothing is heard any more: do not wait until the system notices. */
  _lose(words) {
    const socket = this._socket;
    if (!socket) return;
    this._closed(1006, words);
    try {
      socket.close();
    } catch { /* it was never open */ }
  }

  /** The server says something every ten seconds; when it does not, ask, and give up when it does not answer. */
  _beat() {
    const { heartbeatMs, requestTimeoutMs } = this.options;
    const quietMs = this._now() - this._heardAt;
    if (quietMs < heartbeatMs) {
      this._beating = this._after(heartbeatMs - quietMs, () => this._beat());
      return;
    }
    const asked = this._now();
    this._say("ping", {});
    this._beating = this._after(Math.min(requestTimeoutMs, heartbeatMs), () => (this._heardAt >= asked ? this._beat() : this._lose("nothing was heard any more")));
  }

  _become(state, error = null) {
    this.state = state;
    this.error = error;
    if (state !== "waiting") this.retryAt = null;
    this._emit("state", { state, error, retryAt: this.retryAt });
    this._tellChanges();
  }

  // requests

  /** Put a request on the wire. `request` hears `answer(type, data)`, `lost()` when the connection ends, `late()` when nothing comes. */
  _ask(type, data, request) {
    const ref = ++this._ref;
    request.ref = ref;
    this._requests.set(ref, request);
    if (request.late) request.timer_ = this._after(this.options.requestTimeoutMs, () => this._requests.delete(ref) && request.late());
    if (this._say(type, data, ref)) return true;
    this._requests.delete(ref);
    this._never(request.timer_);
    return false;
  }

  /** Write one envelope. `false` if it is larger than the server takes; what no socket takes is lost with the connection. */
  _say(type, data, ref) {
    const envelope = ref === undefined ? { type, data } : { type, data, ref };
    const frame = this.options.format === "msgpack" ? encode(envelope) : JSON.stringify(envelope);
    const size = typeof frame === "string" ? utf8.encode(frame).length : frame.length;
    if (size > (this.limits.message_bytes ?? MESSAGE_BYTES_MAX)) return false;
    if (this._socket?.readyState === 1) this._socket.send(frame);
    return true;
  }

  /** Send the requests that wait and may go now, and the messages. */
  _flush() {
    if (this.state !== "open") return;
    for (const request of [...this._waiting]) if (this._mayGo(request)) this._send(request);
    for (const talk of this._talks()) talk._pump();
  }

  _mayGo({ data, notBefore }) {
    const room = typeof data.room === "string" ? this.rooms.get(data.room.normalize("NFC")) : undefined;
    return notBefore <= this._now() && !(room && room._wanted && room.state !== "joined");
  }

  _send(request) {
    this._waiting.delete(request);
    const { type, data } = request;
    if (!this._ask(type, data, request)) request.reject(new RoomsError("too_large", "The request is too large"));
  }

  _requestRefused(request, error) {
    const wait = error.retryAfterMs ?? this._jitter(++request.tries);
    const mayRetry = request.retry && PASSING.has(error.code) && (error.code !== "internal" || request.tries < TRIES_MAX.internal);
    if (!mayRetry || this._now() + wait > request.until) { request.reject(error); return; }
    request.notBefore = this._now() + wait;
    this._waiting.add(request);
    this._after(wait, () => this._flush());
  }

  _lateness({ retry, ref, type }) {
    const sent = this._requests.has(ref);
    return sent && !retry ? new RoomsError("unknown_outcome", `No answer to ${type}; it may or may not have happened`) : new RoomsError("timeout", `No answer to ${type} in time`);
  }

  _whyNotQueue() {
    if (this.state === "closed") return this.error ?? new RoomsError("closed", "The client was closed");
    if (this._pendingCount < this.options.queueMax) return null;
    return new RoomsError("queue_full", `${this.options.queueMax} messages wait to be sent already`);
  }

  _forgetConversations(kept) {
    for (const [user, conversation] of this.conversations) {
      if (this.conversations.size <= CONVERSATIONS_MAX) return;
      if (user !== kept && !conversation.pending.length && conversation.epoch === null) this.conversations.delete(user);
    }
  }

  * _talks() {
    yield* this.rooms.values();
    yield* this.conversations.values();
  }

  _tellChanges(now = false) {
    if (!this._changes.size) return;
    if (!now) {
      this._telling ??= queueMicrotask(() => this._tellChanges(true)) ?? true;
      return;
    }
    this._telling = null;
    const changes = [...this._changes];
    this._changes.clear();
    for (const [talk, whats] of changes) {
      for (const what of whats) talk._emit("change", { what });
      this._emit("change", talk instanceof Room ? { room: talk, what: [...whats] } : { conversation: talk, what: [...whats] });
    }
  }

  // time and chance

  _now() { return (this.options.now ?? Date.now)(); }
  _random() { return (this.options.random ?? Math.random)(); }

  /** Full jitter: anywhere between nothing and a bound that doubles. */
  _jitter(tries) {
    const { backoffMinMs, backoffMaxMs } = this.options;
    return this._random() * Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(tries, 30));
  }

  _after(ms, act) {
    const timer = (this.options.setTimeout ?? setTimeout)(() => { this._timers.delete(timer); act(); }, Math.max(0, Math.min(ms, 2 ** 31 - 1)));
    this._timers.add(timer);
    return timer;
  }

  _never(timer) {
    if (timer === undefined || timer === null) return;
    this._timers.delete(timer);
    clearTimeout_(this, timer);
  }
}

const clearTimeout_ = (client, timer) => (client.options.clearTimeout ?? clearTimeout)(timer);

function socketUrl(url) {
  const whole = new URL(url || globalThis.location?.href || "", globalThis.location?.href);
  whole.protocol = whole.protocol.replace(/^http/, "ws");
  whole.search = whole.hash = "";
  whole.pathname = `${whole.pathname.replace(/\/(ws\/?)?$/, "")}/ws`;
  return whole.href;
}

// msgpack: the part that JSON has too

const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A value (of what JSON can say) as msgpack. */
export function encode(value) {
  const writer = { bytes: new Uint8Array(256), at: 0 };
  write(writer, value);
  return writer.bytes.slice(0, writer.at);
}

function reserve(writer, size) {
  if (writer.at + size > writer.bytes.length) {
    const larger = new Uint8Array(Math.max(writer.bytes.length * 2, writer.at + size));
    larger.set(writer.bytes);
    writer.bytes = larger;
  }
  const at = writer.at;
  writer.at += size;
  return new DataView(writer.bytes.buffer, at, size);
}

function write(writer, value) {
  if (value === null || value === undefined) reserve(writer, 1).setUint8(0, 0xc0);
  else if (typeof value === "boolean") reserve(writer, 1).setUint8(0, value ? 0xc3 : 0xc2);
  else if (typeof value === "number") writeNumber(writer, value);
  else if (typeof value === "string") writeText(writer, value);
  else if (Array.isArray(value)) {
    writeSize(writer, value.length, 0x90, 15, null, 0xdc, 0xdd);
    for (const item of value) write(writer, item);
  } else if (typeof value === "object") {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    writeSize(writer, entries.length, 0x80, 15, null, 0xde, 0xdf);
    for (const [key, item] of entries) { writeText(writer, key); write(writer, item); }
  } else throw new TypeError(`msgpack has no form for a ${typeof value}`);
}

function writeText(writer, value) {
  const bytes = utf8.encode(value.toWellFormed?.() ?? value);
  writeSize(writer, bytes.length, 0xa0, 31, 0xd9, 0xda, 0xdb);
  const at = writer.at;
  reserve(writer, bytes.length);
  writer.bytes.set(bytes, at);
}

function writeSize(writer, size, small, smallMax, one, two, four) {
  if (size <= smallMax) reserve(writer, 1).setUint8(0, small | size);
  else if (one !== null && size <= 0xff) writeAs(writer, one, 1, size);
  else if (size <= 0xffff) writeAs(writer, two, 2, size);
  else writeAs(writer, four, 4, size);
}

function writeAs(writer, head, width, value) {
  const view = reserve(writer, 1 + width);
  view.setUint8(0, head);
  if (width === 1) view.setUint8(1, value);
  else if (width === 2) view.setUint16(1, value);
  else view.setUint32(1, value);
}

function writeNumber(writer, value) {
  if (!Number.isFinite(value)) throw new TypeError("NaN and infinities cannot be sent");
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    const view = reserve(writer, 9);
    view.setUint8(0, 0xcb);
    view.setFloat64(1, value);
  } else if (value >= -32 && value <= 127) reserve(writer, 1).setInt8(0, value);
  else if (value >= 0 && value <= 0xff) writeAs(writer, 0xcc, 1, value);
  else if (value >= 0 && value <= 0xffff) writeAs(writer, 0xcd, 2, value);
  else if (value >= 0 && value <= 0xffffffff) writeAs(writer, 0xce, 4, value);
  else if (value < 0 && value >= -0x80) writeAs(writer, 0xd0, 1, value & 0xff);
  else if (value < 0 && value >= -0x8000) writeAs(writer, 0xd1, 2, value & 0xffff);
  else if (value < 0 && value >= -0x80000000) writeAs(writer, 0xd2, 4, value >>> 0);
  else {
    const view = reserve(writer, 9);
    view.setUint8(0, value < 0 ? 0xd3 : 0xcf);
    view.setInt32(1, Math.floor(value / 2 ** 32));
    view.setUint32(5, value - Math.floor(value / 2 ** 32) * 2 ** 32);
  }
}

const NESTING_MAX = 64;

/** The value in `bytes`. Throws a RangeError or TypeError if they are no whole msgpack of what JSON can say. */
export function decode(bytes) {
  const reader = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 };
  const value = read(reader, NESTING_MAX);
  if (reader.at !== bytes.length) throw new RangeError("bytes after the end");
  return value;
}

const SIZES = { 0xd9: ["text", 1], 0xda: ["text", 2], 0xdb: ["text", 4], 0xdc: ["list", 2], 0xdd: ["list", 4], 0xde: ["map", 2], 0xdf: ["map", 4] };

function read(reader, levels) {
  const head = unsigned(reader, 1);
  if (head < 0x80) return head;
  if (head >= 0xe0) return head - 0x100;
  if (head < 0x90) return readMap(reader, head & 15, levels);
  if (head < 0xa0) return readList(reader, head & 15, levels);
  if (head < 0xc0) return readText(reader, head & 31);
  const sized = SIZES[head];
  if (sized) {
    const size = unsigned(reader, sized[1]);
    return sized[0] === "text" ? readText(reader, size) : sized[0] === "list" ? readList(reader, size, levels) : readMap(reader, size, levels);
  }
  switch (head) {
    case 0xc0: return null;
    case 0xc2: return false;
    case 0xc3: return true;
    case 0xca: return reader.view.getFloat32(take(reader, 4));
    case 0xcb: return reader.view.getFloat64(take(reader, 8));
    case 0xcc: return unsigned(reader, 1);
    case 0xcd: return unsigned(reader, 2);
    case 0xce: return unsigned(reader, 4);
    case 0xcf: return wide(unsigned(reader, 4), unsigned(reader, 4));
    case 0xd0: return reader.view.getInt8(take(reader, 1));
    case 0xd1: return reader.view.getInt16(take(reader, 2));
    case 0xd2: return reader.view.getInt32(take(reader, 4));
    case 0xd3: return wide(reader.view.getInt32(take(reader, 4)), unsigned(reader, 4));
    default: throw new TypeError(`no value of the protocol begins with ${head}`);
  }
}

function wide(high, low) {
  const value = high * 2 ** 32 + low;
  if (!Number.isSafeInteger(value)) throw new RangeError("an integer beyond 2^53");
  return value;
}

function take(reader, size) {
  if (reader.at + size > reader.bytes.length) throw new RangeError("the end is missing");
  reader.at += size;
  return reader.at - size;
}

function unsigned(reader, width) {
  const at = take(reader, width);
  return width === 1 ? reader.view.getUint8(at) : width === 2 ? reader.view.getUint16(at) : reader.view.getUint32(at);
}

function readText(reader, size) {
  const at = take(reader, size);
  return text.decode(reader.bytes.subarray(at, at + size));
}

function readList(reader, size, levels) {
  if (levels === 0 || size > reader.bytes.length - reader.at) throw new RangeError("too deep, or the end is missing");
  return Array.from({ length: size }, () => read(reader, levels - 1));
}

function readMap(reader, size, levels) {
  if (levels === 0 || size > reader.bytes.length - reader.at) throw new RangeError("too deep, or the end is missing");
  const map = {};
  for (let index = 0; index < size; index++) {
    const key = read(reader, 0);
    if (typeof key !== "string") throw new TypeError("keys are strings");
    const value = read(reader, levels - 1);
    if (key === "__proto__") Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
    else map[key] = value;
  }
  return map;
}
