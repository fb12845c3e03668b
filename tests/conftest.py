import gc
import shutil
from pathlib import Path

import pytest

from jentry import create_app
from jentry.settings import Settings
from jentry.store import connection, migrations


def pytest_collection_finish():
    """Seven thousand tests stay in memory: to look through them at each collection takes longer
    than half of the tests.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """An empty, migrated database, made once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "jentry.db"
    migrations.prepare(path)
    db = connection.connect(path, write=True)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path


@pytest.fixture
def database(template, tmp_path) -> Path:
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


@pytest.fixture
def client(app):
    return app.test_client()
