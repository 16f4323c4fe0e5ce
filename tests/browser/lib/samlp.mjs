// A customer's SAML provider made with the npm package `samlp`: a sign-in page, a session of its own, and answers that
// the package signs. It checks the signature of our requests.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import path from 'node:path';
import samlp from 'samlp';
import { run } from './parts.mjs';

export const SAMLP = 'idp.samlp.example';
const EMAIL = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress';
const NAME = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/displayname';
const GROUPS = 'http://schemas.xmlsoap.org/claims/Group';

/** @param people {name: {password, id, email, displayName, groups}} */
export async function startSamlp(parts, { port, origin, people }) {
  const [key, cert] = ['key', 'crt'].map((kind) => path.join(parts.dir, `samlp.${kind}`));
  run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '400', '-subj', '/CN=samlp', '-keyout', key, '-out', cert]);
  const pem = { key: readFileSync(key), cert: readFileSync(cert) };
  const customer = { entityId: `${origin}/meta`, sso: `${origin}/sso`, certificate: pem.cert.toString(), groups: GROUPS, ours: null };
  const answer = (req, res, person) => samlp.auth({
    ...pem,
    issuer: customer.entityId,
    signingCert: customer.ours.certificate,
    getPostURL: (_audience, _request, _req, done) => done(null, customer.ours.acs),
    getUserFromRequest: () => person,
    profileMapper: mapper,
    nameIdentifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    destination: customer.ours.acs,
    recipient: customer.ours.acs,
  })(req, res, (error) => res.writeHead(400).end(String(error)));
  const server = createServer(async (req, res) => {
    const url = new URL(req.url, origin);
    if (url.pathname !== '/sso' || !customer.ours) return res.writeHead(404).end();
    // What the package expects of a web framework.
    req.query = Object.fromEntries(url.searchParams);
    res.set = (name, value) => res.setHeader(name, value);
    res.send = (body) => res.end(body);
    const form = new URLSearchParams(req.method === 'POST' ? await text(req) : '');
    const name = form.get('username') ?? /session=(\w+)/.exec(req.headers.cookie ?? '')?.[1];
    const person = people[name];
    if (req.method === 'POST' && person?.password === form.get('password')) {
      return res.writeHead(303, { location: req.url, 'set-cookie': `session=${name}; Path=/; Secure; HttpOnly` }).end();
    }
    if (req.method === 'GET' && person) return answer(req, res, person);
    res.writeHead(200, { 'content-type': 'text/html' }).end(page);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  parts.also(() => server.close());
  customer.register = (ours) => { customer.ours = ours; };
  return customer;
}

/** Its own page. */
export async function passSamlp(page, username, password) {
  await page.locator('[name=username]').fill(username);
  await page.locator('[name=password]').fill(password);
  await page.locator('[name=password]').press('Enter');
}

const page = '<!doctype html><title>Sign in</title><form method="post"><input name="username" aria-label="Name">'
  + '<input name="password" type="password" aria-label="Password"><button>Sign in</button></form>';

function mapper(person) {
  return {
    getClaims: () => ({ [EMAIL]: person.email, [NAME]: person.displayName, [GROUPS]: person.groups }),
    getNameIdentifier: () => ({ nameIdentifier: person.id }),
  };
}

async function text(stream) {
  let all = '';
  for await (const part of stream) all += part;
  return all;
}
