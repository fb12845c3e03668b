"""Child processes: work that must not share the server's interpreter, memory or open files."""

import os
import subprocess
import sys
from typing import Any


def start(name: str, *args: object, **options: Any) -> subprocess.Popen[Any]:
    """`jentry _child NAME …`, with whatever packages this process has found.

    `options` are those of Popen; in text mode, unless they say otherwise.
    """
    environment = dict(options.pop("env", os.environ))
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    program = [sys.executable, "-m", "jentry"]
    if getattr(sys, "frozen", False):  # a single executable file
        program = [sys.executable]
    command = [*program, "_child", name, *map(str, args)]
    return subprocess.Popen(command, env=environment, **({"text": True} | options))  # noqa: S603
