// A Keycloak of our own on another site: started by dev/keycloak, its realm addressed through nginx
// over https, and its admin API for what an administrator would do.
import path from 'node:path';
import { writeFileSync } from 'node:fs';
import { ROOT, run } from './parts.mjs';

export const KEYCLOAK = 'sso.keycloak.example';

/**
 * @param reach variables under which programs find our test names and trust our certificate
 * @returns what dev/keycloak says, plus `api(method, path, body)` on the realm, `at(realm)` for another one's,
 *   and `make(realm)`
 */
export async function startKeycloak(parts, { port, frontend, tls, reach }) {
  const data = path.join(parts.dir, 'keycloak');
  const script = path.join(ROOT, 'dev/keycloak');
  parts.also(() => run(script, ['stop', '--data', data]));
  const said = run(script, ['start', '--port', String(port), '--data', data, '--fresh'], {
    env: { ...process.env, ...reach, KC_PROXY_HEADERS: 'xforwarded', KC_TRUSTSTORE_PATHS: tls.ca },
  });
  const server = JSON.parse(said);
  const api = (method, pathname, body) => call(server, method, pathname, body);
  const at = (realm) => (method, pathname, body) => call({ ...server, realm }, method, pathname, body);
  const make = (realm) => send(server, 'POST', '/admin/realms', { realm, enabled: true, sslRequired: 'external' });
  // The realm's own address: what browsers and the issuer show.
  await api('PUT', '', { attributes: { frontendUrl: frontend } });
  return { ...server, api, at, make, frontend, issuer: `${frontend}/realms/${server.realm}` };
}

/** Variables that let a program resolve `names` to loopback and trust `tls`, without touching the system. */
export function reachable(parts, names, tls) {
  const hosts = path.join(parts.dir, 'hosts');
  writeFileSync(hosts, [...names, 'localhost'].map((name) => `127.0.0.1 ${name}\n`).join(''));
  return { LD_PRELOAD: 'libnss_wrapper.so', NSS_WRAPPER_HOSTS: hosts, SSL_CERT_FILE: tls.ca };
}

const call = (server, method, pathname, body) => send(server, method, `/admin/realms/${server.realm}${pathname}`, body);

async function send(server, method, pathname, body) {
  const token = await adminToken(server);
  const answer = await fetch(`${server.url}${pathname}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': typeof body === 'string' ? 'application/xml' : 'application/json', accept: 'application/json' },
    body: typeof body === 'string' ? body : body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`Keycloak ${method} ${pathname}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

async function adminToken(server) {
  const answer = await fetch(`${server.url}/realms/master/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password', client_id: 'admin-cli', username: server.admin_user, password: server.admin_password,
    }),
  });
  return (await answer.json()).access_token;
}
