// A mail server that only listens: it takes what Laneway sends by SMTP and keeps it to be read.
import { createServer } from 'node:net';
import { once } from 'node:events';
import { until } from './parts.mjs';

export async function startMailbox(parts) {
  const mails = [];
  const server = createServer((socket) => converse(socket, mails)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  parts.also(() => server.close());
  return {
    port: server.address().port,
    mails,
    /** The newest mail to an address, waiting for number `count`: `{text, code, links}`. */
    to: (address, count = 1) => until(`mail ${count} to ${address}`, 20, () => mails.filter((mail) => mail.to.includes(address))[count - 1]),
  };
}

function converse(socket, mails) {
  let pending = '';
  let receiving = false;
  let to = [];
  const answer = (line) => socket.write(`${line}\r\n`);
  const command = (line) => {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO' || verb === 'HELO') return answer('250 mail.test');
    if (verb === 'RCPT') to.push(line.match(/<([^>]*)>/)?.[1].toLowerCase());
    if (verb === 'DATA') {
      receiving = true;
      return answer('354 go on');
    }
    if (verb === 'QUIT') {
      answer('221 bye');
      return socket.end();
    }
    return answer('250 ok');
  };
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    pending += chunk.toString('latin1');
    for (;;) {
      const mark = receiving ? '\r\n.\r\n' : '\r\n';
      const at = pending.indexOf(mark);
      if (at < 0) return;
      const piece = pending.slice(0, at);
      pending = pending.slice(at + mark.length);
      if (receiving) {
        mails.push(mail(to, piece));
        [receiving, to] = [false, []];
        answer('250 kept');
      } else {
        command(piece);
      }
    }
  });
  answer('220 mail.test');
}

function mail(to, raw) {
  const text = decode(raw);
  return {
    to,
    text,
    code: text.match(/(?<![\d#])\d{6}(?!\d)/)?.[0],
    links: [...new Set(text.match(/https?:\/\/[^\s"'<>]+/g) ?? [])].map((link) => link.replaceAll('&amp;', '&')),
  };
}

// Every text part of the message, its transfer encoding undone.
function decode(raw) {
  const cut = raw.indexOf('\r\n\r\n');
  const headers = raw.slice(0, cut).replace(/\r\n[ \t]+/g, ' ');
  const body = raw.slice(cut + 4);
  const boundary = headers.match(/boundary="?([^";\r\n]+)"?/i)?.[1];
  if (boundary) return body.split(`--${boundary}`).slice(1, -1).map((part) => decode(part.replace(/^\r\n/, ''))).join('\n');
  const encoding = headers.match(/content-transfer-encoding:\s*(\S+)/i)?.[1].toLowerCase();
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString();
  if (encoding === 'quoted-printable') {
    const bytes = body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    return Buffer.from(bytes, 'latin1').toString();
  }
  return body;
}
