// Bun (uWebSockets) with its native publish, which batches a topic's frames: in memory, nothing kept. The practical ceiling.
const server = Bun.serve({
  port: Number(process.argv[2]),
  hostname: '127.0.0.1',
  fetch(request, server) {
    const room = new URL(request.url).pathname.split('/')[2];
    return server.upgrade(request, { data: { room } }) ? undefined : new Response('no', { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    open(socket) {
      socket.subscribe(socket.data.room);
    },
    message(socket, raw) {
      const said = JSON.parse(raw);
      if (said.type === 'join') {
        socket.data.user = said.name;
        return;
      }
      const frame = JSON.stringify({ type: 'message', data: { from: socket.data.user, message: said.data.message }, tz: new Date() });
      server.publish(socket.data.room, frame);
    },
  },
});
