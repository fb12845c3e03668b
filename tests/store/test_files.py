"""What lies beside a database belongs to its owner, lies beside it, and is told from others."""

import os
import pwd
import stat

import pytest

from jentry.store import connection, files, migrations, serving
from jentry.store.lock import write_lock

pytestmark = pytest.mark.sqlite(reason="it has files for it")

root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def whose(folder):
    return {f.name: (f.stat().st_uid, f.stat().st_gid) for f in folder.iterdir()}


@pytest.fixture
def nobody(tmp_path):
    """A folder of a service's."""
    found = pwd.getpwnam("nobody")
    home = tmp_path / "var"
    home.mkdir()
    os.chown(home, found.pw_uid, found.pw_gid)
    return home, (found.pw_uid, found.pw_gid)


@root
def test_what_root_makes_is_the_services(nobody, template):
    home, owner = nobody
    path = home / "jentry.db"
    migrations.prepare(path)
    with serving.announce(path):
        db = connection.connect(path, write=True)
        with connection.transaction(db):
            db.execute("UPDATE instance SET is_demo = 1")
        os.close(files.open_beside(path, ".upkeep"))
        found = whose(home)
        db.close()
    names = {f"jentry.db{end}" for end in ("", "-wal", "-shm", ".lock", ".serving", ".upkeep")}
    assert found == dict.fromkeys(names, owner)


@root
def test_root_follows_no_link_that_lies_beside(nobody, tmp_path):
    home, _ = nobody
    path = home / "jentry.db"
    migrations.prepare(path)
    target = tmp_path / "of-root"
    target.touch()
    (home / "jentry.db.upkeep").symlink_to(target)
    with pytest.raises(OSError, match="symbolic links"):
        files.open_beside(path, ".upkeep")
    assert target.stat().st_uid == 0


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660])
def test_files_beside_have_the_mode_of_the_database(database, mode):
    database.chmod(mode)
    old = os.umask(0o077)
    try:
        with write_lock(database):
            pass
    finally:
        os.umask(old)
    found = database.with_name(f"{database.name}.lock").stat().st_mode
    assert stat.S_IMODE(found) == mode


def test_they_lie_beside_the_file_that_a_link_leads_to(database, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(database)
    with serving.announce(link), write_lock(link):
        assert serving.is_served(database)
    assert os.listdir(link.parent) == ["link.db"]


def test_a_missing_database_is_not_made(tmp_path):
    with pytest.raises(connection.errors(), match="missing"):
        connection.connect(tmp_path / "none.db", write=True)
    assert list(tmp_path.iterdir()) == []
