// The rig itself: a hunt that cannot find and a mailbox that cannot read would make every journey green.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import test from 'node:test';
import { addAuthenticator, openBrowser, openPerson, readableByScripts, record } from '../lib/browser.mjs';
import { Hunt, dumpRecords, sqliteRecords } from '../lib/hunt.mjs';
import { keyboard } from '../lib/keyboard.mjs';
import { keyboardFaults } from '../lib/look.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { certificate, startNginx } from '../lib/nginx.mjs';
import { Parts, freePort, workDir } from '../lib/parts.mjs';
import { oneTimeCode } from '../lib/person.mjs';

const JWT = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(24)}.${'b'.repeat(24)}`;
const at = (kind, where, text) => ({ kind, where, text });
const names = (hunt, ...records) => hunt.search(records).map(({ name }) => name);

test('the hunt finds what is planted and shows no secret', () => {
  const hunt = new Hunt();
  hunt.canary('code', '482913');
  hunt.canary('master key', 'c2VjcmV0LXNlY3JldC1zZWNyZXQ=');
  assert.deepEqual(names(hunt, at('log', 'node-1', 'code=482913')), ['code']);
  assert.deepEqual(names(hunt, at('body', '200 /x', 'key c2VjcmV0LXNlY3JldC1zZWNyZXQ= end')), ['master key']);
  assert.deepEqual(names(hunt, at('database', 'sessions', `x ${JWT} y`)), ['jwt']);
  assert.deepEqual(names(hunt, at('log', 'node-1', 'bearer lw_adm_0123456789abcdefghij')), ['laneway token']);
  const [finding] = hunt.search([at('log', 'node-1', 'code=482913')]);
  assert.ok(!JSON.stringify(finding).includes('482913'));
});

test('the hunt leaves alone what is as it should be', () => {
  const hunt = new Hunt();
  hunt.canary('code', '482913');
  const records = [at('url', 'GET', 'https://ide.example/.laneway/callback?ticket=abcdefghijklmnopqrstuvwxyz')];
  hunt.oneTimeValues(records);
  assert.deepEqual(names(hunt, ...records, at('log', 'node-1', '10:00:00.482913Z and 14829135')), []);
  assert.deepEqual(names(hunt, at('log', 'node-1', 'ticket=abcdefghijklmnopqrstuvwxyz')), ['one-time value']);
  assert.deepEqual(names(hunt, at('body', '200 https://ide.example/bff/logout', 'abcdefghijklmnopqrstuvwxyz')), []);
  assert.deepEqual(names(hunt, at('body', '200 https://ide.example/bff/user', 'abcdefghijklmnopqrstuvwxyz')), ['one-time value']);
  assert.deepEqual(names(hunt, at('body', '200 https://ide.example/api/echo/run', JWT)), []);
  assert.deepEqual(names(hunt, at('body', '200 https://ide.example/bff/user', JWT)), ['jwt']);
});

test('the hunt reads bytes in databases', () => {
  const dir = workDir('rig');
  const file = path.join(dir, 'x.db');
  const database = new DatabaseSync(file);
  database.exec('CREATE TABLE kept (bytes BLOB)');
  database.prepare('INSERT INTO kept VALUES (?)').run(Buffer.from('the-cookie-value'));
  database.close();
  const hunt = new Hunt();
  hunt.canary('cookie', 'the-cookie-value');
  assert.deepEqual(names(hunt, ...sqliteRecords(file)), ['cookie']);
  assert.deepEqual(names(hunt, ...dumpRecords(`'\\x${Buffer.from('the-cookie-value').toString('hex')}'`)), ['cookie']);
  rmSync(dir, { recursive: true });
});

test('the mailbox reads codes and links', async () => {
  const parts = new Parts(workDir('rig'));
  const mailbox = await startMailbox(parts);
  const socket = connect(mailbox.port, '127.0.0.1');
  await once(socket, 'connect');
  const text = Buffer.from('Your code is 482913. https://login.laneway.test/x?a=1').toString('base64');
  socket.write('EHLO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<Ana@x.test>\r\nDATA\r\nSubject: hi\r\n'
    + `Content-Transfer-Encoding: base64\r\n\r\n${text}\r\n.\r\nQUIT\r\n`);
  const mail = await mailbox.to('ana@x.test');
  assert.equal(mail.code, '482913');
  assert.deepEqual(mail.links, ['https://login.laneway.test/x?a=1']);
  socket.destroy();
  await parts.stop();
});

test('one-time codes follow RFC 6238', () => {
  assert.equal(oneTimeCode('12345678901234567890', 59_000), '287082');
  assert.equal(oneTimeCode('12345678901234567890', 1_111_111_109_000), '081804');
});

// What a keyboard cannot do well, planted: each must be found.
const BROKEN = `<!doctype html><html lang="en"><title>x</title><style>
  :focus-visible { outline: 2px solid navy } .bare:focus { outline: 0 } .up { position: absolute; top: 0; left: 0 } main { padding-top: 99px }
</style><nav><a href="#1">One</a> <a href="#2">Two</a> <a href="#3">Three</a> <a href="#4">Four</a></nav>
<main><button>First</button> <button class="bare">Bare</button> <button></button> <div onclick="0">Buy</div>
<button tabindex="7">Seventh</button> <button class="up">Above</button></main></html>`;

test('the keyboard finds what is planted', async (t) => {
  const parts = new Parts(workDir('rig'));
  t.after(() => parts.stop());
  const { page } = await openPerson(await openBrowser(parts, '127.0.0.1'));
  await page.setContent(BROKEN);
  const keys = await keyboard(page);
  await assert.rejects(keys.reach('Buy'), /no stop is anything Buy[^]*link "Four"[^]*button "First"/);
  const found = (text) => assert.ok(keys.wrong.some((line) => line.includes(text)), `${text}: ${keys.wrong.join('; ')}`);
  found('button "Bare" does not show that it has the focus');
  found('button "" has no name');
  found('link "One" comes after "Seventh", against the order of the page');
  assert.ok(!keys.wrong.some((line) => line.includes('"Two"') || line.includes('"First"')), keys.wrong.join('; '));
  await assert.rejects(keys.skips(), /the first stop is/);
  const faults = (await keyboardFaults(page)).join('; ');
  for (const text of ['no skip link', 'tabindex 7', 'Above" stands above', 'Bare" takes the focus without showing it']) {
    assert.ok(faults.includes(text), `${text}: ${faults}`);
  }
});

test('journeys by keyboard have no other hands', () => {
  const folder = import.meta.dirname;
  const names = readdirSync(folder).filter((name) => name.includes('-keyboard-'));
  assert.ok(names.length >= 2);
  for (const name of [...names, '../lib/keyboard.mjs']) {
    const text = readFileSync(path.join(folder, name), 'utf8');
    assert.deepEqual(text.match(/\.(click|fill|tap|check|uncheck|focus|selectOption|hover|dispatchEvent|mouse|pressSequentially|submit)\b ?[.(]/g), null, name);
  }
});

test('two sites over https: Lax cookies, scripts, passkeys', async (t) => {
  const parts = new Parts(workDir('rig'));
  t.after(() => parts.stop());
  const seen = [];
  const backend = createServer((request, response) => {
    seen.push({ host: request.headers.host, path: request.url, cookie: request.headers.cookie ?? '', proto: request.headers['x-forwarded-proto'] });
    response.setHeader('set-cookie', '__Host-lw=opaque; Path=/; Secure; HttpOnly; SameSite=Lax');
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>x</title><form method="post" action="https://login.laneway.test/posted"><button>go</button></form>');
  }).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  parts.also(() => backend.close());
  const port = await freePort();
  const tls = certificate(parts.dir, ['login.laneway.test', 'ide.example']);
  await startNginx(parts, { port, sites: [{ names: ['login.laneway.test', 'ide.example'], ports: [backend.address().port] }], tls });
  const { context, page } = await openPerson(await openBrowser(parts, `127.0.0.1:${port}`));
  const { records, settled } = record(context);
  await page.goto('https://login.laneway.test/one');
  const authenticator = await addAuthenticator(page);
  await page.goto('https://ide.example/two');
  await page.locator('button').click();
  await page.waitForURL('https://login.laneway.test/posted');
  const posted = seen.find((request) => request.path === '/posted');
  assert.equal(posted.cookie, '', 'a cross-site POST carries no Lax cookie');
  assert.equal(posted.proto, 'https');
  await page.goto('https://login.laneway.test/three');
  assert.equal(seen.find((request) => request.path === '/three').cookie, '__Host-lw=opaque');
  assert.ok(!(await readableByScripts(page)).includes('opaque'), 'HttpOnly');
  const made = await page.evaluate(async () => {
    const credential = await navigator.credentials.create({
      publicKey: {
        challenge: new Uint8Array(16), rp: { id: 'login.laneway.test', name: 'x' },
        user: { id: new Uint8Array(16), name: 'ana', displayName: 'Ana' },
        pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      },
    });
    return credential.type;
  });
  assert.equal(made, 'public-key');
  assert.equal((await authenticator.credentials()).length, 1);
  await settled();
  assert.ok(records.some(({ kind, text }) => kind === 'body' && text.includes('<form')));
});
