"""A server made with the official SDK 1.x. Arguments: transport, port, and `stateless` for one without sessions."""
import sys

from mcp.server.fastmcp import FastMCP

transport, port, *more = sys.argv[1:]
options = {"stateless_http": True, "json_response": True} if more else {}
server = FastMCP("official", port=int(port), **options)


@server.tool()
def echo(text: str) -> str:
    """Gives a text back."""
    return text


@server.tool()
def fail() -> str:
    """Fails."""
    raise ValueError("It failed.")


server.run(transport)
