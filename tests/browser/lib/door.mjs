// A door on loopback in front of a server: it passes connections on until it is shut; then nobody
// listens there, and whoever was connected is cut off.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { freePort } from './parts.mjs';

/** @param to the port behind it */
export async function startDoor(parts, to) {
  const port = await freePort();
  const passing = new Set();
  let server;
  const pass = (here) => {
    const there = connect(to, '127.0.0.1');
    for (const [one, other] of [[here, there], [there, here]]) {
      passing.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        passing.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  };
  const open = async () => {
    server = createServer(pass).listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const shut = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const one of passing) one.destroy();
    await closed;
    server = undefined;
  };
  parts.also(() => server && shut());
  await open();
  return { port, open, shut };
}
