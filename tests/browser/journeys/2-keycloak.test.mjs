// The same demo in front of a real Keycloak on another site, over https, with two nodes on one
// PostgreSQL: sign-in, step-up, Keycloak away and back, sign-out on both sides, an administrator who ends
// the session.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { addAuthenticator, openBrowser, openPerson, readableByScripts, record } from '../lib/browser.mjs';
import { startDoor } from '../lib/door.mjs';
import { Hunt, dumpRecords, logRecords } from '../lib/hunt.mjs';
import { KEYCLOAK, reachable, startKeycloak } from '../lib/keycloak.mjs';
import { APP, BIN, LOGIN, ask, startEcho, startLaneway } from '../lib/laneway.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { certificate, startNginx } from '../lib/nginx.mjs';
import { Parts, freePort, run, until, workDir } from '../lib/parts.mjs';
import { oneTimeCode, passKeycloak, passOtp } from '../lib/person.mjs';
import { steps } from '../lib/steps.mjs';

test('Keycloak on another site, two nodes', async (t) => {
  const parts = new Parts(workDir('keycloak'));
  t.after(() => parts.stop());
  const world = await build(parts);
  const { site, keycloak, databaseUrl } = world;
  const tia = keycloak.users.find((user) => user.totp_key);

  const { context, page } = await openPerson(await openBrowser(parts, '127.0.0.1'));
  const recorded = record(context);
  const step = steps(t, parts, page);
  const hunt = new Hunt();
  const scripts = [];
  // Keycloak takes a code once.
  let used;
  const look = async (step) => {
    if (!page.url().startsWith(keycloak.frontend)) {
      scripts.push({ kind: 'script', where: `${step} ${page.url()}`, text: await readableByScripts(page) });
    }
    await hunt.cookies(context);
  };
  hunt.canary('master key', site.masterKey);
  hunt.canary('client secret', world.client.client_secret);
  hunt.canary('admin token', site.adminToken);
  hunt.canary('password', tia.password);

  const cookie = async () => (await context.cookies(site.app)).find(({ name }) => name === '__Host-lw')?.value;
  const signIn = async () => {
    // A sign-out may still be on its way to its last page, and would take this one's place.
    await until('the app', 10, () => page.goto(`${site.app}/`));
    await page.locator('#sign-in').click();
    await page.waitForURL(new RegExp(`^${keycloak.frontend}/`));
    await passKeycloak(page, { ...tia, totp_key: undefined });
    await signedIn(page, site);
    await look('signed in');
  };

  await step('signs in at Keycloak and lands in the app', async () => {
    await signIn();
    const user = await bffUser(page);
    assert.equal(user.email, tia.email);
    assert.equal(user.upstream.state, 'fresh');
    for (const node of site.nodes) {
      assert.equal((await userOn(node, site, await cookie())).status, 200, 'both nodes know the cookie');
    }
    await page.locator('#run').click();
    await page.locator('#verdict[data-tone=ok]').waitFor();
  });

  await step('steps up: Keycloak asks for the one-time code, the cookie changes, sid stays', async () => {
    const before = await bffUser(page);
    const old = await cookie();
    await page.goto(`${site.app}/bff/login?acr_values=aal2&return_to=/`);
    await page.waitForURL(new RegExp(`^${keycloak.frontend}/`));
    await page.locator('#otp, #password').first().waitFor();
    if (await page.locator('#password').isVisible()) await passKeycloak(page, { ...tia, totp_key: undefined });
    await passOtp(page, tia.totp_key);
    used = oneTimeCode(tia.totp_key);
    await signedIn(page, site);
    const after = await bffUser(page);
    assert.equal(after.acr, 'aal2');
    assert.equal(after.sid, before.sid);
    assert.notEqual(await cookie(), old);
    for (const node of site.nodes) assert.equal((await userOn(node, site, old)).status, 401, 'the old value is dead');
    await look('stepped up');
  });

  await step('Keycloak is away and back: the session goes on, a new proof waits, nobody is signed out', async () => {
    const before = await bffUser(page);
    await world.door.shut();
    asIfLater(databaseUrl, before.sid, 20 * 60_000);
    await until('its old word is said to be stale', 20, async () => (await bffUser(page)).upstream.state === 'stale');
    assert.equal((await bffUser(page)).sid, before.sid);
    for (const node of site.nodes) assert.equal((await userOn(node, site, await cookie())).status, 200, 'the session goes on');
    await page.reload();
    await signedIn(page, site);
    await page.locator('#run').click();
    await page.locator('#verdict[data-tone=ok]').waitFor();

    const refused = await page.goto(`${site.app}/bff/login?max_age=1&return_to=/`);
    assert.equal(refused.status(), 503);
    assert.ok(refused.headers()['retry-after'], 'when to come back');
    const again = page.locator('a.button[data-kind=primary]');
    await again.waitFor();
    await look('Keycloak is away');
    await Promise.all([page.waitForResponse((answer) => answer.status() === 503), again.click()]);
    await again.waitFor();

    await world.door.open();
    // What was silent a moment ago is not asked at once.
    await until('Keycloak', 10, async () => {
      await again.click();
      await page.waitForURL(new RegExp(`^${keycloak.frontend}/`), { timeout: 3000 });
      return true;
    });
    await page.locator('#otp, #password').first().waitFor();
    if (await page.locator('#password').isVisible()) await passKeycloak(page, { ...tia, totp_key: undefined });
    await page.locator('#otp').waitFor({ timeout: 3000 }).then(async () => {
      await until('the next one-time code', 40, () => oneTimeCode(tia.totp_key) !== used);
      await passOtp(page, tia.totp_key);
      used = oneTimeCode(tia.totp_key);
    }, () => {});
    await signedIn(page, site);
    const after = await bffUser(page);
    assert.equal(after.sid, before.sid);
    assert.equal(after.upstream.state, 'fresh');
    for (const node of site.nodes) assert.equal((await userOn(node, site, await cookie())).status, 200);
    await look('Keycloak is back');
  });

  await step('signs out on both sides', async () => {
    const old = await cookie();
    await page.locator('#sign-out').click();
    await page.waitForFunction(() => document.body && !document.body.dataset.user);
    await leaveKeycloak(page, keycloak);
    await deadEverywhere(site, old);
    const [person] = await keycloak.api('GET', `/users?username=${tia.username}&exact=true`);
    await until('the session at Keycloak is over', 10, async () => (await keycloak.api('GET', `/users/${person.id}/sessions`)).length === 0);
    await context.clearCookies();
  });

  await step('changes at Keycloak what they sign in with, and is back at their account', async () => {
    await signIn();
    const keys = await addAuthenticator(page);
    await page.goto(`${site.login}/account`);
    const there = page.locator('#there-keycloak');
    await there.waitFor();
    await look('account');
    const press = async (action, name = '') => {
      await there.locator(`form:has(input[value="${action}"]) button`, name ? { hasText: name } : {}).click();
      await page.waitForURL(new RegExp(`^${keycloak.frontend}/`));
    };
    const back = (word) => page.waitForURL(`${site.login}/account?done=${word}`);

    await press('change-password');
    await page.locator('button[name=cancel-aia]').click();
    await back('there-nothing');
    await press('change-password');
    tia.password = randomBytes(12).toString('hex');
    hunt.canary('new password', tia.password);
    await page.locator('#password-new').fill(tia.password);
    await page.locator('#password-confirm').fill(tia.password);
    await page.locator('#password-confirm').press('Enter');
    await back('password');

    // Who has a second factor there gives it before they add or remove another.
    await press('add-passkey');
    await page.locator('#otp, #registerWebAuthn').first().waitFor();
    if (await page.locator('#otp').isVisible()) {
      await until('the next one-time code', 40, () => oneTimeCode(tia.totp_key) !== used);
      await passOtp(page, tia.totp_key);
    }
    page.once('dialog', (dialog) => dialog.accept('Laptop'));
    await page.locator('#registerWebAuthn').click();
    await back('added');
    await there.getByText('Laptop', { exact: true }).first().waitFor();
    await look('passkey added');

    await press('remove', 'Laptop');
    const proof = page.locator('#authenticateWebAuthnButton');
    await page.locator('#authenticateWebAuthnButton, #kc-accept').first().waitFor();
    if (await proof.isVisible()) await proof.click();
    await page.locator('#kc-accept').click();
    await back('removed');
    assert.equal(await there.getByText('Laptop', { exact: true }).count(), 0);
    // This authenticator answers by itself: Keycloak's form would be given the removed passkey for ever.
    await keys.clear();
    // The one who did it is still signed in, on both nodes, after Keycloak has told of the password.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    for (const node of site.nodes) assert.equal((await userOn(node, site, await cookie())).status, 200);
    await page.goto(`${site.app}/`);
    await signedIn(page, site);
    await page.locator('#sign-out').click();
    await page.waitForFunction(() => document.body && !document.body.dataset.user);
    await leaveKeycloak(page, keycloak);
    await context.clearCookies();
  });

  await step('an administrator ends the session at Keycloak: dead on both nodes within 5 s', async () => {
    await signIn();
    const value = await cookie();
    const [person] = await keycloak.api('GET', `/users?username=${tia.username}&exact=true`);
    await keycloak.api('POST', `/users/${person.id}/logout`);
    await deadEverywhere(site, value);
    await page.reload();
    await page.locator('#sign-in:visible').waitFor();
  });

  await step('the person is disabled at Keycloak, then removed there: dead on both nodes within 5 s', async () => {
    const [person] = await keycloak.api('GET', `/users?username=${tia.username}&exact=true`);
    await signIn();
    const disabled = await cookie();
    await keycloak.api('PUT', `/users/${person.id}`, { enabled: false });
    await deadEverywhere(site, disabled);
    await keycloak.api('PUT', `/users/${person.id}`, { enabled: true });
    await keycloak.api('POST', `/users/${person.id}/logout`);
    await page.reload();
    await page.locator('#sign-in:visible').waitFor();
    await signIn();
    const removed = await cookie();
    await keycloak.api('DELETE', `/users/${person.id}`);
    await deadEverywhere(site, removed);
  });

  await step('canary hunt', async () => {
    await recorded.settled();
    hunt.oneTimeValues(recorded.records);
    // Addresses are ours even there: no token may travel in a URL to the provider.
    const theirs = ({ kind, where }) => kind !== 'url' && where.includes(` ${keycloak.frontend}`);
    const records = recorded.records.map((one) => ({ ...one, foreign: theirs(one) }));
    const dump = run('pg_dump', ['--data-only', '--inserts', databaseUrl]);
    assert.ok(dump.includes('INSERT INTO'), 'the dump has rows');
    records.push(...scripts, ...logRecords(parts), ...dumpRecords(dump));
    assert.deepEqual(hunt.search(records), []);
  });
});

// Two nodes, Keycloak, nginx for both sites on one port that shows in every address, because the
// servers talk to each other under the same names as the browser.
async function build(parts) {
  assert.ok(process.env.LANEWAY_TEST_PG_URL, 'LANEWAY_TEST_PG_URL names a PostgreSQL: start through dev/test');
  const port = await freePort();
  const suffix = `:${port}`;
  const tls = certificate(parts.dir, [LOGIN, APP, KEYCLOAK]);
  const reach = reachable(parts, [LOGIN, APP, KEYCLOAK], tls);
  const keycloakPort = await freePort();
  // Keycloak's address leads through a door that can be shut.
  const door = await startDoor(parts, port);
  const keycloak = await startKeycloak(parts, { port: keycloakPort, frontend: `https://${KEYCLOAK}:${door.port}`, tls, reach });
  const databaseUrl = newDatabase();
  const admin = path.join(parts.dir, 'keycloak-admin');
  writeFileSync(admin, keycloak.admin_password, { mode: 0o600 });
  const client = JSON.parse(run(BIN, ['upstream', 'bootstrap', 'keycloak', '--url', keycloak.url, '--realm', keycloak.realm,
    '--admin-user', keycloak.admin_user, '--admin-password-file', admin, '--public-url', `https://${LOGIN}${suffix}`], { cwd: parts.dir }));
  const mailbox = await startMailbox(parts);
  const site = await startLaneway(parts, {
    suffix,
    mailPort: mailbox.port,
    echo: await startEcho(parts),
    count: 2,
    env: {
      ...reach,
      LANEWAY_DATABASE_URL: databaseUrl,
      LANEWAY_UPSTREAM_KIND: 'keycloak',
      LANEWAY_UPSTREAM_ISSUER: keycloak.issuer,
      LANEWAY_UPSTREAM_CLIENT_ID: client.client_id,
      LANEWAY_UPSTREAM_CLIENT_SECRET: client.client_secret,
    },
  });
  await startNginx(parts, {
    port,
    tls,
    sites: [
      { names: [LOGIN, APP], ports: site.nodes.map((node) => node.port), port },
      { names: [KEYCLOAK], ports: [keycloakPort], port: door.port },
    ],
  });
  return { site, keycloak, client, databaseUrl, door };
}

function newDatabase() {
  const url = new URL(process.env.LANEWAY_TEST_PG_URL);
  const name = `browser_${randomBytes(6).toString('hex')}`;
  run('psql', [url.href, '-c', `CREATE DATABASE ${name}`]);
  url.pathname = `/${name}`;
  return url.href;
}

// Time passes for one session: the provider's last word on it is so old, and the nodes read that.
function asIfLater(databaseUrl, sid, ms) {
  assert.match(sid, /^[\w-]+$/);
  run('psql', [databaseUrl, '-1', '-c', `UPDATE upstream_sessions SET checked_at = checked_at - ${ms} WHERE sid = '${sid}'`,
    '-c', `WITH next AS (UPDATE invalidation_counter SET seq = seq + 1 WHERE one = 1 RETURNING seq)
      INSERT INTO invalidations (seq, kind, scope, id, at) SELECT seq, 'changed', 'session', '${sid}',
      CAST(EXTRACT(EPOCH FROM now()) * 1000 AS BIGINT) FROM next`]);
}

const userOn = (node, site, value) => ask(node, site.appHost, '/bff/user', { headers: { 'x-csrf': '1', cookie: `__Host-lw=${value}` } });

async function deadEverywhere(site, value) {
  await until('the cookie is dead on both nodes', 5, async () => {
    const answers = await Promise.all(site.nodes.map((node) => userOn(node, site, value)));
    return answers.every(({ status }) => status === 401);
  });
}

const bffUser = (page) => page.evaluate(async () => (await fetch('/bff/user', { headers: { 'X-CSRF': '1' } })).json());

async function signedIn(page, site) {
  await page.waitForURL((url) => url.origin === site.app);
  await page.waitForFunction(() => document.body.dataset.user);
}

// Keycloak may ask whether to sign out there too.
async function leaveKeycloak(page, keycloak) {
  if (page.url().startsWith(keycloak.frontend) && (await page.locator('#kc-logout').isVisible())) {
    await page.locator('#kc-logout').click();
  }
}
