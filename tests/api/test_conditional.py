"""ETags: nothing is sent twice, and nobody overwrites what they have not seen. gzip on the way."""

import gzip
import json
import threading

import factories
import pytest

from jentry.api import answers

STALE = "This has changed since its ETag was given out; read it again, then decide."


@pytest.fixture
def issue(db, world):
    return f"/issues/{factories.issue(db, world.project)}"


@pytest.fixture
def long_list(db, world):
    for _ in range(10):
        factories.issue(db, world.project)
    return f"/projects/{world.project}/issues"


READS = [
    "/projects", "/projects/{project}", "/projects/{project}/issues", "/issues", "/issues/{issue}",
    "/issues/{issue}/events", "/audit", "/members", "/openapi.json",
]  # fmt: skip


@pytest.mark.parametrize("path", READS)
def test_what_has_not_changed_is_not_sent_again(api, db, world, path):
    path = path.format(project=world.project, issue=factories.issue(db, world.project))
    first = api.get(path)
    again = api.get(path, headers={"If-None-Match": first.headers["ETag"]})
    head = api.open("HEAD", path, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert "Content-Type" not in again.headers
    assert head.status_code == 304


@pytest.mark.parametrize(
    ("header", "status"),
    [
        pytest.param("{tag}", 304, id="the tag"),
        pytest.param("W/{tag}", 304, id="weakened by a proxy"),
        pytest.param('"other", {tag}', 304, id="one of several"),
        pytest.param("*", 304, id="anything"),
        pytest.param('"other"', 200, id="another"),
        pytest.param("{bare}", 200, id="without quotes"),
        pytest.param("", 200, id="empty"),
    ],
)
def test_if_none_match_is_a_list_of_tags(api, issue, header, status):
    tag = api.get(issue).headers["ETag"]
    header = header.format(tag=tag, bare=tag.strip('"'))
    assert api.get(issue, headers={"If-None-Match": header}).status_code == status


def test_the_tag_is_that_of_the_body(api, issue):
    before = api.get(issue)
    api.patch(issue, {"status": "ignored"})
    changed = api.get(issue, headers={"If-None-Match": before.headers["ETag"]})
    api.patch(issue, {"status": "unresolved"})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != before.headers["ETag"]


def test_errors_and_changes_have_no_tag(api, issue):
    assert "ETag" not in api.get("/issues/999").headers
    assert "ETag" not in api.patch(issue, {"status": "ignored"}).headers


@pytest.mark.parametrize(
    ("header", "status"),
    [
        pytest.param("{tag}", 200, id="the tag"),
        pytest.param('"other", {tag}', 200, id="one of several"),
        pytest.param("*", 200, id="anything"),
        pytest.param('"other"', 412, id="another"),
        pytest.param("W/{tag}", 412, id="a weak one is not sure"),
        pytest.param("", 412, id="empty"),
    ],
)
def test_a_change_can_demand_that_nothing_has_changed(api, db, audited, issue, header, status):
    header = header.format(tag=api.get(issue).headers["ETag"])
    answer = api.patch(issue, {"status": "resolved"}, headers={"If-Match": header})
    assert answer.status_code == status
    if status == 412:
        assert answer.json == {"error": STALE}
        assert api.get(issue).json["data"]["status"] == "unresolved"
        assert audited() == []


def test_of_two_that_saw_the_same_only_one_changes_it(app, api, issue):
    tag = api.get(issue).headers["ETag"]
    start, statuses = threading.Barrier(2), []

    def change(status):
        start.wait()
        answer = app.test_client().patch(
            f"/api/v1{issue}",
            json={"status": status},
            headers={"Authorization": f"Bearer {api.token}", "If-Match": tag},
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=change, args=(s,)) for s in ("resolved", "ignored")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 412]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        pytest.param("/issues/999", {"status": "resolved"}, 404, id="what is not there"),
        pytest.param("{issue}", {"status": "x"}, 400, id="a bad body"),
    ],
)
def test_the_demand_comes_last(api, issue, path, body, status):
    answer = api.patch(path.format(issue=issue), body, headers={"If-Match": '"other"'})
    assert answer.status_code == status


def test_what_would_change_nothing_is_demanding_too(api, world, issue):
    body = {"ids": [int(issue.rpartition("/")[2])], "status": "resolved", "dryRun": True}
    path = f"/projects/{world.project}/issues"
    assert api.patch(path, body, headers={"If-Match": '"other"'}).status_code == 412
    tag = api.get(path).headers["ETag"]
    assert api.patch(path, body, headers={"If-Match": tag}).status_code == 200


def test_a_demand_needs_no_right_to_read(api, db, world, issue):
    tag = api.get(issue).headers["ETag"]
    token = factories.token(db, world.org, world.owner, ["issue:write"])
    headers = {"Authorization": f"Bearer {token}", "If-Match": tag}
    assert api.patch(issue, {"status": "resolved"}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("identity", False),
        ("", False),
        (None, False),
    ],
)
def test_long_answers_are_compressed_for_who_accepts_it(api, long_list, accepted, is_compressed):
    plain = api.get(long_list)
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    answer = api.get(long_list, headers=headers)
    assert (answer.headers.get("Content-Encoding") == "gzip") is is_compressed
    assert answer.headers["Vary"] == "Accept, Accept-Encoding, Authorization"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    if is_compressed:
        assert len(answer.data) < len(plain.data) / 2
        assert json.loads(gzip.decompress(answer.data)) == plain.json


def test_short_answers_are_not_compressed(api):
    answer = api.get("/audit", headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) < answers.SMALLEST
    assert "Content-Encoding" not in answer.headers


def test_compressed_bytes_have_a_tag_of_their_own_that_both_know(api, long_list):
    plain = api.get(long_list).headers["ETag"]
    squeezed = api.get(long_list, headers={"Accept-Encoding": "gzip"}).headers["ETag"]
    assert squeezed == plain[:-1] + '-gzip"'
    for tag in (plain, squeezed):
        for encoding in ("gzip", "identity"):
            headers = {"Accept-Encoding": encoding, "If-None-Match": tag}
            assert api.get(long_list, headers=headers).status_code == 304
