// The protocol's own client, over HTTP: prints the server's name and what a tool answers, as JSON.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const { ADDRESS, TOKEN, TOOL, ARGUMENTS } = process.env;
const headers = { Authorization: `Bearer ${TOKEN}` };
const transport = new StreamableHTTPClientTransport(new URL(ADDRESS), { requestInit: { headers } });
const client = new Client({ name: "jentry-tests", version: "1" });
await client.connect(transport);
const { tools } = await client.listTools();
const result = await client.callTool({ name: TOOL, arguments: JSON.parse(ARGUMENTS) });
console.log(JSON.stringify({
  server: client.getServerVersion().name,
  tools: tools.map((tool) => tool.name),
  text: result.content[0].text,
  isError: result.isError ?? false,
}));
await client.close();
