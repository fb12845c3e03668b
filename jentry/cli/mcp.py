"""`jentry mcp`"""

import os
import sys
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import click

from jentry.cli.base import Refused
from jentry.mail_server import LOOPBACK
from jentry.mcp import relay


@click.command()
@click.option("--url", envvar="JENTRY_URL", required=True, help="The server.  [env: JENTRY_URL]")
@click.option("--write", is_flag=True, help="Offer set_status, assign and comment, too.")
def mcp(url: str, write: bool) -> None:
    """Tools for a coding agent, on standard input and output: errors to read.

    The agent starts it. The token stands in JENTRY_TOKEN, never on the command line, where others
    of the machine would see it; issue:read, event:read and project:read are enough. Writing takes
    --write and a token with issue:write.
    """
    token = os.environ.get("JENTRY_TOKEN", "")
    if not token:
        raise Refused("Put a token into JENTRY_TOKEN: jentry token create makes one.")
    direct = urlsplit(url).hostname in LOOPBACK
    opener = build_opener(*([ProxyHandler({})] if direct else []))
    address = f"{url.rstrip('/')}/mcp" + ("?write=1" if write else "")
    relay.run(sys.stdin, sys.stdout, address, token, opener)
