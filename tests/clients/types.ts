// What a user of the JavaScript client writes, as TypeScript sees it. test_types.py compiles it.

import { Conversation, KeptMessage, Message, Room, RoomsClient, RoomsError, Sent, decode, encode } from "../../clients/js/rooms.js";

export async function chat(): Promise<void> {
  const client = new RoomsClient("https://chat.example", {
    token: async ({ reason }) => (reason === "refused" ? null : "jwt"),
    format: "msgpack",
    queueMax: 10,
  });
  const off = client.on("state", ({ state, error, retryAt }) => console.log(state === "waiting", error?.code, retryAt ?? 0));
  off();
  const hello = await client.connect();
  const room: Room = await client.join("lobby", { limit: 10, switch: true });
  room.on("message", (message: Message) => console.log(message.reactions?.["🎉"]?.length, message.recovered));
  room.on("reacted", ({ id, users }) => console.log(id, users.join()));
  room.on("change", ({ what }) => console.log(what === "messages"));
  room.on("something of tomorrow", (data) => console.log(data.anything));
  const sent: Sent = await room.send(`Hello ${hello.user.name}`, { mentions: ["bob"] });
  const first: KeptMessage | undefined = room.get(sent.id);
  const bob: Conversation = client.private("bob");
  await bob.open();
  for (const entry of room.timeline) if (entry.state === "failed") await room.retry(entry.cid!);
  try {
    await room.kick("eve", { seconds: 60 });
  } catch (error) {
    if (error instanceof RoomsError) console.log(error.code, error.retryAfterMs, first?.seq);
  }
  decode(encode({ any: ["thing"] }));
  await client.close();
}

// @ts-expect-error a format that is none
new RoomsClient("", { format: "xml" });
// @ts-expect-error rooms are made by clients
new Room();
// @ts-expect-error the kept messages are not to be changed
export const change = (room: Room) => room.messages.push({} as KeptMessage);
