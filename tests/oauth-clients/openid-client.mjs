// npm `openid-client` as an app of Laneway: each step that holds is a line on stdout.
//
// ISSUER, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, ALG; COOKIE is the session of whoever sits at
// the browser.
import assert from "node:assert/strict";
import * as client from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, ALG, COOKIE } = process.env;
const held = (step) => console.log(step);

async function discovered(algorithm) {
  const metadata = { id_token_signed_response_alg: ALG };
  const proof = client.ClientSecretBasic(CLIENT_SECRET);
  const config = await client.discovery(new URL(ISSUER), CLIENT_ID, metadata, proof, {
    algorithm,
    execute: [client.allowInsecureRequests],
  });
  // The library checks the signature of ID tokens only when it is told to.
  client.enableNonRepudiationChecks(config);
  return config;
}

/** What the browser is sent back with. */
async function authorized(config, more = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const checks = {
    pkceCodeVerifier: verifier,
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  };
  const asks = client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: "openid profile email offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...more,
  });
  const answer = await fetch(asks, { headers: { cookie: `__Host-lw=${COOKIE}` }, redirect: "manual" });
  assert.equal(answer.status, 303, await answer.text());
  return { back: new URL(answer.headers.get("location")), checks };
}

const refused = (error) => (fault) => fault.error === error;

for (const algorithm of ["oidc", "oauth2"]) {
  const config = await discovered(algorithm);
  assert.equal(config.serverMetadata().issuer, ISSUER);
  held(`discovery ${algorithm}`);
}

const config = await discovered("oidc");
const { back, checks } = await authorized(config);
const tokens = await client.authorizationCodeGrant(config, back, checks);
const { sub } = tokens.claims();
held("code");

const person = await client.fetchUserInfo(config, tokens.access_token, sub);
assert.equal(person.email_verified, true);
held("userinfo");

const next = await client.refreshTokenGrant(config, tokens.refresh_token);
assert.notEqual(next.refresh_token, tokens.refresh_token);
held("refresh");
const last = await client.refreshTokenGrant(config, next.refresh_token);
await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), refused("invalid_grant"));
await assert.rejects(client.refreshTokenGrant(config, last.refresh_token), refused("invalid_grant"));
held("a refresh token that comes again ends its family");

const silent = await authorized(config, { prompt: "none", max_age: "3600" });
const again = await client.authorizationCodeGrant(config, silent.back, { ...silent.checks, maxAge: 3600 });
assert.equal(again.claims().sub, sub);
held("prompt=none");
await assert.rejects(client.authorizationCodeGrant(config, silent.back, silent.checks), refused("invalid_grant"));
await assert.rejects(client.fetchUserInfo(config, again.access_token, sub));
held("a code that comes again takes back what came of it");

const other = await authorized(config);
other.checks.pkceCodeVerifier = client.randomPKCECodeVerifier();
await assert.rejects(client.authorizationCodeGrant(config, other.back, other.checks), refused("invalid_grant"));
held("another verifier");

const wrong = await authorized(config, { prompt: "none login" });
await assert.rejects(client.authorizationCodeGrant(config, wrong.back, wrong.checks), refused("invalid_request"));
held("an error comes back with state and issuer");
