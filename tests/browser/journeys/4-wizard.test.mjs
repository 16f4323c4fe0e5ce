// A customer's administrator gets a link and connects a real Keycloak on another site, over https, without
// an account and without an operator: paste, register, check, test login, roles, activate; then a colleague
// comes in with the role that the rules give.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { openBrowser, openPerson, readableByScripts } from '../lib/browser.mjs';
import { KEYCLOAK, reachable, startKeycloak } from '../lib/keycloak.mjs';
import { LOGIN, ask, startLaneway } from '../lib/laneway.mjs';
import { invisibleFocus, lookAt } from '../lib/look.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { certificate, startNginx } from '../lib/nginx.mjs';
import { Parts, freePort, workDir } from '../lib/parts.mjs';
import { passKeycloak } from '../lib/person.mjs';
import { steps } from '../lib/steps.mjs';

const SECRET = 'a-secret-of-the-customer';

test('a customer connects Keycloak by a link', async (t) => {
  const parts = new Parts(workDir('wizard'));
  t.after(() => parts.stop());
  const { site, keycloak } = await build(parts);
  const browser = await openBrowser(parts, '127.0.0.1');
  const { context, page } = await openPerson(browser);
  const step = steps(t, parts, page);
  const shots = path.join(parts.dir, 'shots');
  const wrong = [];
  const look = async (name) => {
    wrong.push(...(await lookAt(page, name, shots)));
    for (const tag of await invisibleFocus(page)) wrong.push(`${name}: focus does not show on ${tag}`);
  };
  const send = (action) => page.locator(`form:has(input[name=action][value=${action}]) button`).first().click();
  const person = (username) => keycloak.users.find((user) => user.username === username);
  let link;
  let id;

  await step('the team makes a link', async () => {
    const headers = { authorization: `Bearer ${site.adminToken}`, 'content-type': 'application/json' };
    const call = async (pathname, body) => {
      const reply = await ask(site.nodes[0], site.loginHost, pathname, { method: 'POST', headers, body: JSON.stringify(body) });
      assert.equal(reply.status, 201, reply.body);
      return JSON.parse(reply.body);
    };
    const org = await call('/v1/organizations', { slug: 'pellworm', name: 'Pellworm Labs' });
    link = (await call(`/v1/organizations/${org.id}/setup-links`, { purpose: 'connection', expires_in: 3600 })).url;
  });

  await step('the administrator opens it, once', async () => {
    await page.goto(link);
    await look('setup-door');
    await page.locator('main form button').click();
    await page.waitForURL(/\/connect$/);
    const other = await openPerson(browser);
    assert.equal((await other.page.goto(link)).status(), 410);
    await other.context.close();
  });

  await step('pastes what cannot work and is told why', async () => {
    await look('setup-connect-empty');
    await page.locator('#paste').fill(`${keycloak.frontend}/realms/nobody-has-this`);
    await send('paste');
    await page.getByRole('alert').waitFor();
    assert.match(await page.getByRole('alert').textContent(), /not_found/);
    await look('setup-connect-refused');
  });

  await step('pastes the issuer and registers what the page shows', async () => {
    await page.locator('#paste').fill(keycloak.issuer);
    await send('paste');
    await page.locator('#redirect-uri').waitFor();
    assert.match(await page.locator('#found').textContent(), /Keycloak/);
    const redirect = (await page.locator('#redirect-uri').textContent()).trim();
    id = redirect.split('/').at(-1);
    await register(keycloak, redirect);
    await look('setup-connect');
  });

  await step('a secret that is wrong is found by the test login, and by whom it is mended', async () => {
    await page.locator('#client-id').fill('pellworm-labs');
    await page.locator('#client-secret').fill('not-this-one');
    await send('save');
    await page.waitForURL(/\/check$/);
    await look('setup-check');
    await page.goto(`${link}/test`);
    await look('setup-test-empty');
    await send('begin');
    await page.waitForURL(new RegExp(`^${keycloak.frontend}/`));
    await passKeycloak(page, person('ben'));
    await page.waitForURL(/\/test$/);
    await page.getByText('client_refused').first().waitFor();
    await look('setup-test-failed');
    await page.locator('a[href="/help/checks#client_refused"]').click();
    await page.locator('#client_refused').waitFor();
    await look('help-checks');
  });

  await step('with the right one it works, and the trace shows the groups', async () => {
    await page.goto(`${link}/connect`);
    await page.locator('#client-secret').fill(SECRET);
    await send('save');
    await page.waitForURL(/\/check$/);
    await page.goto(`${link}/test`);
    await send('begin');
    await page.waitForURL(/\/test$/);
    await page.locator('.strip').waitFor();
    assert.match(await page.locator('.strip').textContent(), /ben@example\.test/i);
    await page.locator('details.group summary', { hasText: 'operations' }).click();
    await page.locator('details.group[open] select[name=role]').selectOption('admin');
    await page.locator('details.group[open] button').click();
    await page.locator('.strip b', { hasText: 'admin' }).waitFor();
    await look('setup-test');
  });

  await step('activates exactly that, for everybody', async () => {
    await page.goto(`${link}/activate`);
    await look('setup-activate');
    await send('activate');
    await page.locator('#start-link').waitFor();
    await page.locator('form:has(input[name=rollout][value=all]) button').click();
    await page.locator('form:has(input[name=rollout][value=all])').waitFor({ state: 'detached' });
    await look('setup-active');
  });

  await step('a colleague comes in with the mapped role; the set-up has signed nobody in', async () => {
    const colleague = await openPerson(browser);
    await colleague.page.goto(`${site.login}/federation/${id}/start?return_to=/account`);
    await colleague.page.waitForURL(new RegExp(`^${keycloak.frontend}/`));
    await passKeycloak(colleague.page, person('ben'));
    await colleague.page.waitForURL(`${site.login}/account`);
    const user = await bffUser(colleague.page);
    assert.deepEqual([user.org.slug, user.org.roles], ['pellworm', ['admin']]);
    await colleague.context.close();
    // The same from the organization's own page: its form may lead to another site.
    const other = await openPerson(browser);
    await other.page.goto(`${site.login}/login/pellworm`);
    await other.page.locator('form:has(input[name=connection]) button').first().click();
    await other.page.waitForURL(new RegExp(`^${keycloak.frontend}/`));
    await other.context.close();
    assert.equal((await bffUser(page)).code, 'unauthenticated');
    assert.equal((await context.cookies(site.login)).some(({ name }) => name === '__Host-lw'), false);
  });

  await step('the secret is nowhere in the browser, and nothing was wrong with any page', async () => {
    for (const name of ['connect', 'check', 'test', 'activate']) {
      await page.goto(`${link}/${name}`);
      assert.equal((await readableByScripts(page)).includes(SECRET), false, name);
    }
    assert.deepEqual(wrong, []);
  });
});

// Laneway on its embedded default, the customer's Keycloak on another site, one nginx for both on a port
// that shows in every address, because the servers talk to each other under the same names as the browser.
async function build(parts) {
  const port = await freePort();
  const suffix = `:${port}`;
  const tls = certificate(parts.dir, [LOGIN, KEYCLOAK]);
  const reach = reachable(parts, [LOGIN, KEYCLOAK], tls);
  const keycloakPort = await freePort();
  const keycloak = await startKeycloak(parts, { port: keycloakPort, frontend: `https://${KEYCLOAK}${suffix}`, tls, reach });
  const mailbox = await startMailbox(parts);
  // All of it runs on one machine, where every address is a private one.
  const options = '[federation]\nallow_private = true\n';
  const site = await startLaneway(parts, { suffix, mailPort: mailbox.port, echo: 'http://127.0.0.1:9', env: reach, options });
  const sites = [{ names: [LOGIN], ports: [site.nodes[0].port], port }, { names: [KEYCLOAK], ports: [keycloakPort], port }];
  await startNginx(parts, { port, tls, sites });
  return { site, keycloak };
}

// What the steps on the page say, done by the administrator of the realm.
async function register(keycloak, redirect) {
  const yes = { 'id.token.claim': 'true', 'access.token.claim': 'true', 'userinfo.token.claim': 'true' };
  await keycloak.api('POST', '/clients', {
    clientId: 'pellworm-labs',
    secret: SECRET,
    redirectUris: [redirect],
    standardFlowEnabled: true,
    directAccessGrantsEnabled: false,
    protocolMappers: [{
      name: 'groups',
      protocol: 'openid-connect',
      protocolMapper: 'oidc-group-membership-mapper',
      config: { 'claim.name': 'groups', 'full.path': 'false', ...yes },
    }],
  });
}

const bffUser = (page) => page.evaluate(async () => (await fetch('/bff/user', { headers: { 'X-CSRF': '1' } })).json());
