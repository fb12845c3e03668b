"""What a server has loaded before anybody asks for a page: that is its start and its memory."""

import subprocess
import sys

from jentry.ingest.grouping import FORMER

PAGES = {
    "jentry.alerts", "jentry.api", "jentry.demo", "jentry.presentation", "jentry.schemas",
    "jentry.web", "apprise", "marshmallow", "prometheus_client", "pygments", "segno",
}  # fmt: skip
RULES = {f"jentry.ingest.grouping.v{version}" for version in FORMER}
LOADED = "import sys, jentry.cli.serve, jentry.serving.worker; print(*sys.modules, sep='\\n')"


def test_a_server_begins_without_what_only_pages_need_or_files_of_former_rules():
    done = subprocess.run(
        [sys.executable, "-c", LOADED], check=True, capture_output=True, encoding="utf-8"
    )
    loaded = set(done.stdout.split())
    assert "jentry.ingest.processor" in loaded
    assert not loaded & (PAGES | RULES)
