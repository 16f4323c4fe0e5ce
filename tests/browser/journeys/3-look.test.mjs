// Every page of a first visit, as people meet it: light, dark, 320 px, keyboard, screen reader.
// The pictures lie in the run's directory under `shots`.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { addAuthenticator, openBrowser, openPerson } from '../lib/browser.mjs';
import { APP, LOGIN, startEcho, startLaneway } from '../lib/laneway.mjs';
import { invisibleFocus, lookAt } from '../lib/look.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { certificate, startNginx } from '../lib/nginx.mjs';
import { Parts, freePort, workDir } from '../lib/parts.mjs';
import { signUp } from '../lib/person.mjs';

test('every page, as people meet it', async (t) => {
  const parts = new Parts(workDir('look'));
  t.after(() => parts.stop());
  const mailbox = await startMailbox(parts);
  const site = await startLaneway(parts, { mailPort: mailbox.port, echo: await startEcho(parts) });
  const port = await freePort();
  const tls = certificate(parts.dir, [LOGIN, APP]);
  await startNginx(parts, { port, tls, sites: [{ names: [LOGIN, APP], ports: [site.nodes[0].port] }] });
  const { page } = await openPerson(await openBrowser(parts, `127.0.0.1:${port}`));
  const shots = path.join(parts.dir, 'shots');
  const wrong = [];
  const look = async (name) => {
    wrong.push(...(await lookAt(page, name, shots)));
    for (const tag of await invisibleFocus(page)) wrong.push(`${name}: focus does not show on ${tag}`);
  };
  // The first looks come without a passkey device, or autofill would sign in at once.
  await page.goto(`${site.app}/`);
  await page.locator('#sign-in:visible').waitFor();
  await look('demo-anonymous');
  await page.locator('#sign-in').click();
  await page.waitForURL(new RegExp(`^${site.login}/login`));
  await look('login');
  await addAuthenticator(page);
  await signUp(page, mailbox, { address: 'ben@acme.test', name: 'Ben Okoro' }, look);
  await page.waitForURL((url) => url.origin === site.app);
  await page.waitForFunction(() => document.body.dataset.user);
  await look('demo');
  await page.goto(`${site.login}/account`);
  await look('account');
  await page.goto(`${site.login}/no-such-page`);
  await look('not-found');
  // Shown on the application's host, with the style of the login host.
  await page.goto(`${site.app}/.laneway/nothing`);
  assert.equal(await page.locator('main').evaluate((main) => getComputedStyle(main).position), 'relative', 'the style is there');
  await look('not-found-app');
  await page.goto(`${site.app}/`);
  await page.waitForFunction(() => document.body.dataset.user);
  await page.locator('#sign-out').click();
  await page.waitForFunction(() => document.body && !document.body.dataset.user);
  await page.goto(`${site.login}/logged-out`);
  await look('logged-out');
  assert.deepEqual(wrong, []);
});
