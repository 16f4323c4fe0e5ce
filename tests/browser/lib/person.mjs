// What a person does on the sign-in pages, by the names of the fields: the wording may change, and a
// journey must not notice.
import { createHmac } from 'node:crypto';

/** Fills one field of a page and sends its form. */
export async function enter(page, field, value) {
  const input = page.locator(`input[name=${field}]:visible`).first();
  await input.fill(value);
  await input.press('Enter');
}

/** Creates an account by code and passkey, from the sign-in page; ends where sign-in leads. */
export async function signUp(page, mailbox, { address, name }, look = async () => {}) {
  await page.locator('a[href*="/signup"]').first().click();
  await page.waitForURL(/\/signup/);
  await look('signup');
  await enter(page, 'username', address);
  await page.locator('input[name=code]').first().waitFor();
  await look('code');
  const { code } = await mailbox.to(address);
  await enter(page, 'code', code);
  await page.locator('input[name=name]').first().waitFor();
  await look('profile');
  await enter(page, 'name', name);
  await page.locator('[data-ceremony=create] [data-start]').waitFor();
  await look('enrol');
  await page.locator('[data-ceremony=create] [data-start]').click();
  return code;
}

/** Keycloak's own pages. */
export async function passKeycloak(page, { username, password, totp_key: key }) {
  const otp = page.locator('#otp');
  await page.locator('#username, #password, #otp').first().waitFor();
  if (await page.locator('#username').isVisible()) await page.locator('#username').fill(username);
  if (await page.locator('#password').isVisible()) {
    await page.locator('#password').fill(password);
    await page.locator('#kc-login').click();
  }
  if (key && (await otp.isVisible().catch(() => false))) await passOtp(page, key);
}

export async function passOtp(page, key) {
  await page.locator('#otp').waitFor();
  await page.locator('#otp').fill(oneTimeCode(key));
  await page.locator('#kc-login').click();
}

/** RFC 6238 with SHA-1, six digits, 30 s, on a raw key. */
export function oneTimeCode(key, at = Date.now()) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const offset = mac.at(-1) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
