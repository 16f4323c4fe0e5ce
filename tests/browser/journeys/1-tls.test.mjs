// Nothing in front of Laneway: its own listener speaks TLS and HTTP/2, with one certificate for the
// login host and another, by name, for the application's. A person signs up with a passkey, is handed on
// to the application, signs out and comes back.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { addAuthenticator, openBrowser, openPerson } from '../lib/browser.mjs';
import { APP, LOGIN, startEcho, startLaneway } from '../lib/laneway.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { certificate } from '../lib/nginx.mjs';
import { Parts, workDir } from '../lib/parts.mjs';
import { signUp } from '../lib/person.mjs';
import { steps } from '../lib/steps.mjs';

const ANA = { address: 'ana@acme.test', name: 'Ana Ruiz' };

test('TLS and HTTP/2 without a proxy', async (t) => {
  const parts = new Parts(workDir('tls'));
  t.after(() => parts.stop());
  const mailbox = await startMailbox(parts);
  const [login, app] = [pair(parts, 'login', LOGIN), pair(parts, 'app', APP)];
  const site = await startLaneway(parts, {
    mailPort: mailbox.port,
    echo: await startEcho(parts),
    options: `[tls]\n${login}[[tls.also]]\n${app}`,
  });
  const { context, page } = await openPerson(await openBrowser(parts, `127.0.0.1:${site.nodes[0].port}`));
  const step = steps(t, parts, page);
  await addAuthenticator(page);
  // Of every host: whose certificate it showed, and what was spoken.
  const shown = new Map();
  context.on('response', async (answer) => {
    const { hostname } = new URL(answer.url());
    const details = await answer.securityDetails().catch(() => null);
    if (details) shown.set(hostname, details);
  });

  let sub;
  await step('signs up with a passkey and is handed on to the application', async () => {
    await page.goto(`${site.app}/`);
    assert.equal(await spoken(page), 'h2');
    await page.locator('#sign-in').click();
    await page.waitForURL(new RegExp(`^${site.login}/login`));
    assert.equal(await spoken(page), 'h2');
    await signUp(page, mailbox, ANA);
    sub = await signedIn(page, site);
    for (const host of [LOGIN, APP]) {
      assert.equal(shown.get(host)?.subjectName, host, 'each host shows its own certificate');
      assert.equal(shown.get(host).protocol, 'TLS 1.3');
    }
  });

  await step('cookies are those of this host alone, and the backend is reached', async () => {
    const cookies = (await context.cookies()).filter(({ name }) => name === '__Host-lw');
    assert.deepEqual(cookies.map(({ domain, secure, httpOnly }) => [domain, secure, httpOnly]).sort(),
      [[APP, true, true], [LOGIN, true, true]]);
    await page.locator('#run').click();
    await page.locator('#verdict[data-tone=ok]').waitFor();
    const calls = await page.evaluate(() => performance.getEntriesByType('resource')
      .filter(({ name }) => name.includes('/api/')).map(({ nextHopProtocol }) => nextHopProtocol));
    assert.ok(calls.length > 0 && calls.every((one) => one === 'h2'), `calls went over ${calls}`);
  });

  await step('signs out, and comes back with the passkey', async () => {
    await page.locator('#sign-out').click();
    await page.waitForFunction(() => document.body && !document.body.dataset.user);
    await page.goto(`${site.app}/`);
    await page.locator('#sign-in').click();
    assert.equal(await signedIn(page, site), sub);
    const user = await page.evaluate(async () => (await fetch('/bff/user', { headers: { 'X-CSRF': '1' } })).json());
    assert.equal(user.acr, 'phr');
  });
});

// The lines of the configuration for a certificate of a name, by an authority of its own.
function pair(parts, folder, name) {
  const dir = path.join(parts.dir, folder);
  mkdirSync(dir);
  const tls = certificate(dir, [name]);
  return `certificate = "${tls.cert}"\nkey = "${tls.key}"\n`;
}

const spoken = (page) => page.evaluate(() => performance.getEntriesByType('navigation')[0].nextHopProtocol);

async function signedIn(page, site) {
  await page.waitForURL((url) => url.origin === site.app);
  await page.waitForFunction(() => document.body.dataset.user);
  return page.evaluate(() => document.body.dataset.user);
}
