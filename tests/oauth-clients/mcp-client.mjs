// The official MCP SDK's client at a resource behind Laneway: each line on stdout is what happened, as JSON.
//
// RESOURCE is the address of the MCP server; DOCUMENT that of the client's own document, without which it registers itself;
// INITIAL_TOKEN is what the registration asks for. Whoever sits at the browser goes to the `authorize` line's address.
import http from "node:http";
import { once } from "node:events";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const { RESOURCE, DOCUMENT, INITIAL_TOKEN, REDIRECT_PORT } = process.env;
const tell = (line) => console.log(JSON.stringify(line));

const listener = http.createServer();
listener.listen(Number(REDIRECT_PORT ?? 0), "127.0.0.1");
await once(listener, "listening");
const redirect = `http://127.0.0.1:${listener.address().port}/callback`;

const kept = {};
const state = crypto.randomUUID();
const provider = {
  redirectUrl: redirect,
  clientMetadataUrl: DOCUMENT,
  clientMetadata: {
    client_name: "Agent",
    redirect_uris: [redirect],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  },
  state: () => state,
  clientInformation: () => kept.client,
  saveClientInformation: (value) => (kept.client = value),
  tokens: () => kept.tokens,
  saveTokens: (value) => (kept.tokens = value),
  codeVerifier: () => kept.verifier,
  saveCodeVerifier: (value) => (kept.verifier = value),
  redirectToAuthorization: (url) => tell({ authorize: url.href }),
  saveDiscoveryState: (value) => (kept.discovery = value),
  discoveryState: () => kept.discovery,
};

async function told(url, options = {}) {
  const headers = new Headers(options.headers);
  if (INITIAL_TOKEN && new URL(url).pathname === "/oauth/register") headers.set("authorization", `Bearer ${INITIAL_TOKEN}`);
  const answer = await fetch(url, { ...options, headers });
  const { pathname } = new URL(url);
  tell({ called: `${options.method ?? "GET"} ${pathname}`, status: answer.status, asks: answer.headers.get("www-authenticate") ?? undefined });
  return answer;
}

const fresh = () => new StreamableHTTPClientTransport(new URL(RESOURCE), { authProvider: provider, fetch: told });

async function connected() {
  const client = new Client({ name: "Agent", version: "1.0.0" });
  const transport = fresh();
  try {
    await client.connect(transport);
    return client;
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
  }
  const [request, response] = await once(listener, "request");
  response.end("Back to the agent");
  const back = new URL(request.url, redirect).searchParams;
  if (back.get("state") !== state || back.get("error")) throw new Error(`${back}`);
  await transport.finishAuth(back.get("code"));
  const { access_token: access, scope, refresh_token: refresh } = kept.tokens;
  tell({ client: kept.client.client_id, claims: JSON.parse(Buffer.from(access.split(".")[1], "base64url")), scope, refresh: Boolean(refresh), access });
  const again = new Client({ name: "Agent", version: "1.0.0" });
  await again.connect(fresh());
  return again;
}

try {
  const client = await connected();
  const { content } = await client.callTool({ name: "whoami", arguments: {} });
  tell({ whoami: JSON.parse(content[0].text) });
  await client.close();
} catch (error) {
  tell({ failed: error.message });
  process.exitCode = 1;
} finally {
  listener.close();
  listener.closeAllConnections();
}
