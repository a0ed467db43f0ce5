// The Durable Objects runtime: hibernation, attachments and, with PERSIST, every message stored and synced before it is heard.
import { DurableObject } from 'cloudflare:workers';

export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.stored = 0;
    this.sessions = new Map();
    for (const socket of ctx.getWebSockets()) this.sessions.set(socket, { ...socket.deserializeAttachment() });
  }

  async fetch(request) {
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    this.sessions.set(server, { name: undefined });
    return new Response(null, { status: 101, webSocket: client });
  }

  async webSocketMessage(socket, raw) {
    const session = this.sessions.get(socket);
    const said = JSON.parse(raw);
    if (said.type === 'join') {
      session.name = said.name;
      socket.serializeAttachment(session);
      return;
    }
    const frame = JSON.stringify({ type: 'message', data: { from: session.name, message: said.data.message }, tz: new Date() });
    for (const other of this.sessions.keys()) other.send(frame);
    if (this.env.PERSIST === '1') await this.ctx.storage.put(new Date().toISOString() + this.stored++, frame);
  }

  async webSocketClose(socket) {
    this.sessions.delete(socket);
    socket.close(1000, 'bye');
  }
}

export default {
  async fetch(request, env) {
    const name = new URL(request.url).pathname.split('/')[2];
    if (request.headers.get('Upgrade') !== 'websocket') return new Response('Upgrade header must be websocket', { status: 426 });
    return env.ROOM.get(env.ROOM.idFromName(name)).fetch(request);
  },
};
