"""A server made with the official SDK 2.x. Arguments: transport, port."""
import sys

from mcp.server import MCPServer

transport, port = sys.argv[1:]
server = MCPServer("official2")


@server.tool()
def echo(text: str) -> str:
    """Gives a text back."""
    return text


@server.tool()
def fail() -> str:
    """Fails."""
    raise ValueError("It failed.")


server.run(transport, port=int(port))
