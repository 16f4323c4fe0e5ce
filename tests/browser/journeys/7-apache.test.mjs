// Apache's mod_auth_openidc protects an application and signs people in here: code with PKCE, claims, tokens for
// programs, sign-out from there and from here. Debian's packages, cross-site, over https.
import assert from 'node:assert/strict';
import test from 'node:test';
import { BOARD, registration, startApache } from '../lib/apache.mjs';
import { addAuthenticator, openBrowser, openPerson } from '../lib/browser.mjs';
import { reachable } from '../lib/keycloak.mjs';
import { LOGIN, ask, startEcho, startLaneway } from '../lib/laneway.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { certificate, startNginx } from '../lib/nginx.mjs';
import { Parts, freePort, run, until, workDir } from '../lib/parts.mjs';
import { signUp } from '../lib/person.mjs';
import { steps } from '../lib/steps.mjs';

const ANA = { address: 'ana@acme.test', name: 'Ana Ruíz' };

test('Apache with mod_auth_openidc signs people in', { timeout: 900_000 }, async (t) => {
  const parts = new Parts(workDir('apache'));
  t.after(() => parts.stop());
  const { site, board, mailbox } = await build(parts);
  const browser = await openBrowser(parts, '127.0.0.1');
  const { page } = await openPerson(browser);
  await addAuthenticator(page);
  const step = steps(t, parts, page);
  const shown = async (pathname) => {
    await page.goto(`${board.origin}${pathname}`);
    return echoed(page);
  };
  let info;
  let sub;

  await step('a stranger is sent to the sign-in, and comes back to the page that was asked for', async () => {
    await page.goto(`${board.origin}/plans?week=7`);
    await page.waitForURL((url) => url.origin === site.login);
    await signUp(page, mailbox, ANA);
    await page.getByText('Board').first().waitFor();
    await page.locator('button[name=answer][value=allow]').click();
    await page.waitForURL(`${board.origin}/plans?week=7`);
    const { path: pathname, query } = await echoed(page);
    assert.deepEqual([pathname, query], ['/plans', 'week=7']);
  });

  await step('the application learns who it is by the claims, and nothing that a visitor made up', async () => {
    await page.setExtraHTTPHeaders({ OIDC_CLAIM_sub: 'somebody-else', OIDC_CLAIM_role: 'admin' });
    const { claims } = await shown('/plans');
    await page.setExtraHTTPHeaders({});
    assert.deepEqual([claims.iss, claims.email, claims.email_verified], [site.login, ANA.address, '1']);
    assert.equal(claims.role, undefined);
    assert.match(claims.sub, /^[0-9a-f-]{36}$/);
    sub = claims.sub;
  });

  await step('what is for the people of an organization opens when they are there for it', async () => {
    await page.goto(`${board.origin}/staff/rota`);
    // Apache sends people on by a page here, not by a redirect.
    await page.waitForURL((url) => url.pathname === '/oidc/callback' && url.searchParams.get('error') === 'access_denied');
    const org = await operator(site, 'POST', '/v1/organizations', { slug: 'harbour', name: 'Harbour' });
    await operator(site, 'PUT', `/v1/organizations/${org.id}/members/${sub}`, { roles: ['admin'] });
    await page.goto(`${board.origin}/staff/rota`);
    const { claims } = await until('the rota', 20, () => echoed(page));
    assert.deepEqual([claims.sub, claims.org_slug, claims.org_roles], [sub, 'harbour', 'admin']);
  });

  await step('a program comes in with the access token, verified by the published keys', async () => {
    await page.goto(`${board.origin}/oidc/callback?info=json`);
    info = JSON.parse(await page.locator('body').innerText());
    const answer = asProgram(board, info.access_token);
    assert.deepEqual([answer.status, answer.claims.sub, answer.claims.org_slug], [200, sub, 'harbour']);
    const [head, body, signature] = info.access_token.split('.');
    const forged = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(body, 'base64url')), sub: 'somebody-else' })).toString('base64url');
    for (const wrong of [`${head}.${forged}.${signature}`, 'nothing']) assert.equal(asProgram(board, wrong).status, 401);
  });

  await step('it gets a new access token without asking anybody', async () => {
    const query = new URLSearchParams({ refresh: `${board.origin}/plans`, access_token: info.access_token });
    await page.goto(`${board.origin}/oidc/callback?${query}`);
    assert.equal(page.url(), `${board.origin}/plans`);
    await page.goto(`${board.origin}/oidc/callback?info=json`);
    const next = JSON.parse(await page.locator('body').innerText());
    assert.notEqual(next.access_token, info.access_token);
    info = next;
  });

  await step('signing out there signs out here, and what came of it is over', async () => {
    assert.equal((await userinfo(site, info.access_token)).status, 200);
    await page.goto(`${board.origin}/oidc/callback?logout=${encodeURIComponent(`${board.origin}/public/left.html`)}`);
    await page.getByText('You have left the board').waitFor();
    assert.equal((await userinfo(site, info.access_token)).status, 401);
    await page.goto(`${board.origin}/plans`);
    await page.waitForURL((url) => url.origin === site.login && url.pathname === '/login');
    // The passkey is offered in the field, and the device says yes by itself; the app is allowed already.
    await page.waitForURL(`${board.origin}/plans`);
    assert.equal((await echoed(page)).claims.sub, sub);
  });

  await step('signing out here ends the session there, by the back channel', async () => {
    const passes = () => page.evaluate(async () => (await fetch('/plans', { redirect: 'manual' })).status === 200);
    assert.equal(await passes(), true);
    await page.goto(`${site.login}/account`);
    const left = await page.evaluate(async () => (await fetch('/bff/logout', { method: 'POST', headers: { 'X-CSRF': '1' } })).status);
    assert.equal(left, 200);
    await page.goto(`${board.origin}/public/left.html`);
    await until('the board hears of it', 20, async () => !(await passes()));
  });
});

async function operator(site, method, where, body) {
  const headers = { authorization: `Bearer ${site.adminToken}`, 'content-type': 'application/json' };
  const answer = await ask(site.nodes[0], site.loginHost, where, { method, headers, body: JSON.stringify(body) });
  assert.ok(answer.status < 300, `${method} ${where}: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body);
}

/** Whether Laneway itself takes the access token. */
const userinfo = (site, token) =>
  ask(site.nodes[0], site.loginHost, '/oauth/userinfo', { headers: { authorization: `Bearer ${token}` } });

/** A program without a browser at the board. */
function asProgram(board, token) {
  const { hostname, port } = new URL(board.origin);
  const said = run('curl', ['-sS', '--cacert', board.ca, '--resolve', `${hostname}:${port}:127.0.0.1`, '-w', '\n%{http_code}',
    '-H', `Authorization: Bearer ${token}`, `${board.origin}/api/plans`]);
  const [body, status] = [said.slice(0, said.lastIndexOf('\n')), Number(said.slice(said.lastIndexOf('\n') + 1))];
  return { status, claims: status === 200 ? claims(JSON.parse(body)) : {} };
}

/** What the application behind Apache got: it answers with that. */
async function echoed(page) {
  const request = JSON.parse(await page.locator('body').innerText());
  return { ...request, claims: claims(request) };
}

const claims = ({ headers }) => {
  const ours = headers.filter(([name]) => name.startsWith('oidc_claim_'));
  return Object.fromEntries(ours.map(([name, value]) => [name.slice(11), value]));
};

async function build(parts) {
  const port = await freePort();
  const names = [LOGIN, BOARD];
  const tls = certificate(parts.dir, names);
  const reach = reachable(parts, names, tls);
  const mailbox = await startMailbox(parts);
  const echo = await startEcho(parts);
  const site = await startLaneway(parts, { suffix: `:${port}`, mailPort: mailbox.port, echo, env: reach });
  await startNginx(parts, { port, tls, sites: [{ names: [LOGIN], ports: [site.nodes[0].port], port }] });
  const apache = await freePort();
  const client = await operator(site, 'POST', '/v1/admin/apps', registration(`https://${BOARD}:${apache}`));
  const board = await startApache(parts, {
    port: apache, tls, reach, issuer: site.login, client, backend: echo, organization: 'harbour',
  });
  return { site, board, mailbox };
}
