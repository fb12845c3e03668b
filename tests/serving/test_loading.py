"""What is loaded before anybody asks for more: that is the start of a program, and its memory."""

import subprocess
import sys

from jentry.ingest.grouping import FORMER

PAGES = {
    "jentry.alerts", "jentry.api", "jentry.demo", "jentry.presentation", "jentry.schemas",
    "jentry.web", "apprise", "marshmallow", "prometheus_client", "pygments", "segno",
}  # fmt: skip
RULES = {f"jentry.ingest.grouping.v{version}" for version in FORMER}


def loaded(*modules):
    program = f"import sys, {', '.join(modules)}; print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, encoding="utf-8"
    )
    return set(done.stdout.split())


def test_a_server_begins_without_what_only_pages_need_or_files_of_former_rules():
    found = loaded("jentry.cli.serve", "jentry.serving.worker")
    assert "jentry.ingest.processor" in found
    assert not found & (PAGES | RULES)


def test_an_agent_does_not_wait_for_what_only_a_server_needs():
    assert not loaded("jentry.cli.mcp") & {"flask", "jentry.ingest", "jentry.store.events", *PAGES}
