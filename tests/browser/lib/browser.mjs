// The browser: Debian's chromium, names resolved to nginx, a passkey device that says yes by
// itself, and a record of everything that came over the wire.
import { chromium } from 'playwright-core';

const EXECUTABLE = process.env.LANEWAY_TEST_CHROMIUM ?? '/usr/bin/chromium';

/**
 * @param target where every name leads: `127.0.0.1:PORT`, or `127.0.0.1` where URLs show the port
 * @param also another rule about names, such as `EXCLUDE 127.0.0.1`
 */
export async function openBrowser(parts, target, also = '') {
  const browser = await chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      `--host-resolver-rules=MAP *.laneway.test ${target},MAP *.example ${target},MAP * ~NOTFOUND${also && `,${also}`}`,
      '--ignore-certificate-errors', '--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking',
    ],
  });
  parts.also(() => browser.close());
  return browser;
}

/** A fresh person at a fresh browser profile. */
export async function openPerson(browser, options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB', ...options });
  // Far more than anything takes: a machine that is busy with other work may stand still for a while.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  return { context, page };
}

/** A built-in authenticator that holds discoverable passkeys and verifies its user. */
export async function addAuthenticator(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    credentials: async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    clear: () => session.send('WebAuthn.clearCredentials', { authenticatorId }),
    present: (enabled) => session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }),
  };
}

/** Records every answer (`kind, where, text`) and every address of a context. */
export function record(context) {
  const records = [];
  const open = new Set();
  context.on('request', (request) => records.push({ kind: 'url', where: request.method(), text: request.url() }));
  context.on('response', (response) => {
    const job = keep(response, records).finally(() => open.delete(job));
    open.add(job);
  });
  context.on('console', (message) => records.push({ kind: 'console', where: message.type(), text: message.text() }));
  return { records, settled: () => Promise.all(open) };
}

async function keep(response, records) {
  const where = `${response.status()} ${response.url()}`;
  try {
    // The cookies themselves are looked at separately: Set-Cookie is where they belong.
    const headers = (await response.headersArray()).filter(({ name }) => name.toLowerCase() !== 'set-cookie');
    records.push({ kind: 'header', where, text: headers.map(({ name, value }) => `${name}: ${value}`).join('\n') });
    const body = await Promise.race([response.body(), late(5_000)]);
    records.push({ kind: 'body', where, text: body.toString() });
  } catch {
    // Redirects and pages that were left have no body to read; their headers stand above.
  }
}

// An answer whose page was left meanwhile may never hand out its body.
const late = (ms) => new Promise((_, fail) => { setTimeout(() => fail(new Error('no body')), ms).unref(); });

/** What a script of this page could read: storages, database names, visible cookies. */
export async function readableByScripts(page) {
  return page.evaluate(async () => JSON.stringify({
    local: { ...localStorage },
    session: { ...sessionStorage },
    databases: (await indexedDB.databases()).map(({ name }) => name),
    caches: await caches.keys(),
    cookie: document.cookie,
    html: document.documentElement.outerHTML,
  }));
}
