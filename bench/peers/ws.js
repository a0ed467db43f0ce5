// npm `ws`, the usual chat room: in memory, nothing kept, nothing checked.
const { WebSocketServer } = require('ws');

const rooms = new Map();
const server = new WebSocketServer({ port: Number(process.argv[2]), perMessageDeflate: false });

server.on('connection', (socket, request) => {
  const name = request.url.split('/')[2];
  if (!rooms.has(name)) rooms.set(name, new Set());
  const room = rooms.get(name);
  let user;
  room.add(socket);
  socket.on('close', () => room.delete(socket));
  socket.on('message', (raw) => {
    const said = JSON.parse(raw);
    if (said.type === 'join') {
      user = said.name;
      return;
    }
    const frame = JSON.stringify({ type: 'message', data: { from: user, message: said.data.message }, tz: new Date() });
    for (const other of room) if (other.readyState === 1) other.send(frame);
  });
});
