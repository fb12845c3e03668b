"""Headless Chromium on a real server. Every page that a test sees must be without errors.

Without Chromium, or without Playwright, the tests are skipped.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from chromium import MISSING, find, launch
from servers import serving

from jentry.store import connection, instance, migrations

HERE = Path(__file__).parent
SIZE = {"width": 1280, "height": 860}
WATCH = """
document.addEventListener("securitypolicyviolation", (e) =>
  console.error(`violates ${e.violatedDirective}: ${e.blockedURI} ${e.sample}`));
"""


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    if not find():
        pytest.skip(MISSING)
    playwright = pytest.importorskip("playwright.sync_api", reason="needs pip install '.[dev]'")
    with playwright.sync_playwright() as running:
        browser = launch(running)
        yield browser
        browser.close()


@dataclass
class Server:
    url: str
    setup: str  # the one-time address
    database: Path

    def run(self, statement, *values):
        """On its database, beside it."""
        db = connection.connect(self.database, write=True)
        try:
            with connection.transaction(db):
                db.execute(statement, values)
        finally:
            db.close()


@pytest.fixture
def server(tmp_path):
    """A server whose database is empty."""
    database = tmp_path / "jentry.db"
    migrations.prepare(database)
    db = connection.connect(database, write=True)
    with connection.transaction(db):
        secret = instance.open_setup(db)
    db.close()
    with serving(database) as (_, url, _):
        yield Server(url, f"{url}/setup/{secret}", database)


@pytest.fixture
def visit(chromium):
    """`with visit() as page`: a browser of its own. Errors of any page fail the test."""

    @contextmanager
    def open_page(**options):
        context = chromium.new_context(viewport=SIZE, **options)
        context.set_default_timeout(15_000)
        context.add_init_script(WATCH)
        page, errors = context.new_page(), []
        page.on("console", lambda message: errors.append(message) if is_error(message) else None)
        page.on("pageerror", lambda error: errors.append(error))
        yield page
        context.close()
        assert [getattr(error, "text", error) for error in errors] == []

    def is_error(message):
        """A page that says with its status what was wrong with a form is none."""
        is_status = message.text.startswith("Failed to load resource: the server responded with")
        is_page = "/assets/" not in message.location["url"]
        return message.type in ("error", "warning") and not (is_status and is_page)

    return open_page
