// A person from another site signs up by code, saves a passkey, signs out, signs in by autofill and
// calls the demo backend; then everything that was said, stored and logged is searched for secrets.
import assert from 'node:assert/strict';
import test from 'node:test';
import { addAuthenticator, openBrowser, openPerson, readableByScripts, record } from '../lib/browser.mjs';
import { Hunt, logRecords, sqliteRecords } from '../lib/hunt.mjs';
import { APP, LOGIN, ask, startEcho, startLaneway } from '../lib/laneway.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { certificate, startNginx } from '../lib/nginx.mjs';
import { Parts, freePort, workDir } from '../lib/parts.mjs';
import { signUp } from '../lib/person.mjs';
import { steps } from '../lib/steps.mjs';

const ANA = { address: 'ana@acme.test', name: 'Ana Ruiz' };

test('one cookie, no token anywhere else', async (t) => {
  const parts = new Parts(workDir('passkey'));
  t.after(() => parts.stop());
  const mailbox = await startMailbox(parts);
  const site = await startLaneway(parts, { mailPort: mailbox.port, echo: await startEcho(parts) });
  const port = await freePort();
  const tls = certificate(parts.dir, [LOGIN, APP]);
  await startNginx(parts, { port, tls, sites: [{ names: [LOGIN, APP], ports: site.nodes.map((node) => node.port) }] });

  const { context, page } = await openPerson(await openBrowser(parts, `127.0.0.1:${port}`));
  const recorded = record(context);
  const step = steps(t, parts, page);
  const authenticator = await addAuthenticator(page);
  const hunt = new Hunt();
  const scripts = [];
  // After every step: what scripts could read, and which cookies are secrets from now on.
  const look = async (step) => {
    scripts.push({ kind: 'script', where: `${step} ${page.url()}`, text: await readableByScripts(page) });
    await hunt.cookies(context);
  };
  hunt.canary('master key', site.masterKey);
  hunt.canary('master key', Buffer.from(site.masterKey, 'base64').toString('hex'));
  hunt.canary('admin token', site.adminToken);

  let sub;
  await step('signs up from the app host by code and saves a passkey', async () => {
    await page.goto(`${site.app}/`);
    await page.locator('#sign-in').click();
    await page.waitForURL(new RegExp(`^${site.login}/login`));
    await look('login');
    hunt.canary('code', await signUp(page, mailbox, ANA, look));
    for (const mail of mailbox.mails) {
      for (const link of mail.links) hunt.canary('one-time value', link.match(/[\w-]{24,}/g)?.at(-1));
    }
    await signedIn(page, site);
    await look('app');
    const keys = await authenticator.credentials();
    assert.deepEqual(keys.map(({ isResidentCredential, rpId }) => ({ isResidentCredential, rpId })), [{ isResidentCredential: true, rpId: LOGIN }]);
    sub = await page.evaluate(() => document.body.dataset.user);
  });

  await step('the app knows the person and holds nothing else', async () => {
    const user = await page.evaluate(async () => (await fetch('/bff/user', { headers: { 'X-CSRF': '1' } })).json());
    assert.equal(user.email, ANA.address);
    assert.equal(user.name, ANA.name);
    assert.equal(user.sub, sub);
    const cookies = (await context.cookies(site.app)).filter(({ name }) => name === '__Host-lw');
    assert.equal(cookies.length, 1);
    const { httpOnly, secure, sameSite, path, domain } = cookies[0];
    assert.deepEqual({ httpOnly, secure, sameSite, path, domain }, { httpOnly: true, secure: true, sameSite: 'Lax', path: '/', domain: APP });
  });

  await step('the demo backend answers through /api', async () => {
    await runFile(page);
    assert.match(await page.locator('#output').textContent(), /POST \/run\nauthorization: Bearer, a short JWT/);
    assert.match(await page.locator('#output').textContent(), /cookie: not forwarded/);
    await look('run');
  });

  await step('signs out: the old cookies are dead on both hosts', async () => {
    await hunt.cookies(context);
    const before = (await context.cookies()).filter(({ name }) => name === '__Host-lw');
    assert.deepEqual(before.map(({ domain }) => domain).sort(), [APP, LOGIN]);
    const stillIn = async () => Promise.all(before.map(async ({ domain, value }) => (
      await ask(site.nodes[0], domain, '/bff/user', { headers: { 'x-csrf': '1', cookie: `__Host-lw=${value}` } })).status));
    assert.deepEqual(await stillIn(), [200, 200]);
    await page.locator('#sign-out').click();
    await page.waitForFunction(() => document.body && !document.body.dataset.user);
    assert.deepEqual(await stillIn(), [401, 401]);
    await context.clearCookies();
    await look('signed out');
  });

  await step('a passkey that is refused after autofill says where to go instead', async () => {
    const start = `${site.login}/federation/acme/start`;
    const refusal = { code: 'sso_required', detail: 'Your organization wants its own provider.', start_url: start };
    const answers = '**/v1/auth/flows/*/passkey';
    await page.route(answers, (route) => (route.request().postData()?.includes('credential')
      ? route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify(refusal) })
      : route.continue()));
    await page.goto(`${site.login}/login`);
    const problem = page.locator('[data-passkey] [data-problem]');
    await problem.locator(`a[href="${start}"]`).waitFor();
    assert.match(await problem.textContent(), /its own provider\. Go to your organization/);
    await page.unroute(answers);
  });

  await step('signs in by autofill', async () => {
    await page.goto(`${site.app}/`);
    await page.locator('#sign-in').click();
    // Conditional mediation: the device offers its passkey in the field and says yes by itself.
    await signedIn(page, site);
    assert.equal(await page.evaluate(() => document.body.dataset.user), sub);
    const user = await page.evaluate(async () => (await fetch('/bff/user', { headers: { 'X-CSRF': '1' } })).json());
    assert.equal(user.acr, 'phr');
    await runFile(page);
    await look('signed in by autofill');
    await page.goto(`${site.login}/account`);
    await page.locator('h1').waitFor();
    await look('account');
  });

  await step('canary hunt: nothing secret in answers, addresses, storages, logs, rows', async () => {
    await recorded.settled();
    hunt.oneTimeValues(recorded.records);
    const records = [...recorded.records, ...scripts, ...logRecords(parts), ...sqliteRecords(site.database)];
    for (const kind of ['url', 'header', 'body', 'script', 'log', 'database']) {
      assert.ok(records.some((one) => one.kind === kind && one.text.length > 0), `the hunt saw no ${kind}`);
    }
    for (const name of ['code', 'cookie __Host-lw', 'master key', 'admin token', 'one-time value']) {
      assert.ok(hunt.canaries.some((canary) => canary.name === name), `the hunt has no canary for ${name}`);
    }
    assert.deepEqual(hunt.search(records), []);
  });
});

async function signedIn(page, site) {
  await page.waitForURL((url) => url.origin === site.app);
  await page.waitForFunction(() => document.body.dataset.user);
}

async function runFile(page) {
  await page.locator('#run').click();
  await page.locator('#verdict[data-tone=ok]').waitFor();
}
