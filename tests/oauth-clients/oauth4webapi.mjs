// npm `oauth4webapi` as an app of Laneway that uses what newer profiles ask for: each step that
// holds is a line on stdout.
//
// ISSUER, CLIENT_ID, REDIRECT_URI, AUDIENCE; KEY is the app's private key (PKCS#8, base64); COOKIE
// is the session of whoever sits at the browser; ADMIN_TOKEN is an operator's.
import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";

const { ISSUER, CLIENT_ID, REDIRECT_URI, AUDIENCE, KEY, COOKIE, ADMIN_TOKEN } = process.env;
const held = (step) => console.log(step);
const loose = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(ISSUER);

async function operator(method, path, body) {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" };
  const answer = await fetch(`${ISSUER}${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}
const scope = "openid email offline_access plans:read";
await operator("PATCH", `/v1/admin/apps/${CLIENT_ID}`, { scope });

async function discovered(algorithm) {
  const response = await oauth.discoveryRequest(issuer, { algorithm, ...loose });
  return oauth.processDiscoveryResponse(issuer, response);
}

const as = await discovered("oauth2");
assert.deepEqual(as, await discovered("oidc"));
for (const name of ["pushed_authorization_request_endpoint", "dpop_signing_alg_values_supported"]) {
  assert.ok(as[name], name);
}
held("discovery");

const algorithm = { name: "ECDSA", namedCurve: "P-256" };
const own = await crypto.subtle.importKey("pkcs8", Buffer.from(KEY, "base64"), algorithm, false, ["sign"]);
const proof = oauth.PrivateKeyJwt(own);
const client = { client_id: CLIENT_ID, id_token_signed_response_alg: "ES256" };
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
const bound = { DPoP, ...loose };

const verifier = oauth.generateRandomCodeVerifier();
const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
const asked = {
  redirect_uri: REDIRECT_URI,
  response_type: "code",
  scope: "openid email offline_access",
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
};
const pushed = await oauth.processPushedAuthorizationResponse(
  as,
  client,
  await oauth.pushedAuthorizationRequest(as, client, proof, asked, bound),
);
held("a pushed request");

const asks = new URL(as.authorization_endpoint);
asks.searchParams.set("client_id", CLIENT_ID);
asks.searchParams.set("request_uri", pushed.request_uri);
const browser = () => fetch(asks, { headers: { cookie: `__Host-lw=${COOKIE}` }, redirect: "manual" });
const answer = await browser();
assert.equal(answer.status, 303, await answer.text());
assert.equal((await browser()).status, 400);
held("a request_uri that comes again is refused");

const back = new URL(answer.headers.get("location"));
const params = oauth.validateAuthResponse(as, client, back, state);
const redeem = (options) =>
  oauth.authorizationCodeGrantRequest(as, client, proof, params, REDIRECT_URI, verifier, options);
const redeemed = await redeem(bound);
const tokens = await oauth.processAuthorizationCodeResponse(as, client, redeemed, {
  expectedNonce: nonce,
  requireIdToken: true,
});
await oauth.validateApplicationLevelSignature(as, redeemed, loose);
assert.equal(tokens.token_type, "dpop");
const { sub } = oauth.getValidatedIdTokenClaims(tokens);
held("code, private_key_jwt and DPoP");

const info = await oauth.userInfoRequest(as, client, tokens.access_token, bound);
assert.equal((await oauth.processUserInfoResponse(as, client, sub, info)).email_verified, true);
const bare = await oauth.userInfoRequest(as, client, tokens.access_token, loose);
assert.equal(bare.status, 401);
held("userinfo with the key and not without");

const refreshed = await oauth.refreshTokenGrantRequest(as, client, proof, tokens.refresh_token, bound);
const next = await oauth.processRefreshTokenResponse(as, client, refreshed);
assert.equal(next.token_type, "dpop");
held("refresh");

const machine = await oauth.processClientCredentialsResponse(
  as,
  client,
  await oauth.clientCredentialsGrantRequest(as, client, proof, { scope: "plans:read", resource: AUDIENCE }, bound),
);
held("client credentials");

// As a service would that gets it.
const service = new URL("http://api.test/plans");
let proven;
await oauth.protectedResourceRequest(machine.access_token, "GET", service, new Headers(), null, {
  DPoP,
  ...loose,
  [oauth.customFetch]: async (url, options) => {
    proven = new Request(url, { headers: options.headers, method: options.method });
    return new Response(null, { status: 204 });
  },
});
const claims = await oauth.validateJwtAccessToken(as, proven, AUDIENCE, loose);
assert.deepEqual([claims.sub, claims.token_use], [CLIENT_ID, "machine"]);
held("a service verifies the token and the key");

async function active(token) {
  const response = await oauth.introspectionRequest(as, client, proof, token, loose);
  return (await oauth.processIntrospectionResponse(as, client, response)).active;
}
for (const token of [machine.access_token, next.access_token]) {
  assert.equal(await active(token), true);
  const response = await oauth.revocationRequest(as, client, proof, token, loose);
  await oauth.processRevocationResponse(response);
  assert.equal(await active(token), false);
}
held("introspection and revocation");

const [tenant] = (await operator("GET", "/v1/admin/tenants")).items;
await operator("PATCH", `/v1/admin/tenants/${tenant.id}`, { registration_enabled: true });
const { token: initialAccessToken } = await operator("POST", "/v1/admin/initial-access-tokens", { label: "test" });
const open = await discovered("oauth2");
const metadata = { client_name: "Board", redirect_uris: [REDIRECT_URI], grant_types: ["authorization_code"] };
const registered = await oauth.processDynamicClientRegistrationResponse(
  await oauth.dynamicClientRegistrationRequest(open, metadata, { initialAccessToken, ...loose }),
);
assert.ok(registered.client_secret && registered.registration_access_token);
const secret = oauth.ClientSecretBasic(registered.client_secret);
const known = await oauth.introspectionRequest(open, registered, secret, "x", loose);
assert.equal((await oauth.processIntrospectionResponse(open, registered, known)).active, false);
const refused = await oauth.dynamicClientRegistrationRequest(open, metadata, loose);
assert.equal(refused.status, 401);
held("registration");
