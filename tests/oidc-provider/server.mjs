// A real OpenID provider (npm oidc-provider) for the behavioural suite.
//
// Prints one JSON line when ready: {"issuer", "control"}. The issuer is what Laneway talks to; the
// control address is what a test uses to arrange things (loopback only, JSON in and out):
//   PUT    /clients/{client_id}   registered metadata            → 204
//   PUT    /accounts/{sub}        {"password", "enabled"?, "claims"?} → 204
//   DELETE /accounts/{sub}/sessions                              → 200 {"ended": n}, logout tokens sent
//   POST   /stop, POST /start     closes and opens the issuer's port → 204
import http from 'node:http';
import { once } from 'node:events';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';
import { Store, sessionsOf } from './store.mjs';

const accounts = new Map();
let server;
let issuerPort = Number(process.env.LANEWAY_TEST_OIDC_PROVIDER_PORT ?? 0);

const text = async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

async function listen(handler, port) {
  const listening = http.createServer(handler).listen(port, '127.0.0.1');
  await once(listening, 'listening');
  return listening;
}

// ---- the provider

function key(kind, options) {
  return generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' });
}

async function findAccount(ctx, sub) {
  const account = accounts.get(sub);
  if (!account || account.enabled === false) return undefined;
  return { accountId: sub, claims: async () => ({ sub, ...account.claims }) };
}

// Every client is trusted with what it asks for: consent is not what is tested here.
async function loadExistingGrant(ctx) {
  const { client, session, provider, params } = ctx.oidc;
  const known = ctx.oidc.result?.consent?.grantId || session.grantIdFor(client.clientId);
  if (known) return provider.Grant.find(known);
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope);
  await grant.save();
  return grant;
}

const page = (title, body) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body><h1>${title}</h1>${body}</body></html>`;

async function logoutSource(ctx, form) {
  ctx.body = page('Sign out?', `${form}<button form="op.logoutForm" name="logout" value="yes">Yes</button>`);
}

function newProvider(issuer) {
  return new Provider(issuer, {
    adapter: Store,
    clients: [],
    findAccount,
    loadExistingGrant,
    acrValues: ['aal1', 'aal2'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'], acr: null, auth_time: null, amr: null },
    scopes: ['openid', 'offline_access', 'email', 'profile', 'groups'],
    // Logout by POST, as the specification demands, is off unless asked for in these two places.
    enableHttpPostMethods: true,
    cookies: { keys: ['only', 'for', 'tests'], long: { sameSite: 'none' } },
    jwks: {
      keys: [
        { ...key('rsa', { modulusLength: 2048 }), use: 'sig', alg: 'RS256' },
        { ...key('ec', { namedCurve: 'P-256' }), use: 'sig', alg: 'ES256' },
      ],
    },
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource },
      revocation: { enabled: true },
      introspection: { enabled: true },
    },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    rotateRefreshToken: true,
    ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: 86400, IdToken: 300, Interaction: 600, RefreshToken: 86400, Session: 86400 },
    // Back-channel calls go to listeners on loopback; the library's own guard would refuse them.
    fetch: (url, options = {}) => fetch(url, { ...options, dispatcher: undefined }),
  });
}

// ---- the login form: fields `login` and `password`, as a person sees it

function demandedAcr({ claims, acr_values: wished }) {
  const demanded = claims && JSON.parse(claims).id_token?.acr?.values;
  return demanded?.[0] ?? String(wished ?? 'aal1').split(' ')[0];
}

async function interaction(provider, request, response) {
  const details = await provider.interactionDetails(request, response);
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    const hint = String(details.params.login_hint ?? '').replace(/[^\w.@+-]/g, '');
    response.end(page('Sign in', `<form method="post"><label>Login <input name="login" value="${hint}"></label>
      <label>Password <input name="password" type="password"></label><button>Sign in</button></form>`));
    return;
  }
  const form = new URLSearchParams(await text(request));
  const account = accounts.get(form.get('login'));
  if (form.has('abort')) {
    await provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'cancelled' });
  } else if (!account || account.enabled === false || account.password !== form.get('password')) {
    response.statusCode = 401;
    response.end(page('Sign in', '<p role="alert">That did not match.</p>'));
  } else {
    const acr = demandedAcr(details.params);
    await provider.interactionFinished(request, response, {
      login: { accountId: form.get('login'), acr, amr: acr === 'aal2' ? ['pwd', 'otp'] : ['pwd'] },
    });
  }
}

// ---- the control side

async function endSessions(provider, sub) {
  const sessions = sessionsOf(sub);
  for (const { id, authorizations } of sessions) {
    await new Store('Session').destroy(id);
    for (const [clientId, { sid, grantId }] of Object.entries(authorizations)) {
      await new Store('').revokeByGrantId(grantId);
      const client = await provider.Client.find(clientId);
      if (client?.backchannelLogoutUri) await client.backchannelLogout(sub, sid);
    }
  }
  return { ended: sessions.length };
}

async function control(provider, handler, request) {
  const [, kind, id, rest] = new URL(request.url, 'http://control').pathname.split('/').map(decodeURIComponent);
  const body = request.method === 'PUT' ? JSON.parse(await text(request)) : undefined;
  switch (`${request.method} ${kind}${rest ? `/${rest}` : ''}`) {
    case 'PUT clients':
      return void (await new Store('Client').upsert(id, { ...body, client_id: id }));
    case 'PUT accounts':
      return void accounts.set(id, body);
    case 'DELETE accounts/sessions':
      return endSessions(provider, id);
    case 'POST stop':
      server.closeAllConnections();
      return void (await new Promise((done) => { server.close(done); }));
    case 'POST start':
      server = await listen(handler, issuerPort);
      return undefined;
    default:
      throw new Error(`no such control: ${request.method} ${request.url}`);
  }
}

// ---- start

// The port must be known before the issuer can be named, so it is bound first.
let handler = (request, response) => response.writeHead(503).end();
server = await listen((request, response) => handler(request, response), issuerPort);
issuerPort = server.address().port;
const issuer = `http://127.0.0.1:${issuerPort}`;
const provider = newProvider(issuer);
const callback = provider.callback();
handler = (request, response) => {
  const answer = request.url.startsWith('/interaction/') ? interaction(provider, request, response) : callback(request, response);
  Promise.resolve(answer).catch((error) => {
    response.statusCode = 400;
    response.end(page('Error', `<p>${error.name}</p>`));
  });
};

const controls = await listen(async (request, response) => {
  try {
    const answer = await control(provider, handler, request);
    response.statusCode = answer ? 200 : 204;
    response.end(answer ? JSON.stringify(answer) : undefined);
  } catch (error) {
    response.statusCode = 400;
    response.end(JSON.stringify({ error: String(error.message) }));
  }
}, 0);

provider.on('server_error', (ctx, error) => console.error(error));
console.log(JSON.stringify({ issuer, control: `http://127.0.0.1:${controls.address().port}` }));
