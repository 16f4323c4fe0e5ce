// An owner looks at the administration and acts: every room light, dark and narrow, by axe and by
// keyboard; then finds somebody, signs them out, disables and deletes them, and reads what was recorded.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { addAuthenticator, openBrowser, openPerson } from '../lib/browser.mjs';
import { LOGIN, ask, startLaneway } from '../lib/laneway.mjs';
import { invisibleFocus, lookAt } from '../lib/look.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { certificate, startNginx } from '../lib/nginx.mjs';
import { Parts, freePort, workDir } from '../lib/parts.mjs';
import { enter } from '../lib/person.mjs';
import { steps } from '../lib/steps.mjs';

const ANA = { address: 'ana@tidewell.test', name: 'Ana Ferreira' };

test('an owner looks and acts', async (t) => {
  const parts = new Parts(workDir('desk'));
  t.after(() => parts.stop());
  const mailbox = await startMailbox(parts);
  const site = await startLaneway(parts, { mailPort: mailbox.port, echo: 'http://127.0.0.1:9' });
  const port = await freePort();
  const tls = certificate(parts.dir, [LOGIN]);
  await startNginx(parts, { port, tls, sites: [{ names: [LOGIN], ports: [site.nodes[0].port] }] });
  const { page } = await openPerson(await openBrowser(parts, `127.0.0.1:${port}`));
  await addAuthenticator(page);
  const step = steps(t, parts, page);
  const shots = path.join(parts.dir, 'shots');
  const wrong = [];
  const look = async (name) => {
    wrong.push(...(await lookAt(page, name, shots)));
    for (const tag of await invisibleFocus(page)) wrong.push(`${name}: focus does not show on ${tag}`);
  };
  const api = async (method, pathname, body) => {
    const headers = { authorization: `Bearer ${site.adminToken}`, 'content-type': 'application/json' };
    const reply = await ask(site.nodes[0], LOGIN, pathname, { method, headers, body: JSON.stringify(body) });
    assert.ok(reply.status < 300, `${method} ${pathname}: ${reply.status} ${reply.body}`);
    return JSON.parse(reply.body);
  };
  const open = (pathname) => page.goto(`${site.login}${pathname}`);

  await step('becomes the owner by the link', async () => {
    await page.goto(site.cli('admin', 'owner-link').trim());
    await page.locator('main form button').first().click();
    await page.locator('input[name=username]:visible').first().waitFor();
    await enter(page, 'username', ANA.address);
    await page.locator('input[name=code]').first().waitFor();
    await enter(page, 'code', (await mailbox.to(ANA.address)).code);
    await page.locator('input[name=name]').first().waitFor();
    await enter(page, 'name', ANA.name);
    await page.locator('[data-ceremony=create] [data-start]').click();
    await page.waitForURL(`${site.login}/admin/upstream`);
  });

  await step('looks at every room while there is nothing', async () => {
    await open('/admin');
    await page.getByText('Needs attention').waitFor();
    await look('desk-overview-new');
    await open('/admin/organizations');
    await look('desk-organizations-none');
    await open('/admin/users?q=nobody');
    await look('desk-people-none');
  });

  await step('makes an organization, and people come', async () => {
    const names = ['Tomasz Wójcik', 'Mei-Ling Chow', 'Samuel Okafor', 'Ingrid Solheim', 'Łukasz Żak'];
    for (const [n, name] of names.entries()) await api('POST', '/v1/admin/users', { email: `p${n}@tidewell.test`, name });
    await open('/admin/organizations');
    await page.locator('input[name=name]').fill('Brennan & Kohl');
    await enter(page, 'slug', 'brennan-kohl');
    await page.waitForURL(/\/admin\/organizations\/brennan-kohl$/);
    await page.locator('input[name=person]').fill('p0@tidewell.test');
    await enter(page, 'roles', 'admin member');
    await page.getByRole('status').waitFor();
    await page.locator('td code', { hasText: 'admin' }).waitFor();
    await look('desk-organization');
  });

  await step('finds somebody, looks at everything about them, disables them', async () => {
    await open('/admin/users');
    await look('desk-people');
    await enter(page, 'q', 'tomasz');
    await page.waitForURL(/q=tomasz/);
    await page.getByRole('link', { name: 'Tomasz Wójcik' }).click();
    await page.locator('h1', { hasText: 'Tomasz' }).waitFor();
    await look('desk-person');
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.waitForURL(/done=disabled/);
    await page.locator('.state[data-tone=bad]').first().waitFor();
    await look('desk-person-disabled');
  });

  await step('reads what was recorded, with what changed', async () => {
    await open('/admin/audit?kind=people');
    await page.getByRole('link', { name: 'user.updated' }).first().click();
    await page.waitForURL(/event=/);
    assert.match(await page.locator('.diff del').first().textContent(), /active/);
    assert.match(await page.locator('.diff ins').first().textContent(), /disabled/);
    await look('desk-trail');
  });

  await step('deletes them, after reading what goes', async () => {
    await open('/admin/users?state=disabled');
    await page.getByRole('link', { name: 'Tomasz Wójcik' }).click();
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('link', { name: /Delete/ }).click();
    await page.locator('h1', { hasText: 'Delete Tomasz' }).waitFor();
    await look('desk-delete');
    await page.locator('main form button').click();
    await page.waitForURL(/done=deleted/);
    assert.equal(await page.getByRole('link', { name: 'Tomasz Wójcik' }).count(), 0);
  });

  await step('probes a provider, reads the plan of a change, saves settings', async () => {
    await open('/admin/upstreams');
    await page.getByRole('button', { name: /Probe now/ }).first().click();
    await page.waitForURL(/done=probed/);
    await look('desk-upstreams');
    await open('/admin/settings');
    await look('desk-settings');
    await page.locator('select[name=signup]').selectOption('invite');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.waitForURL(/done=saved/);
    assert.equal(await page.locator('select[name=signup]').inputValue(), 'invite');
  });

  await step('sees it all on the overview, and by another range', async () => {
    await open('/admin');
    await page.locator('.chart svg[role=img]').waitFor();
    assert.match(await page.locator('.chart svg[role=img]').getAttribute('aria-label'), /sign-ins?/);
    await page.locator('summary').first().click();
    await look('desk-overview');
    await page.getByRole('link', { name: '30 days' }).click();
    await page.waitForURL(/range=30d/);
    await look('desk-overview-30d');
  });

  await step('nothing was wrong with any page', async () => {
    assert.deepEqual(wrong, []);
  });
});
