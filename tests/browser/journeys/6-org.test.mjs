// An organization's owner, who is no operator, runs it alone: from the account page to its home, to a
// proven domain, an invited colleague, changed roles and the set-up of company sign-in. Every page is
// looked at light, dark and narrow, by axe and by keyboard.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { addAuthenticator, openBrowser, openPerson } from '../lib/browser.mjs';
import { LOGIN, ask, startLaneway } from '../lib/laneway.mjs';
import { invisibleFocus, lookAt } from '../lib/look.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { startNames } from '../lib/names.mjs';
import { certificate, startNginx } from '../lib/nginx.mjs';
import { Parts, freePort, until, workDir } from '../lib/parts.mjs';
import { enter } from '../lib/person.mjs';
import { steps } from '../lib/steps.mjs';

const ANA = { address: 'ana@freight.test', name: 'Ana Ferreira' };
const BEN = { address: 'ben@freight.test', name: 'Ben Okoro' };

test('an organization runs itself', async (t) => {
  const parts = new Parts(workDir('org'));
  t.after(() => parts.stop());
  const mailbox = await startMailbox(parts);
  const names = await startNames(parts);
  const env = { LANEWAY_DNS_SERVER: names.at };
  const site = await startLaneway(parts, { mailPort: mailbox.port, echo: 'http://127.0.0.1:9', env });
  const port = await freePort();
  const tls = certificate(parts.dir, [LOGIN]);
  await startNginx(parts, { port, tls, sites: [{ names: [LOGIN], ports: [site.nodes[0].port] }] });
  const browser = await openBrowser(parts, `127.0.0.1:${port}`);
  const { page } = await openPerson(browser);
  await addAuthenticator(page);
  const step = steps(t, parts, page);
  const shots = path.join(parts.dir, 'shots');
  const wrong = [];
  const look = async (name) => {
    wrong.push(...(await lookAt(page, name, shots)));
    for (const tag of await invisibleFocus(page)) wrong.push(`${name}: focus does not show on ${tag}`);
  };
  const call = async (pathname, body) => {
    const headers = { authorization: `Bearer ${site.adminToken}`, 'content-type': 'application/json' };
    const reply = await ask(site.nodes[0], LOGIN, pathname, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.equal(reply.status, 201, reply.body);
    return JSON.parse(reply.body);
  };
  /** The code that was sent beside the invitation; either may be there first. */
  const codeFor = (address) => until(`a code for ${address}`, 20, () => mailbox.mails
    .find((mail) => mail.to.includes(address) && mail.code && !mail.links.some((link) => link.includes('/invitations/')))?.code);
  /** Takes an invitation as somebody new, with a passkey. */
  const join = async (who, link, { address, name }) => {
    await who.goto(link);
    await who.locator('main form button').first().click();
    await who.locator('input[name=code]').first().waitFor();
    await enter(who, 'code', await codeFor(address));
    await who.locator('input[name=name]').first().waitFor();
    await enter(who, 'name', name);
    await who.locator('[data-ceremony=create] [data-start]').click();
    await who.waitForURL(/\/account\?done=joined/);
  };
  const room = async (name) => {
    await page.getByRole('navigation', { name: 'Organization' }).getByRole('link', { name, exact: true }).click();
    await page.locator('h1').waitFor();
  };

  await step('the operator makes an organization and invites its owner; that is all they do', async () => {
    const org = await call('/v1/organizations', { slug: 'freight', name: 'Aster Freight' });
    const { url } = await call(`/v1/organizations/${org.id}/invitations`, { email: ANA.address, roles: ['owner'] });
    await join(page, url, ANA);
  });

  await step('from the account page to a home that says what comes next', async () => {
    await page.getByRole('link', { name: /^Manage/ }).click();
    await page.waitForURL(`${site.login}/org/freight`);
    await page.locator('b', { hasText: 'No proven domain' }).waitFor();
    await look('org-home-new');
    await page.getByRole('link', { name: /Go to domains/ }).click();
    await page.waitForURL(/\/domains$/);
    await look('org-domains-none');
  });

  await step('names a domain, sees what is missing, proves it', async () => {
    // The first change asks for the passkey and comes back to the page.
    await enter(page, 'domain', 'Freight.test');
    await page.waitForFunction(() => document.querySelector('#domain')?.value === '');
    await enter(page, 'domain', 'Freight.test');
    await page.waitForURL(/done=added/);
    const value = (await page.locator('.copy code').nth(1).textContent()).trim();
    assert.equal((await page.locator('.copy code').first().textContent()).trim(), '_laneway.freight.test');
    await page.locator('.copy button').nth(1).click();
    names.say('_laneway.freight.test', 'v=spf1 -all');
    await page.getByRole('button', { name: /Look now/ }).click();
    await page.locator('.verdict').waitFor();
    assert.match(await page.locator('.verdict').textContent(), /v=spf1 -all/);
    await look('org-domains-unproven');
    names.say('_laneway.freight.test', 'v=spf1 -all', value);
    await page.getByRole('button', { name: /Look now/ }).click();
    await page.waitForURL(/done=proven/);
    await look('org-domains');
  });

  await step('invites a colleague, who comes', async () => {
    await room('Members');
    await page.getByRole('link', { name: 'Invite a person' }).click();
    await page.locator('select[name=role]').selectOption('admin');
    await enter(page, 'email', BEN.address);
    await page.getByText(`${BEN.address} is invited`).waitFor();
    await look('org-invite');
    const link = (await mailbox.to(BEN.address)).links.find((one) => one.includes('/invitations/'));
    const other = await openPerson(browser);
    await addAuthenticator(other.page);
    await join(other.page, link, BEN);
    await other.page.goto(`${site.login}/org/freight`);
    assert.match(await other.page.locator('h1').textContent(), /Aster Freight/);
    await other.context.close();
    await room('Members');
    await page.getByText('From an invitation').first().waitFor();
    await look('org-people');
  });

  await step('gives them a role, and takes their place away for a while', async () => {
    await page.getByRole('link', { name: BEN.name }).click();
    await page.getByRole('checkbox', { name: 'owner' }).check();
    await page.getByRole('button', { name: 'Save the roles' }).click();
    await page.waitForURL(/done=saved/);
    assert.ok(await page.getByRole('checkbox', { name: 'owner' }).isChecked());
    await look('org-member');
    await page.getByRole('button', { name: /^Suspend/ }).click();
    await page.locator('.state', { hasText: 'Suspended' }).waitFor();
    await look('org-member-suspended');
    await page.getByRole('button', { name: /^Let in/ }).click();
    await page.getByRole('button', { name: /^Suspend/ }).waitFor();
  });

  await step('makes a group with a role, and a role of its own', async () => {
    await room('Groups');
    await look('org-groups-none');
    await page.getByRole('checkbox', { name: 'viewer' }).check();
    await enter(page, 'name', 'Night shift');
    await page.waitForURL(/\/groups\/.*done=saved/);
    await enter(page, 'person', BEN.address);
    await page.getByRole('link', { name: BEN.name }).waitFor();
    await look('org-group');
    await room('Roles');
    await look('org-roles');
    await page.locator('#slug').fill('planner');
    await page.getByRole('checkbox', { name: 'members:read' }).check();
    await enter(page, 'name', 'Planner');
    await page.waitForURL(/\/roles\/planner/);
    await look('org-role');
  });

  await step('begins the set-up of company sign-in here, and comes back', async () => {
    await room('Connections');
    await look('org-connections-none');
    await page.getByRole('button', { name: 'Begin the set-up' }).click();
    await page.waitForURL(/\/setup\/[^/]+\/connect$/);
    await page.locator('header a').first().click();
    await page.waitForURL(/\/org\/freight\/connections$/);
    await page.getByRole('button', { name: 'Make a link' }).click();
    await page.getByText('The link, shown once').waitFor();
    await look('org-connections');
    await room('Who must use it');
    await look('org-rules-none');
  });

  await step('renames it, and reads who did what', async () => {
    await room('Settings');
    await look('org-settings');
    await enter(page, 'name', 'Aster Lines');
    await page.waitForURL(/done=saved/);
    await room('Audit');
    await page.getByRole('link', { name: 'organization.updated' }).first().click();
    await page.waitForURL(/event=/);
    assert.match(await page.locator('.diff ins').first().textContent(), /Aster Lines/);
    await look('org-audit');
    await room('Home');
    await look('org-home');
  });

  await step('nothing was wrong with any page', async () => {
    assert.deepEqual(wrong, []);
  });
});
