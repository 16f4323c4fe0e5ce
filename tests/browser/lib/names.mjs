// A name server that knows the TXT records that a journey tells it.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const TXT = 16;

/** `{at, say}`: where it listens, and what stands at a name from now on. */
export async function startNames(parts) {
  const known = new Map();
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  parts.also(() => socket.close());
  socket.on('message', (query, from) => socket.send(answer(query, known), from.port, from.address));
  return {
    at: `127.0.0.1:${socket.address().port}`,
    say: (name, ...texts) => known.set(name.toLowerCase(), texts),
  };
}

function answer(query, known) {
  const labels = [];
  let at = 12;
  for (; query[at]; at += query[at] + 1) labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
  const question = query.subarray(12, at + 5);
  const texts = known.get(labels.join('.').toLowerCase());
  const records = query.readUInt16BE(at + 1) === TXT ? (texts ?? []).map(record) : [];
  const head = Buffer.from(query.subarray(0, 12));
  // An answer of a server that looks further; 3: there is no such name.
  head.writeUInt16BE(0x8180 | (texts ? 0 : 3), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, question, ...records]);
}

function record(text) {
  const data = Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  const head = Buffer.alloc(12);
  // The name of the question.
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(TXT, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
