// A server whose every word the test says, and a clock that the test winds.

import { RoomsClient, decode, encode } from "../rooms.js";

/** Timers that run when `pass` is called, in their order. */
export class Clock {
  constructor() { this.now = 1_000_000; this.timers = new Map(); this.last = 0; }

  options() {
    return {
      now: () => this.now,
      setTimeout: (act, ms) => { this.timers.set(++this.last, { at: this.now + ms, act }); return this.last; },
      clearTimeout: (timer) => this.timers.delete(timer),
    };
  }

  async pass(ms) {
    await settled();
    const end = this.now + ms;
    for (;;) {
      const [timer, due] = [...this.timers].filter(([, { at }]) => at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0] ?? [];
      if (!due) break;
      this.timers.delete(timer);
      this.now = Math.max(this.now, due.at);
      due.act();
      await settled();
    }
    this.now = end;
  }
}

/** Everything that can happen without time passing has happened. */
export async function settled() {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

export class FakeServer {
  constructor() {
    this.clock = new Clock();
    this.sockets = [];
    this.client = null;
  }

  /** A client of this server, not connected yet. */
  make(options = {}) {
    const server = this;
    class Socket {
      constructor(url, protocols) {
        Object.assign(this, { url, protocols, readyState: 0, requests: [], at: server.clock.now });
        server.sockets.push(this);
      }
      send(frame) { this.requests.push(typeof frame === "string" ? JSON.parse(frame) : decode(frame)); }
      close(code = 1005) { this.closedWith = code; this.readyState = 3; queueMicrotask(() => this.onclose?.({ code, reason: "" })); }
      open() { this.readyState = 1; this.onopen?.({}); }
      say(type, data = {}, ref) {
        const envelope = { type, data, ...(ref === undefined ? {} : { ref }) };
        const isBinary = this.protocols[0] === "rooms.v1.msgpack";
        this.onmessage({ data: isBinary ? encode(envelope).buffer : JSON.stringify(envelope) });
      }
      end(code, reason = "") { this.readyState = 3; this.onclose?.({ code, reason }); }
      /** The oldest request not taken yet, which must be of this type. */
      take(type) {
        if (type !== "ping") this.requests = this.requests.filter((request) => request.type !== "ping");
        const request = this.requests.shift();
        if (request?.type !== type) throw new Error(`not ${type}: ${JSON.stringify(request)}`);
        return request;
      }
      answer(request, type, data) { this.say(type, data, request.ref); }
      refuse(request, code, more = {}) { this.answer(request, "error", { code, message: code, ...more }); }
      hello(user = "ada", more = {}, ref) {
        this.say("hello", { session: "s", user: { user, name: user, avatar: null }, authorizedRooms: ["*"], stats: {}, limits: { message_bytes: 65536 }, ...more }, ref);
      }
      letIn(more = {}) {
        const join = this.take("join");
        const state = { head: 0, epoch: "e", history: [], recovered: false, more: false, users: [], online: 1, reads: {} };
        this.answer(join, "joined", { room: join.data.room, title: "", topic: "", role: "member", ...state, ...more });
        return join.data;
      }
      /** Acknowledge the oldest message and tell of it. */
      store(seq) {
        const said = this.take("message");
        const { cid, message: text, room } = said.data;
        this.answer(said, "ack", { id: `m${seq}`, seq, room, cid });
        this.say("message", message(seq, text, { from: "ada", cid }));
        return said.data;
      }
    }
    this.client = new RoomsClient("http://fake/chat", { WebSocket: Socket, random: () => 0.5, token: "t", backoffMinMs: 1000, backoffMaxMs: 8000, ...this.clock.options(), ...options });
    return this.client;
  }

  get socket() { return this.sockets.at(-1); }

  /** The newest socket opens and is greeted. */
  async welcome(user, more) {
    await settled();
    this.socket.open();
    this.socket.hello(user, more);
    await settled();
    return this.socket;
  }

  /** A client in the lobby, and its room. */
  async lobby(options, state = {}) {
    const client = this.make(options);
    client.connect();
    await this.welcome();
    const joined = client.join("lobby");
    await settled();
    this.socket.letIn(state);
    return { client, room: await joined };
  }

  /** The connection breaks, and after a while there is another. */
  async breakAndReturn(state = {}) {
    this.socket.end(1006);
    await this.clock.pass(this.client.retryAt - this.clock.now);
    await this.welcome();
    return this.socket.letIn(state);
  }
}

export const message = (seq, text = `number ${seq}`, more = {}) =>
  ({ id: `m${seq}`, seq, changed: seq, room: "lobby", from: "bob", name: "Bob", message: text, time: "2026-11-20T20:07:00.123Z", ...more });
