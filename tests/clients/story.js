// The story of tests/clients/test_js.py: some clients send while the server is killed and started again.
// node story.js URL FORMAT EACH TOKEN… : one sender a token, the first token's client also listens. Prints a line a message
// acknowledged ("ack cid id seq"), then one line of JSON: what the listener heard, and how it ended.

import { RoomsClient } from "../../clients/js/rooms.js";

const [url, format, each, ...tokens] = process.argv.slice(2);
const haste = { backoffMinMs: 100, backoffMaxMs: 500, format };
const heard = [];
let resets = 0;

const listener = new RoomsClient(url, { ...haste, token: async () => tokens[0] });
await listener.connect();
const lobby = await listener.join("lobby");
lobby.on("message", (message) => heard.push(message.message));
lobby.on("reset", () => resets++);

const clients = await Promise.all(tokens.map(async (token, number) => {
  const client = new RoomsClient(url, { ...haste, token });
  await client.connect();
  const room = await client.join("lobby");
  await Promise.all(Array.from({ length: Number(each) }, async (_, index) => {
    const { id, seq, cid } = await room.send(`${number}:${index}`);
    console.log("ack", cid, id, seq);
  }));
  if (room.pending.length) throw new Error("something is still pending");
  return client;
}));

const total = tokens.length * Number(each);
while (heard.length < total) await new Promise((resolve) => { const off = lobby.on("message", () => { off(); resolve(); }); });
console.log(JSON.stringify({ heard, resets, seqs: lobby.messages.map(({ seq }) => seq) }));
for (const client of [...clients, listener]) await client.close();
