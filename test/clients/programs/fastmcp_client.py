"""FastMCP's client, as a program that does what it is told: see ../run-program.mjs."""

import asyncio
import json
import sys

from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport

plan = json.loads(sys.argv[1])


def say(**value):
    print(json.dumps(value), flush=True)


def transport():
    if "url" not in plan:
        return StdioTransport(**plan["program"])
    return StreamableHttpTransport(plan["url"], headers={"Authorization": f"Bearer {plan['token']}"})


async def main():
    async with Client(transport()) as client:
        for step in plan["steps"]:
            if step.get("restart"):
                say(restart=True)
                await asyncio.to_thread(sys.stdin.readline)
            call = client.call_tool(step["tool"], step["args"], raise_on_error=False)
            try:
                if "cancelMs" in step:
                    call = asyncio.wait_for(call, step["cancelMs"] / 1000)
                result = await call
                parts = [part.model_dump(mode="json") for part in result.content]
                say(column=step["column"], text=json.dumps(parts, ensure_ascii=False))
            except Exception as error:
                say(column=step["column"], text=repr(error))


asyncio.run(main())
