"""A server made with FastMCP 2, 3 or 4, over Streamable HTTP. Argument: port."""
import sys

from fastmcp import FastMCP

server = FastMCP("fast")


@server.tool
def echo(text: str) -> str:
    """Gives a text back."""
    return text


@server.tool
def fail() -> str:
    """Fails."""
    raise ValueError("It failed.")


server.run(transport="http", port=int(sys.argv[1]))
