"""The protocol's own client of Python, over HTTP or by pipes: prints as JSON which revision was
agreed on, the tools, and what each call of CALLS is answered.
"""

import asyncio
import json
import os
import sys

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client


async def main(address, token, way, mode, calls):
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=60) as http:
        if way == "http":
            server = streamable_http_client(f"{address}/mcp", http_client=http)
        else:
            own = {"JENTRY_URL": address, "JENTRY_TOKEN": token}
            server = StdioServerParameters(
                command=sys.executable, args=["-m", "jentry", "mcp"], env=dict(os.environ) | own
            )
        async with Client(server, mode=mode) as client:
            tools = (await client.list_tools()).tools
            answers = []
            for tool, arguments in calls:
                result = await client.call_tool(tool, arguments)
                answers.append([result.content[0].text, result.is_error])
            found = {
                "server": client.server_info.name, "version": client.protocol_version,
                "instructions": client.instructions, "tools": [tool.name for tool in tools],
                "answers": answers,
            }  # fmt: skip
    print(json.dumps(found))


asyncio.run(main(*sys.argv[1:5], json.loads(sys.argv[5])))
