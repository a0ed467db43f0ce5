import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeServer, message, settled } from "./fake.js";

const seqs = (room) => room.messages.map(({ seq }) => seq);
const listen = (room) => {
  const told = [];
  room.on("message", ({ seq, recovered }) => told.push(recovered ? `${seq} recovered` : seq));
  room.on("reset", () => told.push("reset"));
  return told;
};

for (const format of ["json", "msgpack"]) {
  test(`it asks for what it missed and tells of that once (${format})`, async () => {
    const server = new FakeServer();
    const { room } = await server.lobby({ format }, { head: 1, history: [message(1)] });
    const told = listen(room);
    server.socket.say("message", message(2));
    const asked = await server.breakAndReturn({ head: 5, recovered: true, history: [message(1, "edited", { changed: 3 }), message(4), message(5)] });
    server.socket.say("message", message(6));
    assert.deepEqual([asked.since, asked.epoch], [2, "e"]);
    assert.deepEqual(room.messages.map((each) => each.message), ["edited", "number 2", "number 4", "number 5", "number 6"]);
    assert.deepEqual(told, [2, "4 recovered", "5 recovered", 6]);
    assert.equal(room.head, 6);
  });
}

test("more is fetched until nothing is missing", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby({}, { head: 1, history: [message(1)] });
  const told = listen(room);
  await server.breakAndReturn({ head: 5, recovered: true, more: true, history: [message(2), message(3)] });
  await settled();
  let asked = server.socket.take("history");
  assert.deepEqual(asked.data, { room: "lobby", since: 3, epoch: "e", limit: 100 });
  server.socket.say("message", message(6));
  server.socket.answer(asked, "history", { room: "lobby", head: 6, epoch: "e", recovered: true, more: true, messages: [message(4)] });
  await settled();
  asked = server.socket.take("history");
  assert.equal(asked.data.since, 4);
  server.socket.answer(asked, "history", { room: "lobby", head: 6, epoch: "e", recovered: true, more: false, messages: [message(5), message(6)] });
  await settled();
  assert.deepEqual(seqs(room), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(told, ["2 recovered", "3 recovered", 6, "4 recovered", "5 recovered"]);
  assert.equal(room.head, 6);
});

test("a connection lost while catching up goes on from the last page, not from the newest thing heard", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby({}, { head: 1, history: [message(1)] });
  await server.breakAndReturn({ head: 9, recovered: true, more: true, history: [message(2)] });
  await settled();
  server.socket.say("message", message(10));
  const asked = await server.breakAndReturn({ head: 10, recovered: true, history: Array.from({ length: 8 }, (_, i) => message(i + 3)) });
  assert.equal(asked.since, 2);
  assert.deepEqual(seqs(room), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("what cannot be recovered begins anew", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby({}, { head: 1, history: [message(1)] });
  const told = listen(room);
  await server.breakAndReturn({ head: 900, epoch: "another", more: true, history: [message(899), message(900)] });
  assert.deepEqual(seqs(room), [899, 900]);
  assert.equal(room.hasEarlier, true);
  assert.deepEqual(told, ["reset"]);
});

test("an event that is missing makes it join again", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby({}, { head: 1, history: [message(1)] });
  const told = listen(room);
  server.socket.say("message", message(3));
  const asked = server.socket.letIn({ head: 3, recovered: true, history: [message(2), message(3)] });
  assert.equal(asked.since, 1);
  assert.deepEqual(told, ["2 recovered", "3 recovered"]);
});

test("a message from before what is loaded leaves no hole", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby({}, { head: 100, more: true, history: [message(99), message(100)] });
  await server.breakAndReturn({ head: 101, recovered: true, history: [message(3, "edited", { changed: 101 })] });
  assert.deepEqual(seqs(room), [99, 100]);
  const page = room.earlier();
  await settled();
  const asked = server.socket.take("history");
  assert.deepEqual(asked.data, { room: "lobby", before: 99, limit: 50 });
  server.socket.answer(asked, "history", { room: "lobby", head: 101, epoch: "e", more: true, messages: [message(97), message(98)] });
  assert.equal((await page).length, 2);
  assert.deepEqual(seqs(room), [97, 98, 99, 100]);
});

test("events change messages where they stand", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby({}, { head: 1, history: [message(1)] });
  const say = (type, data) => server.socket.say(type, { room: "lobby", ...data });
  say("edited", { id: "m1", seq: 2, message: "new" });
  say("reacted", { id: "m1", seq: 3, emoji: "🎉", users: ["ada"] });
  say("pinned", { id: "m1", seq: 4, on: true });
  assert.deepEqual(room.get("m1"), { ...message(1, "new"), changed: 4, state: "sent", edited: true, reactions: { "🎉": ["ada"] }, pinned: true });
  assert.deepEqual([...room.pinned.keys()], ["m1"]);
  say("reacted", { id: "m1", seq: 5, emoji: "🎉", users: [] });
  assert.deepEqual(room.get("m1").reactions, {});
  say("room", { seq: 6, title: "Hall", topic: "talk", user: "ada", role: "moderator" });
  say("deleted", { id: "m1", seq: 7 });
  const { id, seq, room: where, from, name, time } = message(1);
  assert.deepEqual(room.get("m1"), { id, seq, room: where, from, name, time, changed: 7, state: "sent", message: "", deleted: true });
  assert.deepEqual([room.title, room.topic, room.role, room.head], ["Hall", "talk", "moderator", 7]);
});

test("no more messages are kept than the options say", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby({ messagesMax: 3 });
  for (let seq = 1; seq <= 5; seq++) server.socket.say("message", message(seq));
  assert.deepEqual(seqs(room), [3, 4, 5]);
  assert.equal(room.hasEarlier, true);
  assert.deepEqual(await room.earlier(), []);
});

test("what this library does not know does no harm", async () => {
  const server = new FakeServer();
  const { client, room } = await server.lobby();
  for (const frame of ["not json", "[]", "7", "null", new Uint8Array([0xc1]).buffer]) server.socket.onmessage({ data: frame });
  server.socket.say("wonder", { room: "lobby" });
  server.socket.say("message", message(1, "x", { new_field: true }));
  assert.deepEqual(seqs(room), [1]);
  assert.equal(client.state, "open");
});

test("members come and go, type for six seconds, and read", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby({}, { head: 1, history: [message(1)], users: [{ user: "ada", name: "Ada" }], reads: { bob: 1 } });
  const say = (type, data) => server.socket.say(type, { room: "lobby", ...data });
  say("joined", { user: "bob", name: "Bob", session: "x" });
  assert.deepEqual([...room.users.keys(), room.online], ["ada", "bob", 2]);
  say("typing", { user: "bob", name: "Bob", typing: true });
  assert.deepEqual([...room.typing], [["bob", "Bob"]]);
  await server.clock.pass(6000);
  assert.deepEqual([...room.typing], []);
  say("typing", { user: "bob", name: "Bob", typing: true });
  say("message", message(2));
  assert.deepEqual([...room.typing], []);
  assert.equal(room.unread, 1);
  room.read();
  assert.deepEqual(server.socket.take("read").data, { room: "lobby", seq: 2 });
  assert.equal(room.unread, 0);
  say("read", { user: "bob", seq: 2 });
  assert.equal(room.reads.get("bob"), 2);
  say("left", { user: "bob", session: "x", reason: "left" });
  assert.deepEqual([...room.users.keys(), room.online], ["ada", 1]);
});

test("somebody kicked comes back after the time, somebody banned does not", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby();
  server.socket.say("kicked", { room: "lobby", by: "eve", reason: "spam", seconds: 30 });
  assert.deepEqual([room.state, room.error.code, room.error.by], ["waiting", "kicked", "eve"]);
  await server.clock.pass(30_000);
  server.socket.letIn({ recovered: true });
  assert.equal(room.state, "joined");
  server.socket.say("kicked", { room: "lobby", by: "eve", reason: null, seconds: null });
  assert.deepEqual([room.state, room.error.code], ["ended", "banned"]);
  await assert.rejects(room.send("x"), { code: "banned" });
});

test("a room that was destroyed is empty and over", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby({}, { head: 1, history: [message(1)] });
  server.socket.say("destroyed", { room: "lobby" });
  assert.deepEqual([room.state, room.error.code, room.messages.length], ["ended", "destroyed", 0]);
});

test("a join that is refused for good rejects, one that is refused for now is tried again", async () => {
  const server = new FakeServer();
  const client = server.make();
  client.connect();
  await server.welcome();
  const never = client.join("secret");
  server.socket.refuse(server.socket.take("join"), "not_authorized");
  await assert.rejects(never, { code: "not_authorized" });
  const soon = client.join("busy");
  server.socket.refuse(server.socket.take("join"), "overloaded");
  await server.clock.pass(8000);
  server.socket.letIn();
  assert.equal((await soon).state, "joined");
});

test("private messages find their conversation, opened or not", async () => {
  const server = new FakeServer();
  const client = server.make();
  client.connect();
  await server.welcome("ada", { conversations: [{ with: "bob", unread: 1, head: 3, last: { message: "hey" } }] });
  const bob = client.private("bob");
  const letter = (seq, from, to, more) => ({ ...message(seq, undefined, { from, to, ...more }), room: undefined });
  assert.deepEqual([bob.unread, bob.last.message, bob.known.blocked], [1, "hey", false]);
  server.socket.say("blocked", { with: "bob", on: true });
  assert.equal(bob.known.blocked, true);
  server.socket.say("private", letter(3, "bob", "ada"));
  assert.equal(bob.unread, 1);
  server.socket.say("private", letter(4, "bob", "ada"));
  assert.equal(bob.unread, 2);
  const opened = bob.open();
  await settled();
  const asked = server.socket.take("history");
  assert.deepEqual(asked.data, { with: "bob", limit: 50 });
  server.socket.answer(asked, "history", { with: "bob", head: 4, epoch: "p", more: false, reads: {}, messages: [1, 2, 3, 4].map((seq) => letter(seq, seq % 2 ? "ada" : "bob", "x")) });
  await opened;
  assert.deepEqual(seqs(bob), [1, 2, 3, 4]);
  const sending = bob.send("psst");
  const said = server.socket.take("private");
  assert.deepEqual([said.data.to, said.data.message], ["bob", "psst"]);
  server.socket.answer(said, "ack", { with: "bob", id: "m5", seq: 5, cid: said.data.cid });
  assert.equal((await sending).seq, 5);
  server.socket.say("private", letter(5, "ada", "bob", { cid: said.data.cid, message: "psst" }));
  server.socket.say("edited", { with: "bob", id: "m5", seq: 6, message: "psst!" });
  assert.equal(bob.messages.at(-1).message, "psst!");
  server.socket.say("private", letter(1, "cat", "ada"));
  assert.deepEqual([...client.conversations.keys()], ["bob", "cat"]);

  server.socket.end(1006);
  await server.clock.pass(10_000);
  await server.welcome();
  const again = server.socket.take("history");
  assert.deepEqual(again.data, { with: "bob", since: 6, epoch: "p" });
});
