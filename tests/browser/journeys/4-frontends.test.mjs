// Frontends in a real browser: the page of the documentation on laneway.js, one that was written for
// Duende's /bff, a development server with hot reload; event streams and WebSockets through nginx.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import test from 'node:test';
import { addAuthenticator, openBrowser, openPerson } from '../lib/browser.mjs';
import { startDevServer } from '../lib/devserver.mjs';
import { APP, LOGIN, ask, startEcho, startLaneway } from '../lib/laneway.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { certificate, startNginx } from '../lib/nginx.mjs';
import { Parts, ROOT, freePort, until, workDir } from '../lib/parts.mjs';
import { signUp } from '../lib/person.mjs';
import { steps } from '../lib/steps.mjs';

const ANA = { address: 'ana@acme.test', name: 'Ana Ruiz' };
const SPA = 'spa.example';
const CLAIMS = 'claims.example';
const DEV = 'dev.example';

/** The page of docs/app-developers.md, as a reader would copy it. */
function documentedPage() {
  const guide = readFileSync(path.join(ROOT, 'docs/app-developers.md'), 'utf8');
  return guide.match(/^```html page\n(.*?)^```$/ms)[1];
}

/** A backend that wants a passkey before it takes money, and says so as a problem or as RFC 9470 does. */
async function startOrders(parts) {
  const server = createServer((request, response) => {
    const token = request.headers.authorization.split('.')[1];
    const { acr, org_slug: org } = JSON.parse(Buffer.from(token, 'base64url'));
    const answer = (status, body, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    };
    if (request.url === '/items') return answer(200, { items: ['a', 'b'], org });
    if (acr === 'phr') return answer(200, { paid: true, acr });
    if (request.url === '/pay') return answer(403, { code: 'step_up_required', acr_values: ['phr'], max_age: 300 });
    const challenge = 'Bearer error="insufficient_user_authentication", acr_values="phr", max_age="300"';
    return answer(401, {}, { 'WWW-Authenticate': challenge });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  parts.also(() => server.close());
  return server.address().port;
}

async function rig(parts) {
  const folder = (name, html) => {
    const dir = path.join(parts.dir, name);
    mkdirSync(dir, { recursive: true });
    writeFileSync(path.join(dir, 'index.html'), html);
    return dir;
  };
  const mailbox = await startMailbox(parts);
  const [echo, orders, dev] = [await startEcho(parts), await startOrders(parts), await startDevServer(parts)];
  const claims = readFileSync(path.join(ROOT, 'tests/browser/pages/claims.html'), 'utf8');
  const app = (host, frontend, route, backend) => `
[[app]]
host = "${host}"
frontend = { ${frontend} }
[[app.route]]
name = "${route}"
backend = "${backend}"
`;
  const options = app(SPA, `dir = "${folder('spa', documentedPage())}"`, 'orders', `http://127.0.0.1:${orders}`)
    + app(CLAIMS, `dir = "${folder('claims', claims)}"`, 'echo', echo)
    + app(DEV, `proxy = "http://127.0.0.1:${dev.port}"`, 'echo', echo);
  const site = await startLaneway(parts, { mailPort: mailbox.port, echo, options });
  const port = await freePort();
  const names = [LOGIN, APP, SPA, CLAIMS, DEV];
  await startNginx(parts, { port, tls: certificate(parts.dir, names), sites: [{ names, ports: [site.nodes[0].port] }] });
  return { site, mailbox, dev, port };
}

test('frontends keep their shape', async (t) => {
  const parts = new Parts(workDir('frontends'));
  t.after(() => parts.stop());
  const { site, mailbox, dev, port } = await rig(parts);
  const { context, page } = await openPerson(await openBrowser(parts, `127.0.0.1:${port}`));
  const step = steps(t, parts, page);
  await addAuthenticator(page);
  const admin = async (method, where, body) => {
    const headers = { authorization: `Bearer ${site.adminToken}`, 'content-type': 'application/json' };
    const answer = await ask(site.nodes[0], LOGIN, where, { method, headers, body: body && JSON.stringify(body) });
    assert.ok(answer.status < 300, `${method} ${where}: ${answer.status} ${answer.body}`);
    return answer.body && JSON.parse(answer.body);
  };
  const text = (id, pattern, on = page) => on.waitForFunction(
    ([at, source]) => new RegExp(source).test(document.getElementById(at)?.textContent), [id, pattern.source]);

  await step('a call of a stranger leads to sign-in and back', async () => {
    await page.goto(`https://${SPA}/?tab=1#here`);
    await text('who', /^Nobody$/);
    assert.ok(await page.locator('#in').isVisible() && await page.locator('#out').isHidden());
    await page.locator('#load').click();
    await page.waitForURL(new RegExp(`^https://${LOGIN}/login`));
    await signUp(page, mailbox, ANA);
    await page.waitForURL(`https://${SPA}/?tab=1#here`);
    await text('who', /^Ana Ruiz \(no organization\)$/);
    await page.locator('#load').click();
    await text('result', /"b"/);
  });

  await step('a call that needs more proof leads to step-up and back', async () => {
    const { acr } = await page.evaluate(async () => (await import('/.laneway/laneway.js')).laneway.user());
    assert.notEqual(acr, 'phr');
    await page.locator('#pay').click();
    await page.waitForURL((url) => url.hostname === LOGIN);
    await passStepUp(page);
    await page.waitForURL(`https://${SPA}/?tab=1#here`);
    await text('who', /Ana Ruiz/);
    await page.locator('#pay').click();
    await text('result', /"paid": true/);
  });

  await step("a backend's challenge of RFC 9470 asks for step-up, and the page may stay", async () => {
    const asked = await page.evaluate(async () => {
      const { Laneway } = await import('/.laneway/laneway.js');
      const client = new Laneway();
      const events = [];
      for (const type of ['stepup', 'signedout']) {
        client.addEventListener(type, (event) => {
          event.preventDefault();
          events.push([type, event.detail.acr ?? null, event.detail.maxAge ?? null]);
        });
      }
      // The route's token is of a strong session now: the challenge is played back here.
      const answer = new Response('{}', {
        status: 401,
        headers: { 'WWW-Authenticate': 'Bearer error="insufficient_user_authentication", acr_values="phr", max_age="300"' },
      });
      const real = globalThis.fetch;
      globalThis.fetch = async () => answer;
      const error = await client.fetch('/api/orders/x').catch((caught) => caught);
      globalThis.fetch = real;
      return { events, leaving: error.leaving, status: error.status };
    });
    assert.deepEqual(asked, { events: [['stepup', 'phr', '300']], leaving: false, status: 401 });
  });

  await step('two tabs hear of another organization and of the end', async () => {
    const { sub } = await page.evaluate(async () => (await fetch('/bff/user', { headers: { 'X-CSRF': '1' } })).json());
    const org = await admin('POST', '/v1/organizations', { slug: 'acme', name: 'Acme' });
    await admin('PUT', `/v1/organizations/${org.id}/members/${sub}`, { roles: ['admin'] });
    await page.reload();
    await page.locator('#orgs option', { hasText: 'Acme' }).waitFor({ state: 'attached' });
    const other = await context.newPage();
    const said = [];
    other.on('dialog', (dialog) => { said.push(dialog.message()); return dialog.dismiss(); });
    await other.goto(`https://${SPA}/`);
    await text('who', /no organization/, other);
    await page.locator('#orgs').selectOption({ label: 'Acme' });
    await text('who', /^Ana Ruiz \(Acme\)$/);
    // The other tab is asked, does not want back, and loads again.
    await text('who', /^Ana Ruiz \(Acme\)$/, other);
    assert.match(said[0], /another organization/);
    // What a tab believes in goes with its calls: another organization behind its back is a 409.
    const code = await other.evaluate(async (believed) => {
      const { laneway } = await import('/.laneway/laneway.js');
      const headers = { 'X-Laneway-Org': believed };
      const error = await laneway.fetch('/api/orders/items', { headers }).catch((caught) => caught);
      return error.code;
    }, 'somewhere-else');
    assert.equal(code, 'org_mismatch');
    await page.locator('#load').click();
    await text('result', /"org": "acme"/);
    await page.locator('#out').click();
    await text('who', /^Nobody$/);
    await text('who', /^Nobody$/, other);
    await other.close();
  });

  await step('a page hears that its session comes to an end', async () => {
    await signIn(page, `https://${SPA}/`);
    const real = await page.evaluate(async () => (await fetch('/bff/user', { headers: { 'X-CSRF': '1' } })).json());
    const left = [61, 2, null];
    const queries = [];
    await page.route('**/bff/user*', (route) => {
      queries.push(new URL(route.request().url()).searchParams.get('slide'));
      const seconds = left.length > 1 ? left.shift() : left[0];
      return route.fulfill({ json: seconds === null ? null : { ...real, idle_expires_in: seconds } });
    });
    const said = [];
    page.on('dialog', (dialog) => { said.push(dialog.message()); return dialog.dismiss(); });
    await page.reload();
    await text('who', /Ana Ruiz/);
    await text('who', /^Nobody$/);
    await page.unroute('**/bff/user*');
    assert.match(said[0], /ends in 2 s/);
    assert.deepEqual(queries.slice(0, 3), [null, 'false', 'false'], 'only the first counted as use');
  });

  await step("a frontend written for Duende's /bff goes on", async () => {
    await page.goto(`https://${CLAIMS}/`);
    await text('who', /^anonymous$/);
    await page.locator('#call').click();
    await text('result', /^status 401$/);
    await page.locator('#login').click();
    await page.waitForURL(`https://${CLAIMS}/`);
    await text('who', /^Ana Ruiz <ana@acme.test>$/);
    assert.ok(Number(await page.evaluate(() => document.body.dataset.expires)) > 3600);
    await page.locator('#call').click();
    await text('result', /^status 200: \/local$/);
    const [tenant] = (await admin('GET', '/v1/admin/tenants')).items;
    await admin('PATCH', `/v1/admin/tenants/${tenant.id}`, { claims_format: true });
    await page.goto(`https://${CLAIMS}/?plain`);
    await text('who', /^Ana Ruiz <ana@acme.test>$/);
    // Our own client reads its own shape all the same.
    await signIn(page, `https://${SPA}/`);
    await admin('PATCH', `/v1/admin/tenants/${tenant.id}`, { claims_format: false });
    await page.goto(`https://${CLAIMS}/`);
    await page.locator('#logout:visible').click();
    await page.waitForURL(`https://${CLAIMS}/`);
    await text('who', /^anonymous$/);
  });

  await step('a development server reloads the page through us', async () => {
    await signIn(page, `https://${DEV}/`);
    await page.locator('body[data-hot=connected]').waitFor();
    const before = dev.loads;
    dev.push({ type: 'full-reload' });
    await until('the page loads again', 10, () => dev.loads > before);
    await page.locator('body[data-hot=connected]').waitFor();
    await text('who', /^Ana Ruiz$/);
    assert.ok(dev.seen.every(({ cookie = '' }) => !cookie.includes('__Host-lw')), 'our cookies stay here');
  });

  await step('event streams and WebSockets work and end with the session', async () => {
    await signIn(page, `https://${DEV}/`);
    await page.evaluate(() => {
      globalThis.heard = { events: 0, said: [], closed: null, broken: 0 };
      const events = new EventSource('/api/echo/sse?ms=50');
      events.onmessage = () => { heard.events += 1; };
      events.onerror = () => { if (events.readyState === EventSource.CLOSED) heard.broken += 1; };
      const socket = new WebSocket(`wss://${location.host}/api/echo/ws`);
      socket.onmessage = ({ data }) => { heard.said.push(data); if (heard.said.length === 1) socket.send('hello'); };
      socket.onclose = ({ code }) => { heard.closed = code; };
    });
    await page.waitForFunction(() => heard.events >= 3 && heard.said[1] === 'hello');
    const seen = JSON.parse(await page.evaluate(() => heard.said[0]));
    const header = (name) => seen.headers.filter(([key]) => key === name).map(([, value]) => value);
    assert.match(header('authorization')[0], /^Bearer eyJ/);
    assert.deepEqual(header('cookie'), []);
    const began = Date.now();
    await page.evaluate(async () => (await import('/.laneway/laneway.js')).laneway.logout());
    // The browser asks for the events again, is refused, and gives up.
    await page.waitForFunction(() => heard.closed !== null && heard.broken === 1, undefined, { timeout: 60_000 });
    assert.equal(await page.evaluate(() => heard.closed), 1006);
    assert.ok(Date.now() - began < 9_000);
  });
});

/** Signs in on a page's host, with the passkey if nobody is known yet, and waits for its script. */
async function signIn(page, address) {
  await page.goto(address);
  await page.waitForFunction(() => !['…', undefined].includes(document.getElementById('who')?.textContent));
  if (!/^nobody$/i.test(await page.locator('#who').textContent())) return;
  await page.goto(new URL('/bff/login?return_to=/', address).href);
  await page.waitForURL(address);
  await page.waitForFunction(() => /Ana Ruiz/.test(document.getElementById('who')?.textContent));
}

/** The step-up page: its passkey button, where the browser does not start by itself. */
async function passStepUp(page) {
  const button = page.locator('[data-ceremony] [data-start]:visible').first();
  await Promise.race([
    button.click().catch(() => {}),
    page.waitForURL((url) => url.hostname === SPA),
  ]);
}
