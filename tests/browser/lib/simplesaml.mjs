// A SimpleSAMLphp of our own as a customer's SAML provider: Debian's package, run by PHP's own server, its
// settings in the journey's folder. Nothing of the machine's own settings is used.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { accepts, run } from './parts.mjs';

export const SIMPLESAML = 'idp.simplesaml.example';
const CODE = '/usr/share/simplesamlphp';

/** @param people {name: {password, attributes: {name: [value]}}} */
export async function startSimpleSaml(parts, { port, origin, people }) {
  const dir = path.join(parts.dir, 'simplesaml');
  const at = (name) => path.join(dir, name);
  for (const name of ['metadata', 'keys', 'log', 'data', 'sessions', 'temp']) mkdirSync(at(name), { recursive: true });
  const key = (name) => run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '400', '-subj', `/CN=${name}`,
    '-keyout', at(`keys/${name}.key`), '-out', at(`keys/${name}.crt`)]);
  key('first');
  key('second');
  php(at('config.php'), '$config', {
    baseurlpath: `${origin}/`, certdir: at('keys/'), loggingdir: at('log/'), datadir: at('data/'), tempdir: at('temp'),
    metadatadir: at('metadata/'), attributenamemapdir: `${CODE}/attributemap/`, timezone: 'UTC',
    secretsalt: 'not-a-secret-of-anybody', 'auth.adminpassword': 'not-used-by-anybody', technicalcontact_email: 'na@pellworm.test',
    'logging.handler': 'file', 'enable.saml20-idp': true, 'module.enable': { exampleauth: true, core: true, saml: true },
    'session.phpsession.savepath': at('sessions'), 'store.type': 'phpsession', 'session.cookie.secure': true,
    'metadata.sources': [{ type: 'flatfile' }], 'language.default': 'en', 'theme.use': 'default',
  });
  const users = Object.entries(people).map(([name, { password, attributes }]) => [`${name}:${password}`, attributes]);
  php(at('authsources.php'), '$config', { people: { 0: 'exampleauth:UserPass', ...Object.fromEntries(users) } });
  const sign = (name) => php(at('metadata/saml20-idp-hosted.php'), "$metadata['__DYNAMIC:1__']", {
    host: '__DEFAULT__', privatekey: `${name}.key`, certificate: `${name}.crt`, auth: 'people',
    'attributes.NameFormat': 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic',
    authproc: { 3: { class: 'saml:AttributeNameID', attribute: 'uid', Format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' } },
  });
  sign('first');
  const register = ({ entityId, acs, certificate, ...more }) => php(
    at('metadata/saml20-sp-remote.php'), `$metadata[${text(entityId)}]`,
    {
      AssertionConsumerService: acs, NameIDFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
      certData: certificate, 'redirect.validate': true, ...more,
    },
  );
  await parts.start('simplesaml', 'php', ['-d', 'opcache.enable=0', '-S', `127.0.0.1:${port}`, '-t', `${CODE}/www`], {
    env: { SIMPLESAMLPHP_CONFIG_DIR: dir, PHP_CLI_SERVER_WORKERS: '4' },
    ready: () => accepts(port),
  });
  return { metadata: `${origin}/saml2/idp/metadata.php`, register, sign, people };
}

/** Its own pages. */
export async function passSimpleSaml(page, username, password) {
  await page.locator('#username').fill(username);
  await page.locator('#password').fill(password);
  await page.locator('#password').press('Enter');
}

const text = (value) => `'${String(value).replace(/[\\']/g, '\\$&')}'`;

// A value as PHP writes it.
function literal(value) {
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (value && typeof value === 'object') {
    return `[${Object.entries(value).map(([name, inner]) => `${/^\d+$/.test(name) ? name : text(name)} => ${literal(inner)}`).join(', ')}]`;
  }
  return text(value);
}

function php(file, name, value) {
  writeFileSync(file, `<?php\n${name} = ${literal(value)};\n`);
}
