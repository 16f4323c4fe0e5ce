// Every way in and out, and the account page, by a person who has a keyboard and no mouse.
import assert from 'node:assert/strict';
import test from 'node:test';
import { addAuthenticator, openBrowser, openPerson } from '../lib/browser.mjs';
import { keyboard } from '../lib/keyboard.mjs';
import { APP, LOGIN, startEcho, startLaneway } from '../lib/laneway.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { certificate, startNginx } from '../lib/nginx.mjs';
import { Parts, freePort, until, workDir } from '../lib/parts.mjs';
import { oneTimeCode } from '../lib/person.mjs';
import { steps } from '../lib/steps.mjs';

const ANA = { address: 'ana@acme.test', name: 'Ana Ruiz', password: 'four grey herons wait', next: 'nine late trams went by' };
const EMBEDDED = '[upstream]\nkind = "embedded"\n[upstream.options]\nmethods = ["passkey", "email-code", "password", "totp"]\n';

test('a person, by keyboard alone', async (t) => {
  const parts = new Parts(workDir('keyboard'));
  t.after(() => parts.stop());
  const mailbox = await startMailbox(parts);
  const site = await startLaneway(parts, { mailPort: mailbox.port, echo: await startEcho(parts), options: EMBEDDED });
  const port = await freePort();
  const tls = certificate(parts.dir, [LOGIN, APP]);
  await startNginx(parts, { port, tls, sites: [{ names: [LOGIN, APP], ports: site.nodes.map((node) => node.port) }] });
  const browser = await openBrowser(parts, `127.0.0.1:${port}`);
  const { page } = await openVisitor(browser);
  const keys = await keyboard(page);
  const step = steps(t, parts, page);
  const phone = { key: null, last: 0 };
  let codes = [];
  let used = 0;
  // Among the mails are others, about factors that come and go.
  const code = async () => {
    const found = await until('a mail with a code', 20, () => mailbox.mails.filter((mail) => mail.code)[used]);
    used += 1;
    return found.code;
  };

  const inApp = async (who) => {
    await who.waitForURL((url) => url.origin === site.app);
    await who.waitForFunction(() => document.body?.dataset.user);
  };
  const leaveApp = async () => {
    await keys.press('Sign out', { role: 'button' });
    await page.waitForFunction(() => document.body && !document.body.dataset.user);
    await page.locator('#sign-in:visible').waitFor();
    await keys.press('Sign in', { role: 'link' });
    await keys.arrives('Sign in to Tidewell');
  };
  const leaveAccount = async () => {
    await keys.press('Sign out', { role: 'link' });
    await keys.arrives('You are signed out');
    await keys.press('Sign in again');
    await keys.arrives('Sign in to Tidewell');
  };

  await step('signs up by code', async () => {
    await page.goto(`${site.app}/`);
    await page.locator('#sign-in:visible').waitFor();
    await keys.press('Sign in', { role: 'link' });
    await keys.arrives('Sign in to Tidewell');
    await keys.press('Create an account');
    await keys.arrives('Create your Tidewell account');
    await keys.send('Email address', ANA.address);
    await keys.arrives('Check your email');
    await keys.send('Code from the email', await code());
    await keys.arrives('What is your name?');
    await keys.send('Name', ANA.name);
    await keys.arrives('Add a passkey');
    await keys.press('Not now');
    await keys.arrives('Choose a password');
    await keys.press('Not now');
    await inApp(page);
  });

  await step('signs out, and in by code', async () => {
    await leaveApp();
    await keys.type('Email address', ANA.address);
    await keys.press('Email me a code instead');
    await keys.arrives('Check your email');
    await keys.reach('No email yet?');
    await page.keyboard.press('Enter');
    assert.ok(await page.locator('details[open]').count(), 'help opens by Enter');
    await keys.type('Code from the email', await code());
    await keys.press('Sign in');
    await inApp(page);
  });

  await step('on the account page adds a passkey, a password and an app', async () => {
    await page.goto(`${site.login}/account`);
    await keys.arrives('Your account');
    await keys.skips();
    await addAuthenticator(page);
    await keys.press('Add a passkey');
    await page.waitForURL(/done=added/);
    await keys.arrives('Your account');
    await keys.press('Set a password');
    await keys.arrives('Set a password');
    await keys.type('New password', ANA.password);
    await keys.press('Show password');
    assert.equal(await page.locator('#password').getAttribute('type'), 'text', 'shown by a key');
    assert.equal((await keys.focused()).name, 'New password', 'and the focus is back in the field');
    await page.keyboard.press('Enter');
    await keys.arrives('Your account');
    await keys.press('Set up Authenticator app');
    await keys.arrives('Set up an authenticator app');
    phone.key = fromBase32(await page.locator('#secret').textContent());
    await keys.send('Code from the app', await shown(phone));
    await keys.arrives('Your recovery codes');
    codes = (await page.locator('#codes').textContent()).split('\n');
    assert.equal(codes.length, 10);
    await keys.press('I have kept them');
    await keys.arrives('Your account');
  });

  await step('signs out there, and in by password and app', async () => {
    await leaveAccount();
    await keys.type('Email address', ANA.address);
    await keys.type('Password', 'not this one');
    await keys.press('Sign in');
    await page.locator('[role=alert]').first().waitFor();
    await keys.type('Email address', ANA.address);
    await keys.type('Password', ANA.password);
    await keys.press('Sign in');
    await keys.arrives('Enter the code from your app');
    await keys.send('Code from the app', await shown(phone));
    await keys.arrives('Your account');
  });

  await step('signs in elsewhere by password and recovery code, and ends that from here', async () => {
    const other = await openVisitor(browser);
    const hands = await keyboard(other.page);
    await other.page.goto(`${site.login}/login`);
    await hands.arrives('Sign in to Tidewell');
    await hands.type('Email address', ANA.address);
    await hands.send('Password', ANA.password);
    await hands.arrives('Enter the code from your app');
    await hands.press('Try another way');
    await other.page.getByText(/recovery code/i).first().waitFor();
    await hands.press(/recovery code/i);
    await hands.arrives('Enter a recovery code');
    await hands.send('Recovery code', codes[0]);
    await hands.arrives('Your account');
    await page.reload();
    await keys.arrives('Your account');
    await keys.press(/^Sign out .+/, { role: 'button' });
    await page.getByText('Signed out there.').waitFor();
    await other.page.reload();
    await hands.arrives('Sign in to Tidewell');
    keys.wrong.push(...hands.wrong);
    await other.context.close();
  });

  await step('gives this device a name', async () => {
    await keys.reach(/^Rename/);
    await page.keyboard.press('Space');
    await keys.send('Name of this device', 'Kitchen');
    await keys.arrives('Your account');
    await page.getByText('Kitchen').first().waitFor();
  });

  await step('replaces a forgotten password', async () => {
    await leaveAccount();
    await keys.press('Forgot your password?');
    await keys.arrives('Get back into your account');
    await keys.send('Email address', ANA.address);
    await keys.arrives('Check your email');
    await keys.send('Code from the email', await code());
    await keys.arrives('Enter the code from your app');
    await keys.send('Code from the app', await shown(phone));
    await keys.arrives('Choose a new password');
    await keys.send('New password', ANA.next);
    await keys.arrives('Your account');
  });

  await step('signs in by passkey, then takes the factors away', async () => {
    await leaveAccount();
    await keys.press('Sign in with a passkey');
    await keys.arrives('Your account');
    await keys.press('Remove Authenticator app');
    await page.getByText('The app is removed').waitFor();
    await keys.press(/^Remove .+/);
    await page.getByText('No passkeys yet').waitFor();
  });

  await step('every stop had a name, showed its focus and followed the page', async () => {
    assert.ok(keys.stops.length > 100, `${keys.stops.length} stops`);
    assert.deepEqual([...new Set(keys.wrong)], []);
  });

  /** What the app shows; a code works once, so it may have to wait for the next. */
  async function shown() {
    // Codes of the neighbouring half minutes are taken too.
    return until('another code of the app', 65, () => {
      const number = Math.max(Math.floor(Date.now() / 30_000) - 1, phone.last + 1);
      if (number > Math.floor(Date.now() / 30_000) + 1) return null;
      phone.last = number;
      return oneTimeCode(phone.key, number * 30_000);
    });
  }
});

/** A browser that does not offer passkeys in fields by itself: the way by the button is walked. */
async function openVisitor(browser) {
  const visitor = await openPerson(browser);
  await visitor.context.addInitScript(() => {
    if (globalThis.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });
  return visitor;
}

function fromBase32(text) {
  const bits = [...text.replaceAll(/[^A-Z2-7]/g, '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}
