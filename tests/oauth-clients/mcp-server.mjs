// A server of the Model Context Protocol that knows nothing of sign-in: it stands behind a proxy that asks Laneway. Its one
// tool answers who the proxy says is calling. The first line on stdout is its address.
import http from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";

const said = (value) => ({ content: [{ type: "text", text: JSON.stringify(value) }] });

function answers() {
  const server = new McpServer({ name: "Wiki", version: "1.0.0" });
  server.registerTool("whoami", { description: "Who is calling" }, ({ requestInfo: { headers } }) =>
    said({ user: headers["x-laneway-user"], email: headers["x-laneway-email"], cookie: headers.cookie }),
  );
  return server;
}

const listener = http.createServer(async (request, response) => {
  // Nothing is kept between two calls.
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await answers().connect(transport);
  await transport.handleRequest(request, response);
});
listener.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${listener.address().port}`));
