import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeServer, settled } from "./fake.js";

test("the address of the socket is made of the server's", async () => {
  const server = new FakeServer();
  server.make().connect();
  await settled();
  assert.equal(server.socket.url, "ws://fake/chat/ws");
  assert.deepEqual(server.socket.protocols, ["rooms.v1.json", "bearer.t"]);
});

test("a lost connection comes back after longer and longer waits, each anywhere below its bound", async () => {
  const server = new FakeServer();
  const client = server.make();
  client.connect();
  for (let i = 0; i < 6; i++) {
    await settled();
    server.socket.end(1006);
    assert.equal(client.state, "waiting");
    await server.clock.pass(client.retryAt - server.clock.now);
  }
  const waits = server.sockets.slice(1).map((socket, i) => socket.at - server.sockets[i].at);
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 4000, 4000]);
});

for (const code of [1003, 1007, 1009, 4400, 4403, 4404, 4408, 4409, 4411]) {
  test(`close code ${code} is final`, async () => {
    const server = new FakeServer();
    const client = server.make();
    const connected = client.connect();
    await settled();
    server.socket.end(code);
    await assert.rejects(connected, { name: "RoomsError", closeCode: code });
    await server.clock.pass(600_000);
    assert.equal(client.state, "closed");
    assert.equal(server.sockets.length, 1);
  });
}

for (const code of [1000, 1001, 1011, 1012, 1013, 4413, 4999]) {
  test(`after close code ${code} it comes back`, async () => {
    const server = new FakeServer();
    const { room } = await server.lobby();
    server.socket.end(code);
    await server.clock.pass(1000);
    assert.equal(server.sockets.length, 2);
    await server.welcome();
    assert.deepEqual(server.socket.letIn({ recovered: true }), { room: "lobby", since: 0, epoch: "e" });
    assert.equal(room.state, "joined");
  });
}

test("far over the rate limit it waits a minute", async () => {
  const server = new FakeServer();
  await server.lobby();
  server.socket.end(4429);
  await server.clock.pass(59_999);
  assert.equal(server.sockets.length, 1);
  await server.clock.pass(1000);
  assert.equal(server.sockets.length, 2);
});

test("closing says within what time to come back", async () => {
  const server = new FakeServer();
  const { client } = await server.lobby();
  server.socket.say("closing", { reconnect_ms: 40_000 });
  server.socket.end(1012);
  assert.equal(client.retryAt - server.clock.now, 20_000);
});

test("a socket that fails to open and never closes is given up", async () => {
  const server = new FakeServer();
  const client = server.make();
  client.connect();
  await settled();
  server.socket.onerror({});
  await server.clock.pass(50);
  assert.equal(client.state, "waiting");
  server.socket.end(1006); // if it closes after all, that changes nothing
  assert.equal(client.state, "waiting");
  await server.clock.pass(500);
  await server.welcome();
  assert.equal(client.state, "open");
});

test("retryNow does not wait", async () => {
  const server = new FakeServer();
  const { client } = await server.lobby();
  server.socket.end(1006);
  client.retryNow();
  await settled();
  assert.equal(server.sockets.length, 2);
});

test("a server that never says hello is given up", async () => {
  const server = new FakeServer();
  const client = server.make();
  client.connect();
  await settled();
  server.socket.open();
  await server.clock.pass(15_000);
  assert.equal(client.state, "waiting");
  assert.notEqual(server.sockets[0].closedWith, undefined);
});

test("a connection on which nothing is heard is asked for a pong and then given up", async () => {
  const server = new FakeServer();
  const { client } = await server.lobby();
  await server.clock.pass(25_000);
  server.socket.take("ping");
  server.socket.say("pong");
  await server.clock.pass(25_000);
  assert.equal(client.state, "open");
  await server.clock.pass(60_000);
  assert.equal(server.sockets[0].closedWith !== undefined, true);
  assert.equal(server.sockets.length > 1, true);
});

test("a refused token is replaced once, and then it is over", async () => {
  const reasons = [];
  const server = new FakeServer();
  const client = server.make({ token: ({ reason }) => { reasons.push(reason); return `t${reasons.length}`; } });
  const connected = client.connect();
  await settled();
  server.socket.end(4401);
  await server.clock.pass(1000);
  assert.deepEqual(server.socket.protocols, ["rooms.v1.json", "bearer.t2"]);
  server.socket.end(4401);
  await assert.rejects(connected, { code: "token_refused" });
  assert.deepEqual(reasons, ["connect", "refused"]);
});

test("a token that cannot be replaced is refused for good", async () => {
  const server = new FakeServer();
  const connected = server.make().connect();
  await settled();
  server.socket.end(4401);
  await assert.rejects(connected, { code: "token_refused" });
});

test("an expiring token is replaced on the open socket", async () => {
  const server = new FakeServer();
  const { client } = await server.lobby({ token: async ({ reason }) => `for ${reason}` });
  server.socket.say("expiring", { at: "…" });
  await settled();
  const auth = server.socket.take("auth");
  assert.deepEqual(auth.data, { token: "for expiring" });
  server.socket.hello("ada", {}, auth.ref);
  assert.equal(client.state, "open");
});

test("a token function that fails is asked again later", async () => {
  const server = new FakeServer();
  let asked = 0;
  const client = server.make({ token: async () => { if (asked++ < 2) throw new Error("down"); return "t"; } });
  client.connect();
  await server.clock.pass(2000);
  assert.equal(asked, 3);
  await server.welcome();
  assert.equal(client.state, "open");
});

test("a ticket goes with the address", async () => {
  const server = new FakeServer();
  server.make({ token: null, ticket: async () => "a b" }).connect();
  await settled();
  assert.equal(server.socket.url, "ws://fake/chat/ws?ticket=a%20b");
});

test("a guest says who it is, and is admitted as that", async () => {
  const server = new FakeServer();
  const client = server.make({ token: null, guest: { name: "Ada", key: "k" } });
  const connected = client.connect();
  await settled();
  server.socket.open();
  server.socket.hello("guest-1");
  assert.equal(client.state, "connecting");
  const auth = server.socket.take("auth");
  assert.deepEqual(auth.data, { name: "Ada", key: "k" });
  server.socket.hello("guest-ada", {}, auth.ref);
  assert.equal((await connected).user.user, "guest-ada");
});

test("who shows nothing learns at once that a token is needed", async () => {
  const server = new FakeServer();
  server.make({ token: null }).connect();
  await settled();
  server.socket.open();
  await server.clock.pass(1000);
  server.socket.take("auth");
});

test("close ends everything, and connect begins again", async () => {
  const server = new FakeServer();
  const { client, room } = await server.lobby();
  const sending = room.send("x");
  const asking = client.request("who");
  const closed = client.close();
  await assert.rejects(sending, { code: "closed" });
  await assert.rejects(asking, { code: "closed" });
  await closed;
  assert.equal(server.sockets[0].closedWith, 1000);
  assert.equal(room.state, "left");
  await server.clock.pass(600_000);
  assert.equal(server.sockets.length, 1);
  client.connect();
  await server.welcome();
  assert.equal(client.state, "open");
});

test("a handler that throws harms nobody else", async () => {
  const server = new FakeServer();
  const { client } = await server.lobby();
  const thrown = new Promise((resolve) => { globalThis.reportError = resolve; }); // browsers have it
  const heard = [];
  client.on("stats", () => { throw new Error("a handler's own"); });
  client.on("stats", () => heard.push("stats"));
  server.socket.say("stats", {});
  assert.equal((await thrown).message, "a handler's own");
  delete globalThis.reportError;
  assert.deepEqual(heard, ["stats"]);
});
