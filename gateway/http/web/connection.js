// One room over one socket that comes back by itself: guests or a token, resume by seq and epoch, full jitter.
//
//   new Connection({ room, name, token, key }, { state, joined, event, failed })
//
// state(name, words): "connecting" | "open" | "waiting" | "over". joined(data): after every join; data.recovered says whether
// history continues what was seen. event(type, data): everything else the room says. Messages sent while away wait for the return.

const FINAL = {
  1003: "The server did not understand this page.", 1007: "The server did not understand this page.", 1009: "That was too big.",
  4400: "The server did not understand this page.", 4401: "The token is invalid or has expired.", 4403: "You may not enter this room.",
  4404: "The room was destroyed.", 4408: "This server needs a token.", 4409: "Opened elsewhere.", 4411: "You are banned from this room.",
};
const PENDING_MAX = 100;

export class Connection {
  constructor(who, on) {
    this.who = who;
    this.on = on;
    this.pending = new Map(); // cid → text, in the order sent, until the server has acknowledged it
    this.head = this.epoch = null; // the place in the room's history up to which everything was seen
    this.tries = 0;
    this.wake = () => this.timer && this.connect();
    addEventListener("online", this.wake);
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    this.timer = null;
    this.waitAtMost = null;
    this.isJoined = false;
    this.on.state("connecting", "Connecting …");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const protocols = this.who.token ? ["rooms.v1.json", "bearer." + this.who.token] : ["rooms.v1.json"];
    const socket = new WebSocket(`${scheme}://${location.host}/rooms/${encodeURIComponent(this.who.room)}/ws`, protocols);
    this.socket = socket;
    socket.onopen = () => this.who.token || this.request("auth", { name: this.who.name, key: this.who.key }, "auth");
    socket.onmessage = ({ data }) => socket === this.socket && this.take(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.socket && this.closed(code);
  }

  take({ type, data, ref }) {
    if (type === "hello") return this.hello(data, ref);
    if (type === "joined" && ref === "join") return this.entered(data);
    if (type === "history" && ref === "more") return this.caughtUp(data);
    if (type === "ack") return data.cid && this.acknowledged(data.cid);
    if (type === "closing") this.waitAtMost = data.reconnect_ms;
    if (type === "error") return this.refused(data, ref);
    if (typeof data.seq === "number" && type !== "read") this.head = Math.max(this.head ?? 0, data.seq);
    this.on.event(type, data);
  }

  hello(data, ref) {
    this.user = data.user.user;
    if (!this.who.token && ref !== "auth") return; // a guest's first hello; the one with our own key follows
    const place = this.epoch === null ? {} : { since: this.head, epoch: this.epoch };
    this.request("join", { name: this.who.name, ...place }, "join");
  }

  entered(data) {
    this.tries = 0;
    this.isJoined = true;
    this.epoch = data.epoch;
    this.on.joined(data);
    this.head = data.head;
    if (data.recovered && data.more) this.goOn(data.history);
    for (const [cid, text] of this.pending) this.request("message", { message: text, cid });
    this.on.state("open", "Connected");
  }

  goOn(messages) {
    this.request("history", { since: messages.at(-1).changed, epoch: this.epoch, limit: 100 }, "more");
  }

  caughtUp({ messages, more }) {
    for (const message of messages) this.on.event("message", message);
    if (more && messages.length) this.goOn(messages);
  }

  acknowledged(cid) {
    this.pending.delete(cid);
    this.on.event("acknowledged", { cid });
  }

  refused({ code, message, cid }, ref) {
    if (cid && code !== "unknown_outcome" && code !== "overloaded" && code !== "unavailable") {
      this.pending.delete(cid);
      this.on.failed(cid, message);
    } else if (ref === "auth") {
      this.stop(FINAL[4408]);
    } else if (ref === "join") {
      this.stop(message);
    }
  }

  closed(code) {
    this.isJoined = false;
    if (code === 4401 && !this.who.token) return this.stop(FINAL[4408]);
    if (FINAL[code]) return this.stop(FINAL[code]);
    const wait = code === 4429 ? 60_000 : Math.random() * (this.waitAtMost ?? Math.min(30_000, 500 * 2 ** this.tries++)) + 100;
    this.on.state("waiting", "Offline, coming back …");
    this.timer = setTimeout(() => this.connect(), code === 4410 ? 60_000 : wait);
  }

  // Send text; it is kept and sent again until the server has it, once. False: too much is waiting already.
  say(cid, text) {
    if (this.pending.size >= PENDING_MAX) return false;
    this.pending.set(cid, text);
    if (this.isJoined) this.request("message", { message: text, cid });
    return true;
  }

  request(type, data, ref) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type, data, ref }));
  }

  stop(words) {
    clearTimeout(this.timer);
    removeEventListener("online", this.wake);
    const socket = this.socket;
    this.socket = this.timer = null;
    socket?.close(1000);
    if (words) this.on.state("over", words);
  }
}
