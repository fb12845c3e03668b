import gc
import os
import shutil
from contextlib import closing
from pathlib import Path

import postgres
import pytest

from jentry import create_app
from jentry.api.limits import Limiter
from jentry.api.stream import Slots
from jentry.ingest.processor import Processor
from jentry.ingest.writer import Writer
from jentry.settings import Settings
from jentry.store import connection, migrations

IN_MEMORY = Path("/dev/shm")  # a file system of Linux
ROOM = 2 * 1024**3  # bytes


def pytest_addoption(parser):
    parser.addoption(
        "--engine",
        choices=("sqlite", "postgres"),
        default="sqlite",
        help="Whose database the tests of the store use; PostgreSQL's at JENTRY_TEST_POSTGRES.",
    )


def pytest_collection_modifyitems(config, items):
    if config.getoption("--engine") != "sqlite":
        items[:] = [item for item in items if item.get_closest_marker("sqlite") is None]


def pytest_configure():
    """Thousands of small databases are written: in memory that takes a third less time."""
    is_chosen = {"TMPDIR", "PYTEST_DEBUG_TEMPROOT"} & os.environ.keys()
    is_there = IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK)
    if is_there and not is_chosen and shutil.disk_usage(IN_MEMORY).free > ROOM:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(IN_MEMORY)


def pytest_collection_finish():
    """Seven thousand tests stay in memory: to look through them at each collection takes longer
    than half of the tests.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def template(request, tmp_path_factory):
    """An empty, migrated database, made once; a file is copied for each test."""
    if request.config.getoption("--engine") == "postgres":
        with postgres.database() as address:
            yield address
        return
    path = tmp_path_factory.mktemp("template") / "jentry.db"
    migrations.prepare(path)
    db = connection.connect(path, write=True)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    yield path


@pytest.fixture
def database(template, tmp_path) -> Path | str:
    if isinstance(template, str):
        postgres.empty(template)
        return template
    return Path(shutil.copy(template, tmp_path / "jentry.db"))


@pytest.fixture
def db(database):
    """A writing connection to the test's database."""
    db = connection.connect(database, write=True, shared=True)
    yield db
    db.close()


@pytest.fixture
def settings(database) -> Settings:
    return Settings(db=database, url="http://jentry.test")


@pytest.fixture
def app(settings):
    return create_app(settings)


@pytest.fixture(scope="session")
def shared_app(template, tmp_path_factory):
    path = template
    if isinstance(template, Path):
        path = shutil.copy(template, tmp_path_factory.mktemp("shared") / "jentry.db")
    return create_app(Settings(db=path))


@pytest.fixture
def reused_app(shared_app, settings):
    """One application for all tests of a kind: half the time of each would go into its routes."""
    shared_app.config["SETTINGS"] = settings
    shared_app.extensions |= {
        "limiter": Limiter(),
        "streams": Slots(),
        "processor": Processor(settings),
        "writer": Writer(settings.db),
    }
    with closing(shared_app.extensions["writer"]):
        yield shared_app


@pytest.fixture
def client(app):
    return app.test_client()
