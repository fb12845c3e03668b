"""What the set-up page says to paste works as it is, in an empty project."""

import subprocess
import sys

import pytest
from served import environment

from jentry.web.snippets import snippet


@pytest.mark.parametrize(("platform", "title"), [
    ("python", "ZeroDivisionError: division by zero"),
    ("node", "Error: Hello, jentry"),
])  # fmt: skip
def test_a_snippet_reports_its_error(org, packages, tmp_path, platform, title):
    project_id, dsn = org.project(f"Fresh {platform}", "--platform", platform)
    found = snippet(platform, dsn)
    (tmp_path / found.file).write_text(found.code)
    if platform == "node":  # npm has installed it already
        (tmp_path / "node_modules").symlink_to(packages / "node_modules")
    program = {"python": sys.executable, "node": "node"}[platform]
    subprocess.run([program, found.file], cwd=tmp_path, env=environment(), timeout=60)
    assert list(org.issues(project_id, ("count",))) == [title]
