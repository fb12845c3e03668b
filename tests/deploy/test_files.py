"""What `jentry deploy` prints: without gaps, for sub-paths too, and as the tools want it."""

import re
import shutil
import subprocess

import pytest
from click.testing import CliRunner

from jentry.cli import main
from jentry.deploy.fill import FILES

URLS = ("https://errors.example.com", "https://example.com/errors", "http://10.0.0.5:8080/e")
SCORE = 1.5


def printed(name, *options):
    done = CliRunner().invoke(main, ["deploy", name, *options])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("name", FILES)
def test_nothing_is_left_to_fill_in(name, url):
    text = printed(name, "--url", url)
    assert re.findall(r"@[a-z_]+@", text) == []
    if name != "docker":
        assert url.partition("://")[2].partition("/")[0].partition(":")[0] in text


def test_the_settings_around_it_are_taken(monkeypatch):
    monkeypatch.setenv("JENTRY_URL", "https://errors.example.org/x")
    monkeypatch.setenv("JENTRY_TRUSTED_PROXIES", "2")
    text = printed("systemd", "--program", "/opt/j", "--port", "9000")
    assert "\nExecStart=/opt/j serve --host 127.0.0.1 --port 9000\n" in text
    assert "\nEnvironment=JENTRY_URL=https://errors.example.org/x\n" in text
    assert "\nEnvironment=JENTRY_TRUSTED_PROXIES=2\n" in text


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_the_service_may_do_little(tmp_path):
    unit = tmp_path / "jentry.service"
    unit.write_text(printed("systemd"))
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", unit], capture_output=True, text=True
    )
    score = float(re.search(r"exposure level for jentry.service: ([0-9.]+)", done.stdout)[1])
    assert score <= SCORE
