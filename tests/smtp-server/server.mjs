// A real SMTP server for the mail tests: STARTTLS, implicit TLS, AUTH, and faults by recipient.
//
// Prints one JSON line with its ports and the file of its certificate authority, then one line
// for each mail that it took. Ends with its standard input.
//
// Recipients (the part before the @): `unknown…` 550, `grey…` 451 at the first try, `full…` 452,
// `spam…` 554 after the body, `slow…` never answered, `gone…` hung up on; everybody else is let in.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';

const USER = 'laneway@relay';
const PASSWORD = 'p+/=& word';

const folder = mkdtempSync(join(tmpdir(), 'laneway-smtp-'));
const tries = new Map();

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

// ---- certificates: an authority, and what it signed

function openssl(...args) {
  execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
}

function authority() {
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Laneway test authority');
  return join(folder, 'ca.pem');
}

function certificate(name, hosts, days) {
  writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${hosts}\nbasicConstraints=CA:FALSE\n`);
  openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', '/CN=relay');
  openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
    '-days', String(days), '-extfile', `${name}.ext`, '-out', `${name}.pem`);
  return { key: readFileSync(join(folder, `${name}.key`)), cert: readFileSync(join(folder, `${name}.pem`)) };
}

// ---- behaviour

function refusal(code, text) {
  return Object.assign(new Error(text), { responseCode: code });
}

function onRcptTo({ address }, session, done) {
  const kind = address.match(/^[a-z]+/)?.[0];
  const count = (tries.get(address) ?? 0) + 1;
  tries.set(address, count);
  if (kind === 'unknown') return done(refusal(550, `5.1.1 <${address}> is nobody here`));
  if (kind === 'grey' && count === 1) return done(refusal(451, '4.7.1 come back later'));
  if (kind === 'full') return done(refusal(452, '4.2.2 the mailbox is full'));
  if (kind === 'slow') return undefined;
  return done();
}

function onData(stream, session, done) {
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  stream.on('end', () => {
    const to = session.envelope.rcptTo.map(({ address }) => address);
    if (to.some((address) => address.startsWith('spam'))) return done(refusal(554, '5.7.1 we do not like it'));
    if (to.some((address) => address.startsWith('gone'))) return session.hangUp();
    say({ from: session.envelope.mailFrom.address, to, user: session.user ?? null, secure: session.secure,
      raw: Buffer.concat(chunks).toString('utf8') });
    return done();
  });
}

function onAuth({ username, password }, session, done) {
  if (username === USER && password === PASSWORD) return done(null, { user: username });
  return done(refusal(535, '5.7.8 no'));
}

function listen(options, port = 0) {
  const sockets = new Map();
  const server = new SMTPServer({
    logger: false, authMethods: ['PLAIN', 'LOGIN'], closeTimeout: 100, disableReverseLookup: true,
    onConnect(session, done) {
      session.hangUp = () => sockets.get(session.remotePort)?.destroy();
      done();
    },
    onRcptTo, onData, onAuth, ...options,
  });
  server.on('error', () => {});
  server.server.on(options.secure ? 'secureConnection' : 'connection', (socket) => sockets.set(socket.remotePort, socket));
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve(server.server.address().port));
  });
}

const ca = authority();
const good = certificate('good', 'DNS:localhost', 2);
const ports = {
  starttls: await listen({ ...good }, Number(process.argv[2] ?? 0)),
  implicit: await listen({ ...good, secure: true }),
  plain: await listen({ hideSTARTTLS: true, authOptional: true }),
  misnamed: await listen({ ...certificate('misnamed', 'DNS:mail.example', 2) }),
  outdated: await listen({ ...certificate('outdated', 'DNS:localhost', 0) }),
};
say({ ...ports, ca, user: USER, password: PASSWORD });

process.stdin.resume();
process.stdin.on('end', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
