"""A real server, and the newest SDKs of other languages in processes of their own.

Needs node, npm and, for the browser, Chromium; without them the tests are skipped.
"""

import shutil
from pathlib import Path

import pytest
from live import npm
from served import served_organization

HERE = Path(__file__).parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.live)


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """A folder with the programs and what npm installs for them."""
    folder = tmp_path_factory.mktemp("packages")
    for file in HERE.iterdir():
        if file.suffix in (".js", ".json"):
            shutil.copy(file, folder)
    return npm.install(folder, "--engine-strict")


@pytest.fixture(scope="session")
def chromium():
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found:
        pytest.skip("needs Chromium")
    return found


@pytest.fixture(scope="module")
def org(tmp_path_factory):
    with served_organization(tmp_path_factory.mktemp("live") / "jentry.db") as org:
        yield org
