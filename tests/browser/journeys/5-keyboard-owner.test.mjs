// An owner with a keyboard and no mouse: takes the installation over, connects a provider, makes it the
// way in, signs in through it, finds somebody in the administration and disables them.
import assert from 'node:assert/strict';
import test from 'node:test';
import { addAuthenticator, openBrowser, openPerson } from '../lib/browser.mjs';
import { keyboard } from '../lib/keyboard.mjs';
import { LOGIN, ask, startLaneway } from '../lib/laneway.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { certificate, startNginx } from '../lib/nginx.mjs';
import { Parts, freePort, workDir } from '../lib/parts.mjs';
import { steps } from '../lib/steps.mjs';

const ANA = { address: 'ana@tidewell.test', name: 'Ana Ferreira' };
const SECRET = 'a-secret-of-the-keyboard-journey';

test('an owner, by keyboard alone', async (t) => {
  const parts = new Parts(workDir('keyboard-owner'));
  t.after(() => parts.stop());
  const issuer = process.env.LANEWAY_TEST_OIDC_PROVIDER_URL;
  assert.ok(issuer, 'LANEWAY_TEST_OIDC_PROVIDER_URL names an oidc-provider: start through dev/test');
  const mailbox = await startMailbox(parts);
  const site = await startLaneway(parts, { mailPort: mailbox.port, echo: 'http://127.0.0.1:9' });
  const port = await freePort();
  const tls = certificate(parts.dir, [LOGIN]);
  await startNginx(parts, { port, tls, sites: [{ names: [LOGIN], ports: [site.nodes[0].port] }] });
  const provider = await registered(site);
  const { page } = await openPerson(await openBrowser(parts, `127.0.0.1:${port}`, 'EXCLUDE 127.0.0.1'));
  await addAuthenticator(page);
  const keys = await keyboard(page);
  const step = steps(t, parts, page);
  const atProvider = async () => {
    await page.waitForURL((url) => url.origin === issuer);
    await keys.arrives('Sign in');
    await keys.type('Login', provider.login);
    await keys.send('Password', provider.password);
  };

  await step('becomes the owner by the link', async () => {
    await page.goto(site.cli('admin', 'owner-link').trim());
    await keys.arrives('Set up Tidewell');
    await keys.press('Become the owner');
    await page.getByRole('textbox').first().waitFor();
    await keys.send('Email address', ANA.address);
    await keys.arrives('Check your email');
    await keys.send('Code from the email', (await mailbox.to(ANA.address)).code);
    await keys.arrives('What is your name?');
    await keys.send('Name', ANA.name);
    await keys.arrives('Add a passkey');
    await keys.press('Create a passkey');
    await keys.arrives('Connect your identity provider');
  });

  await step('connects a provider and reads what is wrong before it is right', async () => {
    await keys.skips();
    await keys.choose('Kind', 'Other');
    await keys.type('Short name', provider.name);
    await keys.type('Issuer', `${issuer}/nowhere`);
    await keys.type('Client ID', provider.client);
    await keys.type('Client secret', SECRET);
    await keys.press('Save and check');
    await page.locator('.verdict').first().waitFor();
    await keys.type('Issuer', issuer);
    await keys.press('Save and check');
    await page.getByRole('heading', { name: 'Ready to activate' }).waitFor();
  });

  await step('links the own account to it, and activates it', async () => {
    await keys.press('Your account');
    await keys.arrives('Your account');
    await keys.press(/^Link /);
    await atProvider();
    await keys.arrives('Your account');
    await keys.press('Identity provider');
    await keys.arrives('Connect your identity provider');
    await keys.press('Identity providers');
    await keys.press(/^Change/);
    await keys.press('Save and check');
    await page.getByRole('heading', { name: 'Ready to activate' }).waitFor();
    await keys.press(`Activate ${provider.name}`);
    await page.getByText('People sign in with Corp now').waitFor();
  });

  await step('signs out, and in again through it', async () => {
    await keys.press('Your account');
    await keys.arrives('Your account');
    await keys.press('Sign out', { role: 'link' });
    await keys.arrives('You are signed out');
    await keys.press('Sign in again');
    await keys.arrives('Sign in to Tidewell');
    await keys.press('Continue with Corp');
    await atProvider();
    await keys.arrives('Your account');
  });

  await step('finds somebody in the administration and disables them', async () => {
    await keys.press('Administration');
    await keys.arrives('Overview');
    await keys.skips();
    await keys.press('Users', { back: true });
    await keys.arrives('Users');
    await keys.send(/name or an address|Search/i, 'tomasz');
    await page.waitForURL(/q=tomasz/);
    await keys.press('Tomasz Wójcik');
    await keys.arrives('Tomasz Wójcik');
    await keys.press('More');
    await keys.reach('Disable');
    await page.keyboard.press('Escape');
    assert.ok(!(await page.locator('#more').isVisible()), 'Escape closes the menu');
    assert.equal((await keys.focused())?.name, 'More', 'and the focus is back where it was');
    await keys.press('More');
    await keys.press('Disable');
    await page.waitForURL(/done=disabled/);
  });

  await step('every stop had a name, showed its focus and followed the page', async () => {
    assert.ok(keys.stops.length > 60, `${keys.stops.length} stops`);
    // The provider's own pages are its own.
    assert.deepEqual([...new Set(keys.wrong)].filter((line) => !line.startsWith('/interaction/')), []);
  });
});

/** Somebody to find, and at the provider a client for us and a person who can sign in there. */
async function registered(site) {
  const headers = { authorization: `Bearer ${site.adminToken}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ email: 'tomasz@tidewell.test', name: 'Tomasz Wójcik' });
  const reply = await ask(site.nodes[0], LOGIN, '/v1/admin/users', { method: 'POST', headers, body });
  assert.equal(reply.status, 201, reply.body);
  const unique = Math.random().toString(36).slice(2, 10);
  const provider = { name: 'corp', client: `keyboard-${unique}`, login: `ana-${unique}`, password: 'at the provider' };
  await arrange(`/clients/${provider.client}`, {
    client_secret: SECRET,
    redirect_uris: [`${site.login}/federation/callback/${provider.name}`],
    post_logout_redirect_uris: [`${site.login}/logged-out`],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  });
  await arrange(`/accounts/${provider.login}`, {
    password: provider.password, claims: { email: ANA.address, email_verified: true, name: ANA.name },
  });
  return provider;
}

async function arrange(path, body) {
  const reply = await fetch(`${process.env.LANEWAY_TEST_OIDC_PROVIDER_CONTROL}${path}`, { method: 'PUT', body: JSON.stringify(body) });
  assert.ok(reply.ok, `${path}: ${await reply.text()}`);
}
