"""`.ci/release`: twice the same bytes, and a single file that needs none of our environment."""

import json
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import pytest

import jentry

ROOT = Path(__file__).parent.parent
VERSION = jentry.__version__
GIT = ("git", "-c", "user.name=Test", "-c", "user.email=test@example.com")
opened = build_opener(ProxyHandler({})).open


def test_the_heading_of_the_changelog_is_the_version():
    heading = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)[1]
    assert heading in ("Unreleased", VERSION)


@pytest.fixture(scope="module")
def tagged(tmp_path_factory):
    """A clone whose newest commit is a release."""
    for tool in ("git", "uv", "python3.11"):
        if not shutil.which(tool):
            pytest.skip(f"needs {tool}")
    if not (ROOT / ".git").exists():
        pytest.skip("needs a checkout")
    clone = tmp_path_factory.mktemp("release") / "clone"
    subprocess.run([*GIT, "clone", "--quiet", ROOT, clone], check=True)
    changelog = clone / "CHANGELOG.md"
    text = re.sub(r"^## \S+.*$", f"## {VERSION}", changelog.read_text("utf-8"), count=1, flags=re.M)
    changelog.write_text(text, "utf-8")
    subprocess.run(
        [*GIT, "commit", "--quiet", "--all", "--message", VERSION], cwd=clone, check=True
    )
    subprocess.run([*GIT, "tag", f"v{VERSION}"], cwd=clone, check=True)
    return clone


def release(clone):
    done = subprocess.run([".ci/release", f"v{VERSION}"], cwd=clone, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_tag_gives_the_same_bytes_again(tagged):
    sums = release(tagged)
    assert len(sums.splitlines()) == 4
    assert release(tagged) == sums


@pytest.mark.slow
def test_the_single_file_does_all_of_it(tagged, tmp_path):
    file = tagged / "dist" / VERSION / f"jentry-{VERSION}-linux-x86_64"
    if not file.exists():
        release(tagged)
    bare = {
        "HOME": str(tmp_path),
        "PATH": f"{Path(shutil.which('python3.11')).parent}:/usr/bin:/bin",
    }

    def run(*args):
        return subprocess.run([file, *args], cwd=tmp_path, env=bare, capture_output=True, text=True)

    assert run("--version").stdout == f"jentry {VERSION}\n"
    options = ("serve", "--demo", "--port", "0", "--db", "j.db")
    process = subprocess.Popen(
        [file, *options], cwd=tmp_path, env=bare, stdout=subprocess.PIPE, text=True
    )
    with process:
        printed = "".join(process.stdout.readline() for _ in range(9))
        url = re.search(r"http://127[0-9.:]+", printed)[0]
        token = re.search(r"jto_\w+", printed)[0]
        key, project = re.search(r"http://(\w{32})@[^/]+/(\d+)", printed).groups()
        event = Request(
            f"{url}/api/{project}/store/?sentry_key={key}",
            json.dumps({"message": "from a single file"}).encode(),
            {"Content-Type": "application/json"},
        )
        opened(event, timeout=60).close()
        process.send_signal(signal.SIGHUP)
        time.sleep(1)
        assert opened(f"{url}/login", timeout=60).status == 200
        issues = Request(
            f"{url}/api/v1/projects/{project}/issues", headers={"Authorization": f"Bearer {token}"}
        )
        with opened(issues, timeout=60) as answer:
            assert json.load(answer)["data"][0]["title"] == "from a single file"
        assert run("backup", "--db", "j.db", "backup").returncode == 0  # by a child
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert run("check", "--db", "j.db").returncode == 0
