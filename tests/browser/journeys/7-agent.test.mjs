// An agent that nobody has registered, the official MCP SDK's client, signs somebody in for a server of that protocol
// behind nginx with our recipe: it finds its way from the 401 alone.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { addAuthenticator, openBrowser, openPerson } from '../lib/browser.mjs';
import { reachable } from '../lib/keycloak.mjs';
import { LOGIN, ask, startLaneway } from '../lib/laneway.mjs';
import { startMailbox } from '../lib/mailbox.mjs';
import { certificate } from '../lib/nginx.mjs';
import { Parts, ROOT, freePort, until, workDir } from '../lib/parts.mjs';
import { signUp } from '../lib/person.mjs';
import { WIKI, startRecipe } from '../lib/recipe.mjs';
import { steps } from '../lib/steps.mjs';

const ANA = { address: 'ana@acme.test', name: 'Ana Ruiz' };
const AGENT = 'agent.example';
const PROGRAMS = path.join(ROOT, 'tests/oauth-clients');

test('an agent of the Model Context Protocol finds its way from a 401', { timeout: 900_000 }, async (t) => {
  const parts = new Parts(workDir('agent'));
  t.after(() => parts.stop());
  const { site, wiki, agent, mailbox } = await build(parts);
  const browser = await openBrowser(parts, '127.0.0.1', 'EXCLUDE 127.0.0.1');
  const { page } = await openPerson(browser);
  await addAuthenticator(page);
  const step = steps(t, parts, page);

  await step('an agent that nobody has registered is known by its document, and asks for this resource alone', async () => {
    const one = agent({ DOCUMENT: `https://${AGENT}:${wiki.port}/agent.json` });
    await page.goto((await one.says('authorize')).authorize);
    await signUp(page, mailbox, ANA);
    await allow(page);
    const { client, claims, refresh } = await one.says('claims');
    assert.deepEqual([client, claims.client_id, refresh], [one.document, one.document, true]);
    assert.deepEqual([claims.aud, claims.iss, claims.token_use], [`https://${WIKI}:${wiki.port}/`, site.login, 'oauth']);
    assert.deepEqual(one.lines.slice(0, 3).map(({ called, status }) => [called, status]), [
      ['POST /mcp', 401],
      ['GET /.laneway/oauth-protected-resource', 200],
      ['GET /.well-known/oauth-authorization-server', 200],
    ]);
    // The proxy says who it is; the token itself is none of the server's business.
    const { whoami } = await one.says('whoami');
    assert.deepEqual(whoami, { user: claims.sub, email: ANA.address });
    assert.equal(one.lines.filter(({ called }) => called === 'POST /oauth/token').length, 1);
    await one.ended;
  });

  await step('one without a document registers itself if it was given a token for that', async () => {
    const nobody = agent({});
    assert.match((await nobody.says('failed')).failed, /send a token/);
    await nobody.ended;
    const { token } = await operator(site, 'POST', '/v1/admin/initial-access-tokens', { label: 'Agents' });
    const two = agent({ INITIAL_TOKEN: token });
    const { authorize } = await two.says('authorize');
    const id = new URL(authorize).searchParams.get('client_id');
    await page.goto(authorize);
    await allow(page);
    const { client, claims } = await two.says('claims');
    assert.deepEqual([client, claims.aud], [id, `https://${WIKI}:${wiki.port}/`]);
    assert.equal((await two.says('whoami')).whoami.user, claims.sub);
    await two.ended;
  });

  await step('a browser at the same address is sent to the sign-in as ever', async () => {
    await page.goto(`https://${WIKI}:${wiki.port}/mcp`);
    await page.waitForURL(`https://${WIKI}:${wiki.port}/mcp`);
    assert.match(await page.locator('body').innerText(), /Not Acceptable/);
  });
});

async function allow(page) {
  await page.locator('button[name=answer][value=allow]').click();
  await page.getByText('Back to the agent').waitFor();
}

async function operator(site, method, where, body) {
  const headers = { authorization: `Bearer ${site.adminToken}`, 'content-type': 'application/json' };
  const answer = await ask(site.nodes[0], site.loginHost, where, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.status < 300, `${method} ${where}: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body);
}

async function build(parts) {
  const port = await freePort();
  const names = [LOGIN, WIKI, AGENT];
  const tls = certificate(parts.dir, names);
  const reach = reachable(parts, names, tls);
  const mailbox = await startMailbox(parts);
  const log = path.join(parts.dir, 'mcp-server.log');
  await parts.start('mcp-server', process.execPath, [path.join(PROGRAMS, 'mcp-server.mjs')], {
    ready: () => existsSync(log) && readFileSync(log, 'utf8').includes('\n'),
  });
  // All of it runs on one machine, where every address is a private one.
  const options = `[[app]]\nhost = "${WIKI}:${port}"\nheader_sets = ["laneway"]\n[federation]\nallow_private = true\n`;
  const site = await startLaneway(parts, { suffix: `:${port}`, mailPort: mailbox.port, echo: 'http://127.0.0.1:9', env: reach, options });
  const document = {
    client_id: `https://${AGENT}:${port}/agent.json`, client_name: 'Agent', redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none',
  };
  const more = `server { listen 127.0.0.1:${port} ssl; server_name ${AGENT};
    location = /agent.json { default_type application/json; return 200 '${JSON.stringify(document)}'; } }`;
  await startRecipe(parts, { port, tls, laneway: `127.0.0.1:${site.nodes[0].port}`, application: readFileSync(log, 'utf8').split('\n')[0], more });
  const { id } = (await operator(site, 'GET', '/v1/admin/tenants')).items[0];
  await operator(site, 'PATCH', `/v1/admin/tenants/${id}`, { registration_enabled: true, client_documents_enabled: true });
  const agent = (env) => startAgent(parts, { ...reach, NODE_EXTRA_CA_CERTS: tls.ca, RESOURCE: `https://${WIKI}:${port}/mcp`, ...env });
  return { site, wiki: { port }, agent, mailbox };
}

/** Runs the client; what it says line by line, as it comes. */
function startAgent(parts, env) {
  const child = spawn(process.execPath, [path.join(PROGRAMS, 'mcp-client.mjs')], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = [];
  let rest = '';
  child.stdout.on('data', (part) => {
    const all = (rest + part).split('\n');
    rest = all.pop();
    lines.push(...all.map((line) => JSON.parse(line)));
  });
  const ended = new Promise((done) => { child.on('close', done); });
  parts.also(() => { child.kill(); });
  const says = (name) => until(`the agent says ${name}`, 20, () => lines.find((line) => name in line));
  return { lines, ended, says, document: env.DOCUMENT };
}
