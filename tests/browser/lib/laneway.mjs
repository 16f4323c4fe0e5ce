// Laneway itself: the built program with its own directory, configuration and secrets, one node or
// several, behind nginx.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { ROOT, freePort, run } from './parts.mjs';

export const BIN = process.env.LANEWAY_TEST_BIN ?? path.join(ROOT, 'target/debug/laneway');
export const LOGIN = 'login.laneway.test';
export const APP = 'ide.example';

/** The demo backend; its address. */
export async function startEcho(parts) {
  const part = await parts.start('echo', path.join(ROOT, 'target/debug/laneway-echo'), ['--listen', '127.0.0.1:0'], {
    ready: () => existsSync(path.join(parts.dir, 'echo.log')) && readFileSync(path.join(parts.dir, 'echo.log'), 'utf8').includes('\n'),
  });
  return `http://${readFileSync(part.log, 'utf8').split('\n')[0]}`;
}

/**
 * Starts `count` nodes on one configuration.
 * @param suffix `:port` where the port shows in URLs, else empty
 * @param env more LANEWAY_* variables (database, upstream)
 */
export async function startLaneway(parts, { suffix = '', mailPort, echo, env = {}, count = 1, options = '' }) {
  const site = {
    loginHost: LOGIN + suffix,
    appHost: APP + suffix,
    login: `https://${LOGIN}${suffix}`,
    app: `https://${APP}${suffix}`,
    masterKey: randomBytes(32).toString('base64'),
    database: path.join(parts.dir, 'laneway.db'),
    nodes: [],
  };
  const file = path.join(parts.dir, 'laneway.toml');
  writeFileSync(file, configuration(site, mailPort, echo, options));
  site.env = {
    LANEWAY_CONFIG: file,
    LANEWAY_MASTER_KEY: site.masterKey,
    ...(env.LANEWAY_DATABASE_URL ? {} : { LANEWAY_DATABASE_URL: `sqlite:${site.database}` }),
    ...env,
  };
  site.cli = (...args) => run(BIN, args, { env: { ...process.env, ...site.env }, cwd: parts.dir });
  for (let index = 0; index < count; index += 1) site.nodes.push(await startNode(parts, site, index));
  site.adminToken = site.cli('admin', 'token', '--role', 'owner', '--ttl', '1h').trim();
  return site;
}

async function startNode(parts, site, index) {
  const [port, ops] = [await freePort(), await freePort()];
  const part = await parts.start(`node-${index + 1}`, BIN, ['serve'], {
    env: { ...site.env, LANEWAY_LISTEN: `127.0.0.1:${port}`, LANEWAY_OPS_LISTEN: `127.0.0.1:${ops}` },
    ready: async () => (await fetch(`http://127.0.0.1:${ops}/readyz`)).ok,
  });
  return { ...part, port, ops };
}

// Everything is logged: the hunt reads what the most talkative setting writes.
const configuration = (site, mailPort, echo, options) => `
public_url = "${site.login}"
mail_url = "smtp://127.0.0.1:${mailPort}?tls=none"
mail_from = "Tidewell <no-reply@laneway.test>"
trusted_proxies = ["127.0.0.1/32"]
[log]
level = "trace"
[tenant]
name = "Tidewell"
signup = "open"
[limits]
network_factor = 100
[[app]]
host = "${site.appHost}"
frontend = { dir = "${path.join(ROOT, 'dev/demo')}" }
header_sets = ["x-auth-request", "remote", "laneway"]
[[app.route]]
name = "echo"
backend = "${echo}"
token = "laneway"
${options}`;

/** One request straight to a node, as nginx would pass it on: `{status, headers, body}`. */
export function ask(node, host, pathname, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((done, fail) => {
    const request = http.request({
      host: '127.0.0.1',
      port: node.port,
      path: pathname,
      method,
      headers: { host, 'x-forwarded-proto': 'https', 'x-forwarded-host': host, 'x-forwarded-for': '127.0.0.1', ...headers },
    }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => done({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on('error', fail);
    request.end(body);
  });
}
