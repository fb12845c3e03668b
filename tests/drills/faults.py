"""The fault drills: whatever breaks, nothing acknowledged is lost, and it says what is wrong.

Each has a server, a file and a load of its own; together they are one table.
"""

import json
import lzma
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from jentry.bench import server
from jentry.bench.server import Server, Target
from jentry.cli.base import answer, json_option, table
from jentry.store import checks, connection
from tests.drills import kill, stop
from tests.drills.kill import stored_ids

SECONDS = 3.0  # of load
RATE = 100  # events a second
KILLS = 20
NOBODY = 65534

chance = random.Random(1)


class Scene:
    """A file, and the load that is sent to whoever serves it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "jentry.db"
        self.target = server.make_target(self.path)
        self.acknowledged: set[str] = set()
        self._seed = 0

    @contextmanager
    def loaded(self, running: Server, seconds: float = SECONDS) -> Iterator[subprocess.Popen[str]]:
        """Events are on their way until the block ends; what was answered is remembered."""
        self._seed += 1
        answered = self.folder / f"acknowledged-{self._seed}.txt"
        load = subprocess.Popen(
            [
                sys.executable, "-m", "jentry.bench.load", "--url", running.url,
                "--project", str(self.target.project_id), "--key", self.target.public_key,
                "--connections", "8", "--seconds", str(seconds), "--rate", str(RATE),
                "--seed", str(self._seed), "--acknowledged", str(answered),
            ],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        load.stdout.readline()
        try:
            yield load
            load.communicate(timeout=seconds + 60)
        finally:
            load.kill()
            load.wait()
            load.stdout.close()
        self.acknowledged |= set(answered.read_text().split())

    def send(self, running: Server, size: int = 0) -> int:
        """The status of one event; what was answered is remembered."""
        event_id = f"{chance.getrandbits(128):032x}"
        code = send(running, self.target, size, event_id)
        self.acknowledged |= {event_id} if code == 200 else set()
        return code

    def fill(self, seconds: float = SECONDS) -> None:
        with server.running(self.path) as running, self.loaded(running, seconds):
            pass

    def require_whole(self, path: Path | None = None) -> str:
        """Nothing that was acknowledged is missing, and counters equal rows."""
        lost = self.acknowledged - stored_ids(path or self.path)
        problems = checks.problems_of(path or self.path)
        assert not lost, f"{len(lost)} of {len(self.acknowledged)} lost"
        assert not problems, problems[:3]
        assert self.acknowledged, "nothing was stored"
        return f"{len(self.acknowledged)} acknowledged, 0 lost, sound"

    def require_counted(self) -> str:
        """On a small disk the oldest events make room for new ones; their counts stay."""
        counted = count(self.path, "event_count", "issues")
        problems = checks.problems_of(self.path)
        assert counted >= len(self.acknowledged), f"{counted} of {len(self.acknowledged)} counted"
        assert not problems, problems[:3]
        return f"{len(self.acknowledged)} acknowledged, all counted, sound"

    def run(self, *args: object, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "jentry", *map(str, args), "--db", str(self.path)],
            capture_output=True, text=True,
        )  # fmt: skip
        assert code is None or done.returncode == code, done.stderr or done.stdout
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def start(self, *args: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "jentry", *map(str, args), "--db", str(self.path)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def kill_midway(self, most: float, *args: object) -> bool:
        """Whether it was killed before its end, at a random moment."""
        process = self.start(*args)
        try:
            process.wait(chance.uniform(0.2, 1.0) * most)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True
        return False

    def kills(self, most: float, *args: object) -> Iterator[bool]:
        """Attempts until KILLS of them were killed midway: whether this one was."""
        killed, attempts = 0, 0
        while killed < KILLS:
            attempts += 1
            assert attempts < 10 * KILLS, f"{killed} of {attempts} killed"
            is_killed = self.kill_midway(most, *args)
            killed += is_killed
            yield is_killed

    def seconds_of(self, *args: object) -> float:
        began = time.monotonic()
        self.run(*args)
        return time.monotonic() - began


def noise(size: int) -> dict[str, str]:
    """That cannot be packed."""
    return {str(n): os.urandom(500).hex() for n in range(size // 1000)}


def status(running: Server, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"{running.url}{path}", timeout=10) as found:
            return found.status, found.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def send(running: Server, target: Target, size: int = 0, event_id: str | None = None) -> int:
    """The status that one event is answered with."""
    event = {"message": f"drill {chance.random()}", "extra": noise(size)}
    request = urllib.request.Request(
        f"{running.url}/api/{target.project_id}/store/",
        data=json.dumps(event | ({"event_id": event_id} if event_id else {})).encode(),
        headers={"X-Sentry-Auth": f"Sentry sentry_key={target.public_key}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as found:
            return found.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def await_ready(running: Server, wanted: int = 200) -> str:
    deadline = time.monotonic() + 30
    while True:
        code, words = status(running, "/readyz")
        if code == wanted:
            return words.strip()
        assert time.monotonic() < deadline, (code, words)
        time.sleep(0.2)


# Killed ------------------------------------------------------------------------------------------


def kill_the_server(folder: Path) -> str:
    rounds = list(kill.drill(KILLS, "asgi", seconds=1.0))
    assert [(r.lost, r.problems) for r in rounds] == [(0, [])] * KILLS
    return f"{KILLS} kills, {sum(r.acknowledged for r in rounds)} acknowledged, 0 lost, sound"


def kill_a_backup(folder: Path) -> str:
    scene, target = Scene(folder), folder / "out"
    target.mkdir()
    with server.running(scene.path) as running, scene.loaded(running, 45.0):
        most = scene.seconds_of("backup", target)
        for _ in scene.kills(most, "backup", target):
            pass
        scene.run("backup", target)
    names = sorted(path.name for path in target.iterdir())
    assert all(name.endswith(".db.zst") for name in names), names
    served, scene.path = scene.path, folder / "other.db"
    for name in names:  # whole, each of them
        scene.run("restore", target / name, "--force")
    scene.path = served
    return f"{KILLS} kills, {len(names)} whole, no part left; {scene.require_whole()}"


def kill_a_restore(folder: Path) -> str:
    scene, backup = Scene(folder), folder / "a.zst"
    scene.fill()
    scene.run("backup", backup)
    most = scene.seconds_of("restore", backup, "--force")
    for _ in scene.kills(most, "restore", backup, "--force"):
        scene.require_whole()
    scene.run("restore", backup, "--force")
    assert not list(folder.glob("*.restoring"))
    return f"{KILLS} kills; {scene.require_whole()}"


def kill_an_export(folder: Path) -> str:
    scene, file = Scene(folder), folder / "a.jsonl"
    scene.fill()
    args = ("export", file, "--org", "benchmark")
    most = scene.seconds_of(*args)
    file.unlink()
    for _ in scene.kills(most, *args):
        assert not file.exists() or file.read_text().endswith("}\n")
        file.unlink(missing_ok=True)
    scene.run(*args)
    assert not list(folder.glob(".a.jsonl*"))
    return f"{KILLS} kills, never a half; {scene.require_whole()}"


def kill_an_import(folder: Path) -> str:
    scene, file = Scene(folder), folder / "a.jsonl"
    scene.fill()
    scene.run("export", file, "--org", "benchmark")
    wanted, files = count(scene.path, "event_count", "issues"), 0
    scene.path = folder / "new.db"
    for is_killed in scene.kills(1.5, "import", file):
        if not is_killed:  # it has come to its end: once more from nothing
            files += 1
            scene.require_whole()
            for path in folder.glob("new.db*"):
                path.unlink()
    scene.run("import", file)
    assert count(scene.path, "event_count", "issues") == wanted
    return f"{KILLS} kills, it went on into {files + 1} files; {scene.require_whole()}"


def count(path: Path, column: str, of: str) -> int:
    with closing(connection.connect(path)) as db:
        return db.execute(f"SELECT sum({column}) FROM {of}").fetchone()[0]


def kill_an_upgrade(folder: Path) -> str:
    """A file of the version before: that of this one without the tables that are new since."""
    scene = Scene(folder)
    scene.fill()
    before = (Path(__file__).parents[1] / "schemas" / "0001-demo.db.xz").read_bytes()
    old = folder / "old"
    old.mkdir()
    scene.path = old / "jentry.db"
    scene.path.write_bytes(lzma.decompress(before))
    for _ in scene.kills(scene.seconds_of("migrate"), "migrate"):
        with closing(connection.connect(scene.path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            assert db.execute("SELECT count(*) FROM events").fetchone()[0] == 669
        scene.run("migrate")
        assert not list(old.glob("*.upgrading*"))
        assert checks.problems_of(scene.path) == []
        for path in old.iterdir():
            path.unlink()
        scene.path.write_bytes(lzma.decompress(before))
    return f"{KILLS} kills: one file or the other, 669 events each time"


# Signals -----------------------------------------------------------------------------------------


def end_under_load(folder: Path) -> str:
    found = list(stop.drill(2, "asgi"))
    assert all(each.is_good for each in found), found
    acknowledged = sum(each.acknowledged for each in found)
    return f"2 x TERM, 2 x HUP: {acknowledged} acknowledged, 0 lost, 0 unanswered"


def stop_a_worker(folder: Path) -> str:
    """SIGSTOP, and on again: what was answered stays, what was not is sent again by SDKs."""
    scene = Scene(folder)
    with server.running(scene.path) as running, scene.loaded(running, 6.0):
        time.sleep(1)
        pids = running.pids()[1:]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(2)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        await_ready(running)
    return f"stopped for 2 s: {scene.require_whole()}"


# The disk ----------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def full_disk(folder: Path) -> str:
    """Without a budget nothing makes room: what was answered is there."""
    os.environ["JENTRY_DISK_BUDGET"] = "0"
    try:
        return _fill_up(folder, Scene.require_whole)
    finally:
        del os.environ["JENTRY_DISK_BUDGET"]


def full_budget(folder: Path) -> str:
    return _fill_up(folder, Scene.require_counted)


def _fill_up(folder: Path, require: Callable[[Scene], str]) -> str:
    with small_disk(folder, "24m") as disk:
        scene = Scene(disk)
        with server.running(scene.path) as running:
            with scene.loaded(running):
                pass
            ballast = disk / "ballast"
            with ballast.open("wb") as file, suppress(OSError):
                while True:
                    file.write(bytes(65536))
            codes = {scene.send(running) for _ in range(30)}
            codes |= {scene.send(running, 200_000) for _ in range(30)}
            words = await_ready(running, 503)
            code, page = status(running, "/healthz")
            refused = scene.run("backup", disk, code=1).stderr
            assert (code, page, "full" in words) == (200, "ok\n", True), (code, page, words)
            assert "Not enough space" in refused, refused
            ballast.unlink()
            await_ready(running)
            assert scene.send(running) == 200
        return f"events {sorted(codes)}, /readyz: {words}; then again; {require(scene)}"


def read_only_disk(folder: Path) -> str:
    with small_disk(folder, "64m") as disk:
        scene = Scene(disk)
        scene.fill()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        scene.run("check")
        scene.run("backup", folder / "a.zst")
        refused = scene.run("serve", "--port", 0, code=1).stderr.strip()
        exported = scene.run("export", folder / "a.jsonl", "--org", "benchmark", code=None)
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        with server.running(scene.path) as running:
            assert send(running, scene.target) == 200
        words = refused.replace(str(disk), "…")
        export = "exported" if not exported.returncode else exported.stderr.strip()
        return f"checked, backed up, {export}; serve: {words}; then again; {scene.require_whole()}"


def locked_file(folder: Path) -> str:
    scene = Scene(folder)
    holder = (
        "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('BEGIN EXCLUSIVE');"
        "print(flush=True); sys.stdin.read()"
    )
    with server.running(scene.path) as running:
        with scene.loaded(running):
            pass
        other = subprocess.Popen(
            [sys.executable, "-c", holder, str(scene.path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        other.stdout.readline()
        code, words = send(running, scene.target), await_ready(running, 503)
        backup = scene.run("backup", folder / "a.zst", code=None)
        other.communicate(b"")
        await_ready(running)
    assert code == 503, code
    took = "a backup was made" if not backup.returncode else backup.stderr.strip()
    return f"events {code}, {words}; {took}; then again; {scene.require_whole()}"


# The file ----------------------------------------------------------------------------------------


def torn_log(folder: Path) -> str:
    """A log whose last frame was only begun when the machine stopped."""
    scene = Scene(folder)
    running = server.start(scene.path)
    with scene.loaded(running, 4.0):
        time.sleep(2)
        running.kill()
    with open(f"{scene.path}-wal", "ab") as log:
        log.write(os.urandom(2500))
    with server.running(scene.path) as again:
        await_ready(again)
    return scene.require_whole()


def page_of_zeros(folder: Path) -> str:
    scene, backup = Scene(folder), folder / "a.zst"
    scene.fill()
    scene.run("backup", backup)
    with scene.path.open("r+b") as file:
        middle = scene.path.stat().st_size // 8192 * 4096
        for page in range(-2, 3):
            file.seek(middle + page * 4096)
            file.write(bytes(4096))
    found = scene.run("check", code=1)
    refused = scene.run("backup", folder / "b.zst", code=1).stderr
    assert "damaged" in refused, refused
    assert not (folder / "b.zst").exists()
    with server.running(scene.path) as running:  # it serves what it can
        assert status(running, "/healthz")[0] == 200
    scene.run("restore", backup, "--force")
    problems = found.stdout.count("Wrong:")
    return f"check names {problems} problems, no backup of it; restored: {scene.require_whole()}"


# Everything else ---------------------------------------------------------------------------------

CLOCK = """
from datetime import timedelta
from jentry import clock
real = clock.now
clock.now = lambda: real() + timedelta(days=DAYS)
from jentry.cli import main
main()
"""


def jumping_clock(folder: Path) -> str:
    """A day back, and a day forth, from one start to the next."""
    scene = Scene(folder)
    seen = []
    for days in (0, -1, 1, 0):
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", CLOCK.replace("DAYS", str(days)), "serve", "--port", "0"],
            env=os.environ | server.UNLIMITED | {"JENTRY_DB": str(scene.path)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        running = Server(process, server.await_address(process))
        with scene.loaded(running, 1.5):
            pass
        seen.append(status(running, "/readyz")[0])
        running.stop()
    assert seen == [200] * 4, seen
    return f"4 starts: {scene.require_whole()}"


def idle_connections(folder: Path) -> str:
    scene = Scene(folder)
    with server.running(scene.path) as running, ExitStack() as stack:
        host, port = running.url.removeprefix("http://").split(":")
        for _ in range(500):
            stack.enter_context(socket.create_connection((host, int(port)), timeout=10))
        with scene.loaded(running):
            codes = {send(running, scene.target) for _ in range(20)}
    assert codes == {200}, codes
    return f"500 idle: {scene.require_whole()}"


def two_servers(folder: Path) -> str:
    scene = Scene(folder)
    with server.running(scene.path) as one, server.running(scene.path) as two:
        with scene.loaded(one), scene.loaded(two):
            pass
        scene.run("backup", folder / "a.zst")
    return f"both stored: {scene.require_whole()}"


# The interpreter may be where only root can read it: all is imported before that ends.
ANOTHER = f"""
import encodings.idna, gunicorn.glogging, os, pkgutil, jentry
from importlib import import_module
for module in pkgutil.walk_packages(jentry.__path__, "jentry."):
    if ".bench" not in module.name and "__main__" not in module.name:
        import_module(module.name)
import gunicorn.config as config; config.User.default = config.Group.default = {NOBODY}
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
from jentry.cli import main
main()
"""


def hands_of_root(folder: Path) -> str:
    """The server belongs to another; root's commands leave it nothing that it cannot use."""
    folder.chmod(0o777)
    home = folder / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    scene = Scene(home)
    for path in home.iterdir():
        assert path.stat().st_uid == NOBODY, path
    env = os.environ | server.UNLIMITED | {"JENTRY_DB": str(scene.path), "HOME": str(home)}
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", ANOTHER, "serve", "--port", "0"], env=env,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    running = Server(process, server.await_address(process))
    try:
        with scene.loaded(running):
            scene.run("check", code=None)
            scene.run("backup", home / "a.zst")
            scene.run("org", "create", "More")
        assert send(running, scene.target) == 200
    finally:
        running.stop()
    scene.run("restore", home / "a.zst", "--force")
    scene.run("migrate")
    foreign = [path.name for path in home.iterdir() if path.stat().st_uid != NOBODY]
    own = [name for name in foreign if not name.startswith("acknowledged")]
    assert own == [], own
    return f"check, backup, restore, org create, migrate as root; {len(scene.acknowledged)} stored"


DRILLS: dict[str, Callable[[Path], str]] = {
    f"kill -9 of the server, {KILLS} times": kill_the_server,
    "kill -9 of a backup": kill_a_backup,
    "kill -9 of a restore": kill_a_restore,
    "kill -9 of an export": kill_an_export,
    "kill -9 of an import": kill_an_import,
    "kill -9 of an upgrade": kill_an_upgrade,
    "SIGTERM and SIGHUP under load": end_under_load,
    "SIGSTOP of the workers": stop_a_worker,
    "a full disk": full_disk,
    "a full disk and a budget": full_budget,
    "a read-only file system": read_only_disk,
    "a file locked by another program": locked_file,
    "a torn end of the log": torn_log,
    "pages of zeros in the middle": page_of_zeros,
    "the clock a day back and forth": jumping_clock,
    "500 idle connections": idle_connections,
    "a second server on the same file": two_servers,
    "root's hands": hands_of_root,
}
AS_ROOT = ("a full disk", "a full disk and a budget", "a read-only file system", "root's hands")


@dataclass(frozen=True)
class Result:
    fault: str
    is_good: bool
    seen: str
    seconds: float


def drill(names: list[str]) -> Iterator[Result]:
    for name in names:
        began = time.monotonic()
        folder = Path(tempfile.mkdtemp(prefix="jentry-faults-"))
        try:
            seen, is_good = DRILLS[name](folder), True
        except (AssertionError, RuntimeError, OSError, subprocess.SubprocessError) as error:
            seen, is_good = " ".join(f"{type(error).__name__}: {error}".split())[:300], False
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        yield Result(name, is_good, seen, round(time.monotonic() - began, 1))


@click.command()
@click.option("--only", default="", help="Those whose name has this word.")
@json_option
@click.pass_context
def command(ctx: click.Context, only: str, as_json: bool) -> None:
    """Break what can break, and show in a table what became of it. Exit 1 when something was lost.

    Four of them need root.
    """
    names = [name for name in DRILLS if only in name]
    if os.geteuid():
        names = [name for name in names if name not in AS_ROOT]
    with click.progressbar(drill(names), length=len(names), hidden=as_json) as bar:
        shown = list(bar)
    rows = [
        [each.fault, "ok" if each.is_good else "BROKEN", each.seconds, each.seen] for each in shown
    ]
    answer(as_json, [vars(each) for each in shown], *table([["fault", "", "s", "seen"], *rows], ""))
    ctx.exit(0 if all(each.is_good for each in shown) else 1)


if __name__ == "__main__":
    command()
