"""The example for suites in other languages, run by node:test as it stands."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from servers import environment

from jentry.testing import examples

NAME = "shop.test.mjs"


def test_the_example_runs_as_it_stands(packages):
    shutil.copy(Path(examples.__file__).parent / NAME, packages)
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", NAME],
        cwd=packages,
        env=environment(PATH=path),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "\n# pass 1\n" in done.stdout, done.stdout + done.stderr
    assert "\n# fail 0\n" in done.stdout
