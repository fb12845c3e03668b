"""What the set-up page says to paste works as it is, in an empty project.

Those of the platforms that take minutes are run by `python -m tests.live.snippets`.
"""

import pytest
from live.snippets import run


@pytest.mark.parametrize(
    ("platform", "title"),
    [
        ("python", "ZeroDivisionError: division by zero"),
        ("python-flask", "ZeroDivisionError: division by zero"),
        ("node", "Error: Hello, jentry"),
        ("node-express", "Error: Hello, jentry"),
    ],
)
def test_a_snippet_reports_its_error(org, packages, tmp_path, platform, title):
    assert run(org, tmp_path, platform) == [title]
