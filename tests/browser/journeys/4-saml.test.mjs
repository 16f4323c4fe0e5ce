// Customers' administrators connect SAML providers on another site by a link: SimpleSAMLphp, which replaces its
// certificate on the way, Keycloak, and one made with the npm package samlp, whose values are entered by hand. Cross-site over https, without an account; colleagues come in with the
// roles that the rules give.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { openBrowser, openPerson } from '../lib/browser.mjs';
import { KEYCLOAK, reachable, startKeycloak } from '../lib/keycloak.mjs';
import { LOGIN, ask, startLaneway } from '../lib/laneway.mjs';
import { invisibleFocus, lookAt } from '../lib/look.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { certificate, startNginx } from '../lib/nginx.mjs';
import { Parts, freePort, workDir } from '../lib/parts.mjs';
import { passKeycloak } from '../lib/person.mjs';
import { SAMLP, passSamlp, startSamlp } from '../lib/samlp.mjs';
import { SIMPLESAML, passSimpleSaml, startSimpleSaml } from '../lib/simplesaml.mjs';
import { steps } from '../lib/steps.mjs';

const PEOPLE = {
  nora: {
    password: 'nora-counts-waves',
    attributes: { uid: ['n-1001'], email: ['nora@pellworm.test'], displayName: ['Nora Lund'], groups: ['operations', 'everyone'] },
  },
};

test('customers connect SAML providers by a link', async (t) => {
  const parts = new Parts(workDir('saml'));
  t.after(() => parts.stop());
  const { site, keycloak, simple, third } = await build(parts);
  const browser = await openBrowser(parts, '127.0.0.1');
  const { page } = await openPerson(browser);
  const step = steps(t, parts, page);
  const shots = path.join(parts.dir, 'shots');
  const wrong = [];
  const look = async (name) => {
    wrong.push(...(await lookAt(page, name, shots)));
    for (const tag of await invisibleFocus(page)) wrong.push(`${name}: focus does not show on ${tag}`);
  };
  const send = (action) => page.locator(`form:has(input[name=action][value=${action}]) button`).first().click();
  const given = async (id) => (await page.locator(`#${id}`).textContent()).trim();
  const paste = async (value) => {
    await page.locator('#paste').fill(value);
    await send('paste');
    await page.locator('#entity-id').waitFor();
  };
  const save = async () => {
    await send('save');
    await page.waitForURL(/\/check$/);
  };
  const open = async (slug) => {
    const link = await setupLink(site, slug);
    await page.goto(link);
    await page.locator('main form button').click();
    await page.waitForURL(/\/connect$/);
    return link;
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
  const comesIn = async (id, org, pass, leave = async () => {}) => {
    const colleague = await openPerson(browser);
    await colleague.page.goto(`${site.login}/federation/${id}/start?return_to=/account`);
    await pass(colleague.page);
    await colleague.page.waitForURL(`${site.login}/account`);
    const user = await bffUser(colleague.page);
    assert.deepEqual([user.org.slug, user.org.roles], [org, ['admin']]);
    await leave(colleague.page);
    await colleague.context.close();
    return user;
  };
  let link;
  let id;

  await step('SimpleSAMLphp: pastes a page that is none, then the metadata', async () => {
    link = await open('pellworm');
    await page.locator('#paste').fill('<html><body>Metadata</body></html>');
    await send('paste');
    assert.match(await page.getByRole('alert').textContent(), /metadata_incomplete/);
    await paste(simple.metadata);
    id = (await given('entity-id')).split('/').at(-1);
    assert.equal(await given('acs'), `${site.login}/saml/${id}/acs`);
    await look('setup-saml-connect');
    await save();
    await look('setup-saml-check');
  });

  await step('the administrator registers what our metadata says, signed requests and all', async () => {
    const xml = await ourMetadata(site, id);
    const cert = /X509Certificate>([^<]+)</.exec(xml)[1].replace(/\s/g, '');
    simple.register({ entityId: `${site.login}/saml/${id}`, acs: `${site.login}/saml/${id}/acs`, certificate: cert });
  });

  await step('a test login shows what came, and signs nobody in', async () => {
    await page.goto(`${link}/test`);
    await send('begin');
    await page.waitForURL(new RegExp(`^https://${SIMPLESAML}`));
    await passSimpleSaml(page, 'nora', PEOPLE.nora.password);
    await page.waitForURL(/\/test$/);
    await page.locator('.strip').waitFor();
    assert.match(await page.locator('.strip').textContent(), /nora@pellworm\.test/);
    assert.equal((await bffUser(page)).code, 'unauthenticated');
    await look('setup-saml-test');
  });

  await step('its certificate is replaced: the test names it, the new metadata mends it', async () => {
    simple.sign('second');
    await page.goto(`${link}/check`);
    await page.getByText('metadata_changed').first().waitFor();
    await page.goto(`${link}/test`);
    await send('begin');
    await page.waitForURL(/\/test$/);
    await page.getByText('wrong_certificate').first().waitFor();
    await look('setup-saml-wrong-certificate');
    await page.goto(`${link}/connect`);
    await paste(simple.metadata);
    await save();
    await page.goto(`${link}/test`);
    await send('begin');
    await page.waitForURL(/\/test$/);
    await page.locator('details.group').first().waitFor();
  });

  await step('it goes live, and a colleague comes in with the mapped role', async () => {
    await goLive(link);
    const user = await comesIn(id, 'pellworm', async (theirs) => {
      await theirs.waitForURL(new RegExp(`^https://${SIMPLESAML}`));
      await passSimpleSaml(theirs, 'nora', PEOPLE.nora.password);
    });
    assert.deepEqual([user.email, user.name], ['nora@pellworm.test', 'Nora Lund']);
  });

  // Signs out at the provider, which tells us through the browser and waits for our answer.
  const leavesKeycloak = async (theirs) => {
    await theirs.goto(`${keycloak.issuer}/protocol/openid-connect/logout`);
    const told = theirs.waitForRequest((request) => request.url().startsWith(`${site.login}/saml/${id}/logout`));
    await theirs.locator('#kc-logout').click();
    await told;
    await theirs.waitForURL((url) => url.href.startsWith(keycloak.frontend));
    await theirs.getByText(/logged out/i).first().waitFor();
    await theirs.goto(`${site.login}/login`);
    assert.equal((await bffUser(theirs)).code, 'unauthenticated');
  };

  await step('Keycloak: metadata pasted, client registered, tested, live; its sign-out is one here', async () => {
    link = await open('quayside');
    await paste(`${keycloak.issuer}/protocol/saml/descriptor`);
    assert.match(await page.locator('#found').textContent(), /Keycloak, SAML 2\.0/);
    id = (await given('entity-id')).split('/').at(-1);
    await save();
    const xml = await ourMetadata(site, id);
    await registerAtKeycloak(keycloak, xml, `${site.login}/saml/${id}`);
    await page.goto(`${link}/test`);
    await send('begin');
    await page.waitForURL(new RegExp(`^${keycloak.frontend}/`));
    await passKeycloak(page, keycloak.users.find(({ username }) => username === 'ben'));
    await page.waitForURL(/\/test$/);
    await page.locator('.strip').waitFor();
    assert.match(await page.locator('.strip').textContent(), /ben@example\.test/i);
    await goLive(link);
    await comesIn(id, 'quayside', async (theirs) => {
      await theirs.waitForURL(new RegExp(`^${keycloak.frontend}/`));
      await passKeycloak(theirs, keycloak.users.find(({ username }) => username === 'ben'));
    }, leavesKeycloak);
  });

  await step('samlp: its values entered by hand, tested, live', async () => {
    link = await open('lowtide');
    await page.locator('#paste').fill(third.certificate);
    await send('paste');
    assert.match(await page.getByRole('alert').textContent(), /certificate_alone/);
    assert.match(await page.locator('#certificates').inputValue(), /BEGIN CERTIFICATE/);
    await look('setup-saml-by-hand');
    await page.locator('#entity-id-in').fill(third.entityId);
    await page.locator('#sso-url').fill(third.sso);
    await send('fields');
    await page.locator('#entity-id').waitFor();
    id = (await given('entity-id')).split('/').at(-1);
    await page.locator('#groups-claim').fill(third.groups);
    await save();
    const xml = await ourMetadata(site, id);
    third.register({ acs: `${site.login}/saml/${id}/acs`, certificate: /X509Certificate>([^<]+)</.exec(xml)[1] });
    await page.goto(`${link}/test`);
    await send('begin');
    await page.waitForURL(new RegExp(`^https://${SAMLP}`));
    await passSamlp(page, 'nora', PEOPLE.nora.password);
    await page.waitForURL(/\/test$/);
    await page.locator('.strip').waitFor();
    assert.match(await page.locator('.strip').textContent(), /nora@lowtide\.test/);
    await goLive(link);
    const user = await comesIn(id, 'lowtide', async (theirs) => {
      await theirs.waitForURL(new RegExp(`^https://${SAMLP}`));
      await passSamlp(theirs, 'nora', PEOPLE.nora.password);
    });
    assert.deepEqual([user.email, user.name], ['nora@lowtide.test', 'Nora Lund']);
  });

  await step('nothing was wrong with any page', () => assert.deepEqual(wrong, []));
});

async function build(parts) {
  const port = await freePort();
  const suffix = `:${port}`;
  const names = [LOGIN, KEYCLOAK, SIMPLESAML, SAMLP];
  const tls = certificate(parts.dir, names);
  const reach = reachable(parts, names, tls);
  const [keycloakPort, simplePort, thirdPort] = [await freePort(), await freePort(), await freePort()];
  const keycloak = await startKeycloak(parts, { port: keycloakPort, frontend: `https://${KEYCLOAK}${suffix}`, tls, reach });
  const simple = await startSimpleSaml(parts, { port: simplePort, origin: `https://${SIMPLESAML}${suffix}`, people: PEOPLE });
  const third = await startSamlp(parts, {
    port: thirdPort, origin: `https://${SAMLP}${suffix}`,
    people: { nora: { password: PEOPLE.nora.password, id: 'n-1001', email: 'nora@lowtide.test', displayName: 'Nora Lund', groups: ['operations', 'everyone'] } },
  });
  const mailbox = await startMailbox(parts);
  // All of it runs on one machine, where every address is a private one.
  const options = '[federation]\nallow_private = true\n';
  const site = await startLaneway(parts, { suffix, mailPort: mailbox.port, echo: 'http://127.0.0.1:9', env: reach, options });
  const sites = [
    { names: [LOGIN], ports: [site.nodes[0].port], port },
    { names: [KEYCLOAK], ports: [keycloakPort], port },
    { names: [SIMPLESAML], ports: [simplePort], port },
    { names: [SAMLP], ports: [thirdPort], port },
  ];
  await startNginx(parts, { port, tls, sites });
  return { site, keycloak, simple, third };
}

async function ourMetadata(site, id) {
  const reply = await ask(site.nodes[0], site.loginHost, `/saml/${id}/metadata`, {});
  assert.equal(reply.status, 200, reply.body);
  return reply.body;
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

// What the steps on the page say: our metadata imported, a persistent NameID, e-mail and groups.
async function registerAtKeycloak(keycloak, xml, entityId) {
  const client = await keycloak.api('POST', '/client-description-converter', xml);
  assert.equal(client.clientId, entityId);
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
