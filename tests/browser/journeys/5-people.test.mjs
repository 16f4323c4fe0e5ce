// Somebody is invited, makes an account, moves it to another address, takes the data along and deletes
// it: by keyboard alone. Then everything that was said, stored and logged is searched for secrets.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { openBrowser, openPerson, readableByScripts, record } from '../lib/browser.mjs';
import { Hunt, logRecords, sqliteRecords } from '../lib/hunt.mjs';
import { APP, LOGIN, ask, startLaneway } from '../lib/laneway.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { certificate, startNginx } from '../lib/nginx.mjs';
import { Parts, freePort, workDir } from '../lib/parts.mjs';
import { steps } from '../lib/steps.mjs';

const OLD = 'ina@acme.test';
const NEW = 'ina@home.test';

test('invited, moved, taken along, deleted', async (t) => {
  const parts = new Parts(workDir('people'));
  t.after(() => parts.stop());
  const mailbox = await startMailbox(parts);
  // Nothing here calls a backend.
  const site = await startLaneway(parts, { mailPort: mailbox.port, echo: 'http://127.0.0.1:9' });
  const port = await freePort();
  const tls = certificate(parts.dir, [LOGIN, APP]);
  await startNginx(parts, { port, tls, sites: [{ names: [LOGIN, APP], ports: site.nodes.map((node) => node.port) }] });
  const { context, page } = await openPerson(await openBrowser(parts, `127.0.0.1:${port}`), { acceptDownloads: true });
  const recorded = record(context);
  const step = steps(t, parts, page);
  const hunt = new Hunt();
  const scripts = [];
  const look = async (where) => {
    scripts.push({ kind: 'script', where: `${where} ${page.url()}`, text: await readableByScripts(page) });
    await hunt.cookies(context);
  };
  const code = async (address, count) => {
    const mail = await mailbox.to(address, count);
    hunt.canary('code', mail.code);
    return mail.code;
  };
  let sub;

  await step('an operator invites; the link is in the mail', async () => {
    const answer = await ask(site.nodes[0], LOGIN, '/v1/admin/invitations', {
      method: 'POST',
      headers: { authorization: `Bearer ${site.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ email: OLD, roles: [] }),
    });
    assert.equal(answer.status, 201, answer.body);
    const { url } = JSON.parse(answer.body);
    const mail = await mailbox.to(OLD);
    assert.ok(mail.links.includes(url));
    hunt.canary('one-time value', url.split('/').at(-1));
    await page.goto(url);
    assert.match(await page.locator('main').textContent(), new RegExp(OLD));
    await look('invitation');
  });

  await step('the code to that address makes the account', async () => {
    await press(page, 'main form button');
    await typed(page, 'code', await code(OLD, 2));
    await typed(page, 'name', 'Ina Beck');
    await press(page, 'form:has([name=skip]) button');
    await page.waitForURL(/\/account\?done=joined/);
    assert.match(await page.locator('[role=status]').first().textContent(), /invitation/);
    await look('account');
    sub = (await page.evaluate(async () => (await fetch('/bff/user')).json())).sub;
  });

  await step('moves to another address, which confirms by code; the old one is told', async () => {
    await press(page, 'a[href="/account/email"]');
    await page.waitForURL(/\/account\/email/);
    await typed(page, 'email', NEW);
    await page.locator('input[name=code]').waitFor();
    await look('code');
    await typed(page, 'code', await code(NEW, 1));
    await page.waitForURL(/done=moved/);
    assert.equal(await page.locator('#email').inputValue(), NEW);
    const told = await mailbox.to(OLD, 3);
    assert.match(told.text, /ina@home\.test/);
    assert.match(told.text, /UTC/);
    await look('moved');
  });

  await step('takes the data along', async () => {
    const waiting = page.waitForEvent('download');
    await press(page, 'a[href="/v1/me/export"]');
    const download = await waiting;
    assert.match(download.suggestedFilename(), /^main-account-\d{4}-\d\d-\d\d\.json$/);
    const text = readFileSync(await download.path(), 'utf8');
    const all = JSON.parse(text);
    assert.equal(all.profile.email, NEW);
    assert.equal(all.profile.id, sub);
    assert.ok(all.events.some(({ type }) => type === 'email.changed'));
    scripts.push({ kind: 'body', where: 'export', text });
  });

  await step('deletes the account: signed out everywhere', async () => {
    await hunt.cookies(context);
    const [{ value }] = (await context.cookies(site.login)).filter(({ name }) => name === '__Host-lw');
    await page.goto(`${site.login}/account`);
    await press(page, 'a[href="/account/delete"]');
    await page.waitForURL(/\/account\/delete/);
    await look('delete');
    await typed(page, 'confirm', NEW);
    await page.waitForURL(/\/account\/deleted/);
    const user = await ask(site.nodes[0], LOGIN, '/bff/user', { headers: { cookie: `__Host-lw=${value}` } });
    assert.equal(user.status, 401);
    await mailbox.to(NEW, 2);
  });

  await step('canary hunt: nothing secret in answers, addresses, storages, logs, rows', async () => {
    await recorded.settled();
    hunt.oneTimeValues(recorded.records);
    const records = [...recorded.records, ...scripts, ...logRecords(parts), ...sqliteRecords(site.database)];
    for (const name of ['code', 'cookie __Host-lw', 'one-time value']) {
      assert.ok(hunt.canaries.some((canary) => canary.name === name), `the hunt has no canary for ${name}`);
    }
    assert.deepEqual(hunt.search(records), []);
  });
});

/** Tabs to what is wanted and presses Enter there. */
async function press(page, selector) {
  await tabTo(page, selector);
  await page.keyboard.press('Enter');
}

/** Tabs to a field, types and sends its form. */
async function typed(page, name, value) {
  await page.locator(`input[name=${name}]:visible`).first().waitFor();
  await tabTo(page, `input[name=${name}]`);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(value);
  await page.keyboard.press('Enter');
}

async function tabTo(page, selector) {
  await page.locator(selector).first().waitFor();
  for (let tabs = 0; tabs < 80; tabs += 1) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`no way to ${selector} by keyboard`);
}
