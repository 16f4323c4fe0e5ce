// Debian's Apache with mod_auth_openidc in front of an application: a server of its own, with nothing of the
// machine's settings. It ends TLS itself, as it does at customers'.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { accepts } from './parts.mjs';

export const BOARD = 'board.example';

const MODULES = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'ssl', 'alias', 'proxy', 'proxy_http', 'auth_openidc'];

/**
 * @param issuer where people sign in
 * @param client {client_id, client_secret} as the registration answered
 * @param backend the application's address; it gets the claims in headers
 * @param organization the short name of the one whose people `/staff/` is for
 */
export async function startApache(parts, { port, tls, reach, issuer, client, backend, organization }) {
  const dir = path.join(parts.dir, 'apache');
  mkdirSync(path.join(dir, 'public'), { recursive: true });
  writeFileSync(path.join(dir, 'public', 'left.html'), '<!doctype html><title>Board</title><h1>You have left the board</h1>');
  // Started by root its workers are somebody else, who has to get at the names and the authority.
  chmodSync(parts.dir, 0o711);
  const origin = `https://${BOARD}:${port}`;
  const file = path.join(dir, 'apache.conf');
  writeFileSync(file, config({ dir, port, tls, origin, issuer, client, backend, organization }));
  await parts.start('apache', 'apache2', ['-D', 'FOREGROUND', '-d', dir, '-f', file], {
    env: { ...reach, PATH: `${process.env.PATH}:/usr/sbin` },
    ready: () => accepts(port),
  });
  return { origin, ca: tls.ca };
}

/** What has to be registered for it at the provider. */
export const registration = (origin) => ({
  client_name: 'Board',
  redirect_uris: [`${origin}/oidc/callback`],
  post_logout_redirect_uris: [`${origin}/public/left.html`],
  backchannel_logout_uri: `${origin}/oidc/callback?logout=backchannel`,
  backchannel_logout_session_required: true,
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile email organization offline_access',
});

const config = ({ dir, port, tls, origin, issuer, client, backend, organization }) => `
ServerName ${BOARD}
# By name: libnss_wrapper finds the number once for each name that has it, and nothing binds twice.
Listen ${BOARD}:${port} https
PidFile ${dir}/pid
DefaultRuntimeDir ${dir}
ErrorLog ${dir}/error.log
LogLevel warn auth_openidc:info
${process.getuid() === 0 ? 'User www-data\nGroup www-data' : ''}
${MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
StartServers 1
ServerLimit 1
MinSpareThreads 4
MaxSpareThreads 32
ThreadsPerChild 32
MaxRequestWorkers 32
SSLEngine on
SSLCertificateFile ${tls.cert}
SSLCertificateKeyFile ${tls.key}

OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCCABundlePath ${tls.ca}
OIDCClientID ${client.client_id}
OIDCClientSecret ${client.client_secret}
OIDCRedirectURI ${origin}/oidc/callback
OIDCCryptoPassphrase not-a-secret-of-anybody
OIDCScope "openid profile email organization offline_access"
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
OIDCPassClaimsAs headers
OIDCDefaultLoggedOutURL ${origin}/public/left.html
OIDCInfoHook iat access_token access_token_expires id_token userinfo
OIDCOAuthVerifyJwksUri ${issuer}/.well-known/jwks.json
OIDCOAuthRemoteUserClaim sub

<Location />
  AuthType openid-connect
  Require valid-user
  ProxyPass ${backend}/
</Location>
<Location /staff/>
  Require claim org_slug:${organization}
  # Whoever is not there for it yet is sent to ask for it.
  OIDCUnAutzAction auth
  OIDCPathAuthRequestParams organization=${organization}
</Location>
# The module answers itself here.
<Location /oidc/>
  ProxyPass !
</Location>
# For programs, with the access token alone.
<Location /api/>
  AuthType oauth20
  Require valid-user
</Location>
# Apache answers itself here: nobody has to sign in to see that they are signed out.
<Location /public/>
  AuthType None
  Require all granted
  ProxyPass !
</Location>
Alias /public/ ${dir}/public/
`;
