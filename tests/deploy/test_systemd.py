"""The service starts under its restrictions: a systemd of its own, in namespaces, runs it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from servers import free_port

from jentry.cli import main

pytestmark = pytest.mark.slow

PYTHON = "/usr/bin/python3"  # ours may lie in somebody's home, which the service cannot see
ROOT = Path(__file__).parents[2]
# Nothing of it is shared. It knows no unit but this one: those of the system would tidy up /tmp and
# set up the network. Folders, control groups and network are its own, kernel settings read-only.
BEGIN = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/units/jentry.service.d
cp {folder}/jentry.service /run/units/
cp {folder}/more.conf /run/units/jentry.service.d/
cp {folder}/bare.target /run/units/
for each in /tmp /var/tmp /var/lib /var/log; do mount -t tmpfs -o mode=1777 tmpfs "$each"; done
mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
mkdir /sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys
ip link set lo up
exec env -i PATH="$PATH" container=docker SYSTEMD_UNIT_PATH=/run/units \\
    /lib/systemd/systemd --system --unit=bare.target
"""
BARE = "[Unit]\nDefaultDependencies=no\n"
MORE = """[Unit]
DefaultDependencies=no
[Service]
User=nobody
Environment=PYTHONPATH={path}
"""


def usable():
    """Why not, if so."""
    if os.geteuid() != 0:
        return "needs root"
    if not all(map(shutil.which, ("systemctl", "unshare", "nsenter", "curl", "ip", PYTHON))):
        return "needs systemd, unshare, nsenter, ip, curl and python3"
    program = "import sysconfig as s; print(s.get_config_var('SOABI'))"
    found = subprocess.run([PYTHON, "-c", program], capture_output=True, text=True)
    same = found.stdout.strip() == sysconfig.get_config_var("SOABI")
    return "" if same else f"{PYTHON} is of another version"


@pytest.fixture
def machine(tmp_path):
    """Runs a command where the other systemd is the first process; and the service's port."""
    if why := usable():
        pytest.skip(why)
    port = free_port()
    program = f"{PYTHON} -m jentry"
    options = ("--program", program, "--port", str(port), "--url", "http://127.0.0.1")
    unit = CliRunner().invoke(main, ["deploy", "systemd", *options]).output
    (tmp_path / "jentry.service").write_text(unit)
    path = f"{ROOT}:{sysconfig.get_path('purelib')}"
    (tmp_path / "more.conf").write_text(MORE.format(path=path))
    (tmp_path / "bare.target").write_text(BARE)
    outer = subprocess.Popen(
        ["unshare", "--fork", "--kill-child", "--pid", "--mount", "--mount-proc", "--cgroup",
         "--uts", "--ipc", "--net", "bash", "-c", BEGIN.format(folder=tmp_path)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def run(*args):
        (first,) = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()
        line = ["nsenter", "--target", first, "--mount", "--pid", "--cgroup", "--net", *args]
        return subprocess.run(line, capture_output=True, text=True, timeout=60)

    try:
        for _ in range(100):
            time.sleep(0.1)
            if run("systemctl", "is-system-running").stdout.strip() == "running":
                break
        yield run, port
    finally:
        outer.send_signal(signal.SIGKILL)
        outer.wait()


def shown(run, name):
    return run("systemctl", "show", "jentry", f"--property={name}", "--value").stdout.strip()


def test_it_serves_reloads_and_stops_under_its_restrictions(machine, tmp_path):
    run, port = machine
    assert sys.platform == "linux"
    started = run("systemctl", "start", "jentry")
    assert started.returncode == 0, started.stderr

    def get(path, *options):
        again = ("--retry", "20", "--retry-connrefused", "--retry-delay", "1")
        url = f"http://127.0.0.1:{port}{path}"
        return run("curl", "-s", "--noproxy", "*", *again, *options, url).stdout

    assert get("/readyz").startswith("ok\n")
    pid = shown(run, "MainPID")
    status = run("cat", f"/proc/{pid}/status").stdout
    found = dict(re.findall(r"^(NoNewPrivs|Seccomp|CapBnd|CapEff):\s+(\w+)$", status, re.MULTILINE))
    assert found == {
        "NoNewPrivs": "1", "Seccomp": "2", "CapBnd": "0" * 16, "CapEff": "0" * 16,
    }  # fmt: skip
    assert run("systemctl", "reload", "jentry").returncode == 0
    assert get("/readyz").startswith("ok\n")
    assert shown(run, "NRestarts") == "0"
    wanted = {"jentry.db", "jentry.db.upkeep"}
    deadline = time.monotonic() + 60
    while not wanted <= set(run("ls", "/var/lib/jentry").stdout.split()):
        assert time.monotonic() < deadline, "upkeep has not begun"
        time.sleep(0.2)
    assert run("systemctl", "stop", "jentry").returncode == 0
    assert list(tmp_path.iterdir())  # our own /tmp is none of its business
    assert (shown(run, "Result"), shown(run, "ExecMainStatus")) == ("success", "0")
