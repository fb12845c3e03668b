"""Tools for agents, by the Model Context Protocol: errors to read, and what strangers wrote in them
kept apart as data.

Our own few messages of JSON-RPC instead of the official SDK: it brings 33 MB and a second web
server, with pydantic, starlette and cryptography, for what `protocol.py` says in a page.
"""
