// Customers' administrators connect their providers by a link where the tenant's Keycloak speaks to them: OpenID
// Connect and SAML, both from another realm, over https and in one browser for everything. Nobody chooses anything;
// colleagues come in with the roles that the rules give, and no session of theirs stays in between.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { openBrowser, openPerson } from '../lib/browser.mjs';
import { KEYCLOAK, reachable, startKeycloak } from '../lib/keycloak.mjs';
import { BIN, LOGIN, ask, startLaneway } from '../lib/laneway.mjs';
import { lookAt } from '../lib/look.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { certificate, startNginx } from '../lib/nginx.mjs';
import { Parts, freePort, run, workDir } from '../lib/parts.mjs';
import { passKeycloak } from '../lib/person.mjs';
import { steps } from '../lib/steps.mjs';

const HOME = 'tidewell';
const BETWEEN = 'tidewell-connections';

test('customers come in through Keycloak', async (t) => {
  const parts = new Parts(workDir('brokered'));
  t.after(() => parts.stop());
  const { site, keycloak } = await build(parts);
  const ben = keycloak.users.find(({ username }) => username === 'ben');
  const browser = await openBrowser(parts, '127.0.0.1');
  const { page } = await openPerson(browser);
  const step = steps(t, parts, page);
  const shots = path.join(parts.dir, 'shots');
  const wrong = [];
  const look = async (name) => wrong.push(...(await lookAt(page, name, shots)));
  const send = (action) => page.locator(`form:has(input[name=action][value=${action}]) button`).first().click();
  const given = async (id) => (await page.locator(`#${id}`).textContent()).trim();
  const place = `${keycloak.frontend}/realms/${BETWEEN}/broker/`;
  const open = async (slug, pasted) => {
    const link = await setupLink(site, slug);
    await page.goto(link);
    await page.locator('main form button').click();
    await page.waitForURL(/\/connect$/);
    await page.locator('#paste').fill(pasted);
    await send('paste');
    await page.locator('#found').waitFor();
    return link;
  };
  const save = async () => {
    await send('save');
    await page.waitForURL(/\/check$/);
  };
  // The customer's own session may answer at once; Keycloak's in between never does.
  const tested = async (link, { known = false } = {}) => {
    await page.goto(`${link}/test`);
    await send('begin');
    if (!known) {
      await page.waitForURL(new RegExp(`^${keycloak.issuer}/`));
      await passKeycloak(page, ben);
    }
    await page.waitForURL(/\/test$/);
    await page.locator('.strip').waitFor();
    assert.match(await page.locator('.strip').textContent(), /ben@example\.test/i);
    assert.equal((await bffUser(page)).code, 'unauthenticated');
  };
  const goLive = async (link) => {
    await page.locator('details.group summary', { hasText: 'operations' }).click();
    await page.locator('details.group[open] select[name=role]').selectOption('admin');
    await page.locator('details.group[open] button').click();
    await page.locator('.strip b', { hasText: 'admin' }).waitFor();
    await page.goto(`${link}/activate`);
    await send('activate');
    await page.locator('#start-link').waitFor();
    await page.locator('form:has(input[name=rollout][value=all]) button').click();
    await page.locator('form:has(input[name=rollout][value=all])').waitFor({ state: 'detached' });
  };
  // The same colleague comes by both: a session that was left in between would stand in the way.
  const colleague = await openPerson(browser);
  const comesIn = async (id, org) => {
    const home = (url) => url.href === `${site.login}/account`;
    // Whoever still has a session at the customer's provider is not asked again: its page posts by itself.
    await colleague.page.goto(`${site.login}/federation/${id}/start?return_to=/account`);
    const asked = colleague.page.locator('#password').waitFor().then(() => passKeycloak(colleague.page, ben), () => {});
    await Promise.race([asked, colleague.page.waitForURL(home)]);
    await colleague.page.waitForURL(home);
    const user = await bffUser(colleague.page);
    assert.deepEqual([user.org.slug, user.org.roles], [org, ['admin']]);
  };
  let link;
  let id;

  await step('OpenID Connect: the address of Keycloak is shown, registered and tested', async () => {
    link = await open('pellworm', keycloak.issuer);
    const address = await given('redirect-uri');
    assert.ok(address.startsWith(place), address);
    id = address.slice(place.length).split('/')[0];
    await look('setup-brokered-connect');
    await registerOidc(keycloak, address);
    await page.locator('input[name=client_id]').fill('tidewell');
    await page.locator('input[name=client_secret]').fill('a-secret-of-pellworm');
    await save();
    await look('setup-brokered-check');
    await tested(link);
    await look('setup-brokered-test');
  });

  await step('it goes live, and a colleague comes in with the mapped role', async () => {
    await goLive(link);
    await comesIn(id, 'pellworm');
  });

  await step('SAML: its metadata lies at Keycloak; registered, tested, live', async () => {
    link = await open('quayside', `${keycloak.issuer}/protocol/saml/descriptor`);
    const acs = await given('acs');
    assert.ok(acs.startsWith(place), acs);
    id = acs.slice(place.length).split('/')[0];
    await save();
    await page.goto(`${link}/connect`);
    const metadata = await given('sp-metadata');
    assert.equal(metadata, `${acs}/descriptor`);
    const said = await fetch(metadata.replace(keycloak.frontend, keycloak.url));
    await registerSaml(keycloak, await said.text());
    await tested(link, { known: true });
    await goLive(link);
    await comesIn(id, 'quayside');
  });

  await step('nothing was wrong with any page', () => assert.deepEqual(wrong, []));
});

async function build(parts) {
  const port = await freePort();
  const suffix = `:${port}`;
  const names = [LOGIN, KEYCLOAK];
  const tls = certificate(parts.dir, names);
  const reach = reachable(parts, names, tls);
  const keycloakPort = await freePort();
  const frontend = `https://${KEYCLOAK}${suffix}`;
  const keycloak = await startKeycloak(parts, { port: keycloakPort, frontend, tls, reach });
  await keycloak.make(HOME);
  const admin = path.join(parts.dir, 'keycloak-admin');
  writeFileSync(admin, keycloak.admin_password, { mode: 0o600 });
  const client = JSON.parse(run(BIN, ['upstream', 'bootstrap', 'keycloak', '--url', keycloak.url, '--realm', HOME,
    '--connections-realm', BETWEEN, '--admin-user', keycloak.admin_user, '--admin-password-file', admin,
    '--public-url', `https://${LOGIN}${suffix}`], { cwd: parts.dir }));
  assert.deepEqual(client.options, { connections: { realm: BETWEEN } });
  for (const realm of [HOME, BETWEEN]) await keycloak.at(realm)('PUT', '', { attributes: { frontendUrl: frontend } });
  const mailbox = await startMailbox(parts);
  // All of it runs on one machine, where every address is a private one.
  const options = `[federation]
allow_private = true
[upstream.options]
connections = { realm = "${BETWEEN}", usual_for = ["oidc", "saml"] }
`;
  const env = {
    ...reach,
    LANEWAY_UPSTREAM_KIND: 'keycloak',
    LANEWAY_UPSTREAM_ISSUER: `${frontend}/realms/${HOME}`,
    LANEWAY_UPSTREAM_CLIENT_ID: client.client_id,
    LANEWAY_UPSTREAM_CLIENT_SECRET: client.client_secret,
  };
  const site = await startLaneway(parts, { suffix, mailPort: mailbox.port, echo: 'http://127.0.0.1:9', env, options });
  const sites = [
    { names: [LOGIN], ports: [site.nodes[0].port], port },
    { names: [KEYCLOAK], ports: [keycloakPort], port },
  ];
  await startNginx(parts, { port, tls, sites });
  return { site, keycloak };
}

async function setupLink(site, slug) {
  const headers = { authorization: `Bearer ${site.adminToken}`, 'content-type': 'application/json' };
  const call = async (pathname, body) => {
    const reply = await ask(site.nodes[0], site.loginHost, pathname, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.equal(reply.status, 201, reply.body);
    return JSON.parse(reply.body);
  };
  const org = await call('/v1/organizations', { slug, name: slug });
  return (await call(`/v1/organizations/${org.id}/setup-links`, { purpose: 'connection', expires_in: 3600 })).url;
}

async function registerOidc(keycloak, redirectUri) {
  await keycloak.api('POST', '/clients', {
    clientId: 'tidewell', secret: 'a-secret-of-pellworm', publicClient: false, redirectUris: [redirectUri],
    protocolMappers: [
      { name: 'groups', protocol: 'openid-connect', protocolMapper: 'oidc-group-membership-mapper', config: { 'claim.name': 'groups', 'full.path': 'false', 'id.token.claim': 'true' } },
    ],
  });
}

async function registerSaml(keycloak, xml) {
  const client = await keycloak.api('POST', '/client-description-converter', xml);
  const basic = { 'attribute.nameformat': 'Basic' };
  await keycloak.api('POST', '/clients', {
    ...client,
    attributes: { ...client.attributes, 'saml_force_name_id_format': 'true', 'saml_name_id_format': 'persistent', 'saml.assertion.signature': 'true' },
    protocolMappers: [
      { name: 'email', protocol: 'saml', protocolMapper: 'saml-user-property-mapper', config: { ...basic, 'user.attribute': 'email', 'attribute.name': 'email' } },
      { name: 'groups', protocol: 'saml', protocolMapper: 'saml-group-membership-mapper', config: { ...basic, 'attribute.name': 'groups', single: 'true', 'full.path': 'false' } },
    ],
  });
}

const bffUser = (page) => page.evaluate(async () => (await fetch('/bff/user', { headers: { 'X-CSRF': '1' } })).json());
