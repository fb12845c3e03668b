"""Uploads of bundles, from the first question to the list of artifacts."""

import json
import random

import factories
import pytest
from bundles import bundle, chunks, form, sha1

UPLOAD = "/organizations/acme/chunk-upload/"
ASSEMBLE = "/organizations/acme/artifactbundle/assemble/"


def order(data, **more):
    sums = [sha1(part) for part in chunks(data)]
    return {"checksum": sha1(data), "chunks": sums, "projects": ["shop"]} | more


def upload(tool, data, **more):
    """As sentry-cli does it: the last answer."""
    assert tool.post(ASSEMBLE, order(data, **more)).json["state"] in ("not_found", "ok")
    for part in chunks(data):
        assert tool.post(UPLOAD, **form(part)).status_code == 200
    return tool.post(ASSEMBLE, order(data, **more)).json


@pytest.fixture
def rows(db):
    def rows(table):
        return [dict(row) for row in db.execute(f"SELECT * FROM {table}")]

    return rows


def test_the_options_name_this_server(tool):
    options = tool.get(UPLOAD).json
    assert options["url"] == "http://jentry.test/api/0/organizations/acme/chunk-upload/"
    assert options["hashAlgorithm"] == "sha1"
    assert "artifact_bundles" in options["accept"]


def test_what_is_missing_is_asked_for_and_then_put_together(tool, rows):
    data = bundle()
    missing = tool.post(ASSEMBLE, order(data)).json
    assert (missing["state"], missing["missingChunks"]) == ("not_found", [sha1(data)])
    assert upload(tool, data)["state"] == "ok"
    assert [file["url"] for file in rows("artifact_files")] == ["~/main.js", "~/main.js.map"]
    assert rows("upload_chunks") == []
    (made,) = rows("artifact_bundles")
    assert (made["release"], made["bytes"] > 0) == ("", True)


@pytest.mark.parametrize("packed", [True, False])
def test_chunks_come_packed_or_not(tool, packed):
    data = bundle()
    assert tool.post(UPLOAD, **form(data, packed=packed)).status_code == 200
    assert tool.post(ASSEMBLE, order(data)).json["state"] == "ok"


@pytest.mark.parametrize("packed", [True, False])
def test_a_chunk_may_have_any_content(tool, rows, packed):
    """Line breaks, and what resembles the boundary: parsers keep that back."""
    data = random.Random(1).randbytes(900_000) + b"\r\n--das" * 9000
    assert tool.post(UPLOAD, **form(data, packed=packed)).status_code == 200
    assert len(rows("upload_chunks")) == 1


def test_a_second_upload_needs_nothing(tool, rows):
    data = bundle()
    upload(tool, data)
    before = rows("artifact_files"), rows("audit_log")
    assert tool.post(ASSEMBLE, order(data)).json == {
        "state": "ok", "missingChunks": [], "detail": None,
    }  # fmt: skip
    assert (rows("artifact_files"), rows("audit_log")) == before


def test_another_project_gets_a_bundle_without_its_files_again(tool, rows, db):
    data, second = bundle(), factories.project(db, tool.org)
    upload(tool, data)
    tool.post(UPLOAD, **form(data))
    assert tool.post(ASSEMBLE, order(data, projects=[second])).json["state"] == "ok"
    assert len(rows("artifact_bundles")) == 1
    assert {row["project_id"] for row in rows("artifact_projects")} == {tool.project, second}


def test_a_bundle_with_a_release_makes_it(tool):
    upload(tool, bundle(), version="shop@1", dist="7")
    assert tool.get("/organizations/acme/releases/shop@1/").status_code == 200


def test_contents_are_stored_once(tool, rows):
    upload(tool, bundle(), version="shop@1")
    upload(tool, bundle(), version="shop@2")
    upload(tool, bundle(more="x"))
    assert len(rows("artifact_bundles")) == 3
    assert len(rows("file_contents")) == 2


def test_a_bundle_of_many_chunks_is_joined_in_order(tool, rows):
    content = json.dumps({"x": list(range(700_000))}).encode()
    files = {"a.map": ({"type": "source_map", "url": "~/a.map"}, content)}
    data = bundle(files)
    assert len(chunks(data)) > 1
    assert upload(tool, data)["state"] == "ok"
    assert rows("file_contents")[0]["bytes"] == len(content)


def test_what_is_no_bundle_is_an_error_with_a_sentence(tool, rows):
    answer = upload(tool, b"SYSB\x02\0\0\0 nothing")
    assert answer["state"] == "error"
    assert answer["detail"].endswith(".")
    assert rows("artifact_projects") == []


def test_artifacts_have_a_quota(client, tool, settings, app):
    app.config["SETTINGS"] = settings.__class__(db=settings.db, artifact_bytes=10)
    answer = upload(tool, bundle())
    assert answer["state"] == "error"
    assert "JENTRY_ARTIFACT_BYTES" in answer["detail"]


def test_what_waits_to_be_put_together_has_a_bound(tool, monkeypatch):
    monkeypatch.setattr("jentry.store.upload_chunks.MOST_WAITING", 1000)
    assert tool.post(UPLOAD, **form(b"x" * 900)).status_code == 200
    assert tool.post(UPLOAD, **form(b"y" * 900)).status_code == 409


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"data": b"x", "content_type": "text/plain"}, id="no form"),
        pytest.param({"data": b"x", "content_type": "multipart/form-data"}, id="no boundary"),
        pytest.param(form(b"x", packed=False, name="file_gzip"), id="no gzip"),
        pytest.param(form(b"x" * (1024 * 1024 + 1)), id="a large chunk"),
        pytest.param(form(b"x" * (1024 * 1024 + 1), packed=False), id="a large plain chunk"),
        pytest.param(form(b"x", name="other"), id="another field"),
        pytest.param(form(*[b"x"] * 100), id="too many"),
    ],
)
def test_what_is_no_chunk_is_refused(tool, rows, options):
    answer = tool.post(UPLOAD, **options)
    assert answer.status_code in (400, 413)
    assert rows("upload_chunks") == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"projects": []}, 400),
        ({"projects": ["foreign"]}, 404),
        ({"checksum": "x"}, 400),
        ({"chunks": []}, 400),
        ({"chunks": ["0" * 40] * 600}, 400),
        ({"version": "a/b"}, 400),
        ({"dist": "x" * 100}, 400),
    ],
)
def test_an_order_that_is_wrong_is_refused(tool, change, status):
    answer = tool.post(ASSEMBLE, order(bundle(), **change))
    assert (answer.status_code, list(answer.json)) == (status, ["detail"])


def test_chunks_that_do_not_make_the_file_are_an_error(tool):
    data = bundle()
    tool.post(UPLOAD, **form(data))
    answer = tool.post(ASSEMBLE, order(data, checksum="0" * 40)).json
    assert answer["state"] == "error"
    assert "checksum" in answer["detail"]
