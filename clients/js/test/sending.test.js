import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeServer, message, settled } from "./fake.js";

test("a message is sending, then stands in its place", async () => {
  const server = new FakeServer();
  const { client, room } = await server.lobby();
  const told = [];
  room.on("message", ({ seq }) => told.push(seq));
  const sending = room.send("hi", { mentions: ["bob"], meta: { a: 1 } });
  const [{ cid, state, message: text }] = room.pending;
  assert.deepEqual([state, text, client.pendingCount, room.timeline.length], ["sending", "hi", 1, 1]);
  const said = server.socket.take("message");
  assert.deepEqual(said.data, { room: "lobby", message: "hi", cid, mentions: ["bob"], meta: { a: 1 } });
  server.socket.answer(said, "ack", { id: "m1", seq: 1, room: "lobby", cid });
  assert.deepEqual(await sending, { id: "m1", seq: 1, cid });
  assert.deepEqual([room.pending.length, room.messages[0].message, client.pendingCount, told.length], [0, "hi", 0, 0]);
  server.socket.say("message", message(1, "hi", { from: "ada", name: "Ada", cid }));
  assert.deepEqual([room.messages.length, room.messages[0].name, told], [1, "Ada", [1]]);
});

for (const code of ["overloaded", "unavailable", "unknown_outcome", "timeout", "internal"]) {
  test(`what is refused with ${code} is sent again under its cid, before what follows`, async () => {
    const server = new FakeServer();
    const { room } = await server.lobby();
    const both = Promise.all([room.send("1"), room.send("2")]);
    const said = server.socket.take("message");
    server.socket.refuse(said, code);
    assert.equal(server.socket.requests.length, 0);
    await server.clock.pass(8000);
    assert.deepEqual(server.socket.store(1), said.data);
    server.socket.store(2);
    assert.deepEqual((await both).map(({ seq }) => seq), [1, 2]);
  });
}

test("a rate limit is waited for as long as it says", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby();
  room.send("1");
  server.socket.refuse(server.socket.take("message"), "rate_limited", { retry_after_ms: 7000 });
  await server.clock.pass(6999);
  assert.equal(server.socket.requests.length, 0);
  await server.clock.pass(1);
  server.socket.store(1);
});

test("a refusal rejects, and the message can be tried again or forgotten", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby();
  const sending = room.send("1");
  const said = server.socket.take("message");
  server.socket.refuse(said, "muted");
  await assert.rejects(sending, { code: "muted", cid: said.data.cid });
  assert.deepEqual([room.pending[0].state, room.pending[0].error.code], ["failed", "muted"]);
  const again = room.retry(said.data.cid);
  server.socket.store(1);
  assert.equal((await again).seq, 1);
  room.send("2").catch(() => {});
  server.socket.refuse(server.socket.take("message"), "muted");
  room.discard(room.pending[0].cid);
  assert.equal(room.pending.length, 0);
});

test("a failure that nobody waits for is no unhandled rejection", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby();
  room.send("1");
  server.socket.refuse(server.socket.take("message"), "muted");
  await settled();
});

test("what was not acknowledged is sent again after a lost connection, with what was said meanwhile, in order", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby();
  for (const text of ["0", "1", "2"]) room.send(text);
  server.socket.end(1006);
  room.send("3");
  await server.clock.pass(60_000);
  await server.welcome();
  server.socket.letIn({ recovered: true });
  for (let seq = 1; seq <= 4; seq++) server.socket.store(seq);
  assert.deepEqual(room.messages.map((each) => each.message), ["0", "1", "2", "3"]);
  assert.equal(room.pending.length, 0);
});

test("what was stored but not acknowledged is found in what was missed, and not sent again", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby();
  const told = [];
  room.on("message", ({ seq }) => told.push(seq));
  const sending = room.send("1");
  const { cid } = room.pending[0];
  await server.breakAndReturn({ head: 1, recovered: true, history: [message(1, "1", { from: "ada", cid })] });
  assert.equal((await sending).seq, 1);
  assert.deepEqual([server.socket.requests.length, room.messages.length, told], [0, 1, [1]]);
});

test("an acknowledgement that never comes is asked for again", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby();
  room.send("1");
  const said = server.socket.take("message");
  await server.clock.pass(15_000);
  assert.deepEqual(server.socket.take("message").data, said.data);
});

test("the queue has a bound, over all rooms", async () => {
  const server = new FakeServer();
  const { client, room } = await server.lobby({ queueMax: 2 });
  room.send("1");
  client.private("bob").send("2");
  await assert.rejects(room.send("3"), { code: "queue_full" });
  server.socket.store(1);
  room.send("3");
  assert.equal(client.pendingCount, 2);
});

test("several may be under way at once", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby({ inFlightMax: 2 });
  for (const text of ["0", "1", "2"]) room.send(text);
  assert.equal(server.socket.requests.length, 2);
  server.socket.store(1);
  assert.equal(server.socket.requests.length, 2);
});

test("what is too large is refused before it is sent", async () => {
  const server = new FakeServer();
  const { client, room } = await server.lobby();
  await assert.rejects(room.send("ä".repeat(40_000)), { code: "too_large" });
  await assert.rejects(client.request("history", { x: "y".repeat(70_000) }), { code: "too_large" });
  assert.equal(server.socket.requests.length, 0);
});

test("nothing can be said where one is not", async () => {
  const server = new FakeServer();
  const { client } = await server.lobby();
  await assert.rejects(client.room("elsewhere").send("x"), { code: "not_in_room" });
});

test("a question is asked again after a lost connection, what must not happen twice is not", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby();
  const asking = room.history({ limit: 1 });
  const kicking = room.kick("bob");
  await server.breakAndReturn({ recovered: true });
  await assert.rejects(kicking, { code: "unknown_outcome" });
  server.socket.answer(server.socket.take("history"), "history", { room: "lobby", messages: [], head: 0, epoch: "e", more: false });
  assert.equal((await asking).head, 0);
});

test("answers find their requests whatever their order, and are waited for so long", async () => {
  const server = new FakeServer();
  const { client } = await server.lobby();
  const asked = [0, 1, 2].map((limit) => client.request("who", { limit }));
  const late = client.request("who", { limit: 3 }, { timeoutMs: 5000 });
  for (const request of server.socket.requests.splice(0, 3).reverse()) server.socket.answer(request, "members", { online: request.data.limit });
  assert.deepEqual((await Promise.all(asked)).map(({ online }) => online), [0, 1, 2]);
  await server.clock.pass(5000);
  await assert.rejects(late, { code: "timeout" });
});

test("typing is said at most every three seconds", async () => {
  const server = new FakeServer();
  const { room } = await server.lobby();
  for (let i = 0; i < 10; i++) room.setTyping();
  assert.deepEqual(server.socket.requests.splice(0).map(({ data }) => data.typing), [true]);
  await server.clock.pass(3000);
  room.setTyping();
  room.setTyping(false);
  room.setTyping(false);
  assert.deepEqual(server.socket.requests.splice(0).map(({ data }) => data.typing), [true, false]);
});

test("changes are told once a frame", async () => {
  const server = new FakeServer();
  const { client, room } = await server.lobby();
  await settled();
  const changes = [];
  client.on("change", ({ room: where, what }) => changes.push([where.name, ...what]));
  server.socket.say("message", message(1));
  assert.deepEqual(changes, [["lobby", "messages"]]);
  room.send("x");
  room.send("y");
  await settled();
  assert.deepEqual(changes.slice(1), [["lobby", "pending"]]);
});
