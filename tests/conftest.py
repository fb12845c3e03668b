import gc
import os
import shutil
import sys
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import factories
import laws  # noqa: F401 (its profile is there before the options are read)
import postgres
import pytest

from jentry import clock
from jentry.app import factory
from jentry.settings import Settings
from jentry.store import connection, migrations
from jentry.store.engines import drivers

IN_MEMORY = Path("/dev/shm")  # a file system of Linux
ROOM = 2 * 1024**3  # bytes


def pytest_addoption(parser):
    parser.addoption(
        "--engine",
        choices=("sqlite", "postgres"),
        default="sqlite",
        help="Whose database the tests use; PostgreSQL's at TEST_POSTGRES.",
    )


def pytest_collection_modifyitems(config, items):
    if config.getoption("--engine") == "sqlite":
        return
    for item in items:
        if mark := item.get_closest_marker("sqlite"):
            item.add_marker(pytest.mark.skip(reason=mark.kwargs["reason"]))


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers():
    """One process more than cores: many tests wait for a server of their own, or for a clock."""
    return (yield) + 1


def pytest_configure():
    """Thousands of small databases are written: in memory that takes a third less time."""
    is_chosen = {"TMPDIR", "PYTEST_DEBUG_TEMPROOT"} & os.environ.keys()
    is_there = IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK)
    if is_there and not is_chosen and shutil.disk_usage(IN_MEMORY).free > ROOM:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(IN_MEMORY)
    # A hundred processes are started; each would compile the whole package again.
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_finish():
    """Seven thousand tests stay in memory: to look through them at each collection takes longer
    than half of the tests.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def server_time(request):
    """Tests set the clock of jentry, and PostgreSQL's server goes by it: what tells its own time
    is for who asks for it. None where no server is used.
    """
    if request.config.getoption("--engine") == "sqlite":
        yield None
        return
    own = drivers.driver().connection
    with pytest.MonkeyPatch.context() as patch:
        told = own.now
        patch.setattr(own, "now", lambda _: clock.now())
        yield told


@pytest.fixture
def begins_now(monkeypatch):
    """The clock begins at `factories.NOW` and goes on, whatever day it is: nothing that the test
    dates becomes too old, and no window of a quota ends meanwhile.
    """
    told, begins = clock.now, clock.now()
    monkeypatch.setattr(clock, "now", lambda: factories.NOW + (told() - begins))


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


@pytest.fixture(scope="session")
def fresh(template, tmp_path_factory):
    """`with fresh() as db`: an empty database for each example of a law."""
    folder = tmp_path_factory.mktemp("fresh")

    @contextmanager
    def fresh():
        path = template
        if isinstance(template, str):
            postgres.empty(template)
        else:
            for left in folder.iterdir():
                left.unlink()
            path = Path(shutil.copy(template, folder / "jentry.db"))
        with closing(_writer(path)) as db:
            yield db

    return fresh


@pytest.fixture(scope="session")
def new_databases(request, tmp_path_factory):
    """`with new_databases() as place`: where a database can be made, and none is."""
    if request.config.getoption("--engine") == "postgres":
        return lambda: postgres.database(fill=lambda _: None)

    @contextmanager
    def new():
        yield tmp_path_factory.mktemp("new") / "new.db"

    return new


@pytest.fixture
def new_database(new_databases):
    with new_databases() as place:
        yield place


@pytest.fixture
def copied(tmp_path_factory):
    """`copied(database)`: another one with the same rows."""
    with ExitStack() as copies:

        def copied(database):
            if isinstance(database, Path):
                return Path(shutil.copy(database, tmp_path_factory.mktemp("copy") / "copy.db"))
            postgres.forget()
            return copies.enter_context(postgres.database(lambda _: None, template=database))

        yield copied


@pytest.fixture(scope="module")
def own_database(new_databases):
    """One that all tests of a module use."""
    with new_databases() as place:
        migrations.prepare(place)
        yield place


def _writer(database):
    """What it writes need not outlive the machine."""
    db = connection.connect(database, write=True, shared=True)
    if isinstance(database, Path):
        db.execute("PRAGMA synchronous = OFF")
    return db


@pytest.fixture
def db(database):
    """A writing connection to the test's database."""
    db = _writer(database)
    yield db
    db.close()


@pytest.fixture
def settings(database) -> Settings:
    return Settings(db=database, url="http://jentry.test")


@pytest.fixture(scope="session")
def routed():
    return factory.routed()


@pytest.fixture
def app(routed, settings):
    """One application for all tests, equipped anew for each: its routes and templates would take
    most of a test's time. What changes the application itself makes its own by `create_app`.
    """
    app = factory.equip(routed, settings)
    with closing(app.extensions["processor"]), closing(app.extensions["writer"]):
        yield app


@pytest.fixture
def client(app):
    return app.test_client()
