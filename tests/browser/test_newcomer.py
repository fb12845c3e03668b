"""From an empty folder to an error on screen and a token that works, by mouse alone, timed."""

import json
import shutil
import subprocess
import sys
import time

import pytest
from servers import environment, serving

from jentry.clock import now

STEPS = ("server answers", "set up", "error on screen", "token in curl")


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_from_serve_to_the_first_error_and_a_token_in_curl(visit, tmp_path, record_property):
    """What is shown is copied with its own buttons and pasted; keys only type into fields."""
    begin, passed = now(), []

    def done():
        passed.append(round((now() - begin).total_seconds(), 1))

    with serving(tmp_path / "jentry.db", lines=2) as (_, url, printed):
        done()
        address = next(word for word in printed.split() if "/setup/" in word)
        with visit(permissions=["clipboard-read", "clipboard-write"]) as page:
            page.goto(address)
            for label, text in (
                ("Organization name", "Acme"), ("Your name", "Mara"), ("Email", "mara@acme.test"),
                ("Password", "correct horse battery"), ("Project name", "checkout-api"),
            ):  # fmt: skip
                page.get_by_label(label).click()
                page.keyboard.insert_text(text)
            page.get_by_role("button", name="Set up").click()
            page.wait_for_url("**/projects/1/setup")
            done()
            token = copied(page, "Copy token")
            program = copied(page, "Copy code of app.py")
            tmp_path.joinpath("app.py").write_text(program)
            ran = subprocess.run(
                [sys.executable, "app.py"], cwd=tmp_path, env=environment(),
                capture_output=True, text=True,
            )  # fmt: skip
            assert "ZeroDivisionError" in ran.stderr
            page.wait_for_url("**/issues/*")
            assert "ZeroDivisionError" in page.locator("h1").inner_text()
            assert "1 / 0" in page.locator(".ln.hot").first.inner_text()
            done()

        answer = subprocess.run(
            ["curl", "-sS", "-H", f"Authorization: Bearer {token}", f"{url}/api/v1/issues"],
            env=environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert "ZeroDivisionError" in json.loads(answer.stdout)["data"][0]["title"]
        done()
    told = dict(zip(STEPS, passed, strict=True))
    print(f"\nseconds from `jentry serve`: {told}")
    record_property("newcomer", told)


def copied(page, name):
    """By its button, whose name says what it copies."""
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_function("document.querySelector('.toast')")
    time.sleep(0.1)
    return page.evaluate("navigator.clipboard.readText()")
