// A development server as frontends have them: pages, modules, and a WebSocket that says when to
// load again.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';

const PAGE = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>dev</title>
<p id="who">…</p>
<script type="module">
  import { laneway } from '/.laneway/laneway.js'
  const socket = new WebSocket('wss://' + location.host + '/?token=abc', 'vite-hmr')
  socket.onmessage = ({ data }) => {
    const { type } = JSON.parse(data)
    if (type === 'connected') document.body.dataset.hot = 'connected'
    if (type === 'full-reload') location.reload()
  }
  document.getElementById('who').textContent = (await laneway.user())?.name ?? 'nobody'
</script></html>`;

/** `{ port, loads, seen, push(message) }` */
export async function startDevServer(parts) {
  const dev = { loads: 0, seen: [], sockets: new Set() };
  const server = createServer((request, response) => {
    dev.loads += 1;
    dev.seen.push(request.headers);
    response.setHeader('content-type', 'text/html');
    response.end(PAGE);
  });
  server.on('upgrade', (request, socket) => {
    dev.seen.push(request.headers);
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    socket.write(['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}`,
      `Sec-WebSocket-Protocol: ${request.headers['sec-websocket-protocol']}`, '', ''].join('\r\n'));
    dev.sockets.add(socket);
    socket.on('close', () => dev.sockets.delete(socket)).on('error', () => {}).resume();
    tell(socket, { type: 'connected' });
  });
  dev.push = (message) => dev.sockets.forEach((socket) => tell(socket, message));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  dev.port = server.address().port;
  parts.also(() => {
    dev.sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  return dev;
}

// One short text frame (RFC 6455 §5.2).
function tell(socket, message) {
  const text = Buffer.from(JSON.stringify(message));
  socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
}
