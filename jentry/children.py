"""Child processes: work that must not share the server's interpreter, memory or open files."""

import os
import subprocess
import sys
from typing import Any


def start(name: str, *args: object, **options: Any) -> subprocess.Popen[str]:
    """`jentry _child NAME …` in text mode, with whatever packages this process has found.

    `options` are those of Popen.
    """
    environment = dict(options.pop("env", os.environ))
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    program = [sys.executable, "-m", "jentry"]
    if getattr(sys, "frozen", False):  # a single executable file
        program = [sys.executable]
    command = [*program, "_child", name, *map(str, args)]
    return subprocess.Popen(command, text=True, env=environment, **options)  # noqa: S603
