"""The official Python SDK, as a program that does what it is told: see ../run-program.mjs."""

import asyncio
import json
import sys
from contextlib import asynccontextmanager

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

plan = json.loads(sys.argv[1])


def say(**value):
    print(json.dumps(value), flush=True)


@asynccontextmanager
async def streams():
    if "url" not in plan:
        async with stdio_client(StdioServerParameters(**plan["program"])) as (read, write):
            yield read, write
        return
    headers = {"Authorization": f"Bearer {plan['token']}"}
    try:
        import httpx2 as httpx
    except ImportError:
        import httpx
    from mcp.client.streamable_http import streamable_http_client

    # The time-outs that the SDK itself sets; a client of one's own would have five seconds.
    async with httpx.AsyncClient(headers=headers, timeout=httpx.Timeout(30, read=300)) as client:
        async with streamable_http_client(plan["url"], http_client=client) as opened:
            yield opened[0], opened[1]


async def main():
    async with streams() as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        for step in plan["steps"]:
            if step.get("restart"):
                say(restart=True)
                await asyncio.to_thread(sys.stdin.readline)
            call = session.call_tool(step["tool"], step["args"])
            try:
                if "cancelMs" in step:
                    call = asyncio.wait_for(call, step["cancelMs"] / 1000)
                result = await call
                say(column=step["column"], text=result.model_dump_json(by_alias=True))
            except Exception as error:
                say(column=step["column"], text=repr(error))


asyncio.run(main())
