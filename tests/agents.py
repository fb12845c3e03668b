"""A client of the Model Context Protocol, as an agent has it: a program behind pipes."""

import json
import subprocess
import threading
from contextlib import contextmanager

PROTOCOL = "2025-06-18"
PATIENCE = 60  # seconds


class Agent:
    def __init__(self, process):
        self.process = process
        self.number = 0

    def send(self, message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def ask(self, method, **params):
        """The result of a request. Raises AssertionError with the error instead."""
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        while line := self.process.stdout.readline():
            answer = json.loads(line)
            assert "id" not in answer or answer["id"] is not None, answer
            if answer.get("id") == self.number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
        raise AssertionError("the server has ended")

    def begin(self):
        shown = self.ask(
            "initialize",
            protocolVersion=PROTOCOL,
            capabilities={},
            clientInfo={"name": "jentry-tests", "version": "1"},
        )
        self.send({"method": "notifications/initialized"})
        return shown

    def tools(self):
        return {tool["name"]: tool for tool in self.ask("tools/list")["tools"]}

    def call(self, tool, **arguments):
        """The text, and whether it is an error."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        text = "\n".join(part.get("text", "") for part in result["content"])
        return text, result.get("isError", False)


@contextmanager
def agent(*command, patience=PATIENCE, **options):
    """`patience`: seconds until the program is ended."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        **options,
    )
    watch = threading.Timer(patience, process.kill)
    watch.start()
    try:
        found = Agent(process)
        found.server = found.begin()
        yield found
    finally:
        watch.cancel()
        process.stdin.close()
        process.kill()
        process.wait()
        process.stdout.close()
