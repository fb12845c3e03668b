"""Mappings of ProGuard come as both generations of sentry-cli send them; native files do not."""

import io
import zipfile

import pytest
from bundles import MAPPING, MAPPING_UUID, form, sha1

PLACE = "/projects/acme/shop/files"
NAME = f"/proguard/{MAPPING_UUID}.txt"
NATIVE = "jentry does not read native debug files, only ProGuard mappings."


def assemble(tool, content=MAPPING, name=NAME):
    name_of = sha1(content)
    body = {name_of: {"name": name, "chunks": [name_of]}}
    return tool.post(f"{PLACE}/difs/assemble/", body).json[name_of]


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def send(tool, data):
    head = 'form-data; name="file"; filename="archive.zip"'
    body = f"--dash\r\nContent-Disposition: {head}\r\n\r\n".encode() + data + b"\r\n--dash--\r\n"
    kind = "multipart/form-data; boundary=dash"
    return tool.post(f"{PLACE}/dsyms/", data=body, content_type=kind)


def kept(db):
    rows = db.execute("SELECT type, url, debug_id FROM artifact_files")
    return [(row["type"], row["url"], row["debug_id"].hex()) for row in rows]


ONE = [("proguard", f"proguard/{MAPPING_UUID}.txt", MAPPING_UUID.replace("-", ""))]


def test_in_chunks(tool, db):
    missing = assemble(tool)
    assert (missing["state"], missing["missingChunks"]) == ("not_found", [sha1(MAPPING)])
    tool.post("/organizations/acme/chunk-upload/", **form(MAPPING))
    for _ in range(2):
        done = assemble(tool)
        assert (done["state"], done["dif"]["uuid"]) == ("ok", MAPPING_UUID)
        assert kept(db) == ONE
    assert db.execute("SELECT count(*) FROM upload_chunks").fetchone()[0] == 0


def test_in_an_archive(tool, db):
    data = zipped({f"proguard/{MAPPING_UUID}.txt": MAPPING})
    for _ in range(2):
        answer = send(tool, data)
        assert (answer.status_code, answer.json[0]["sha1"]) == (201, sha1(MAPPING))
        assert kept(db) == ONE


def test_native_debug_files_are_refused_before_they_are_sent(tool, db):
    refused = assemble(tool, b"\x7fELF", "libshop.so")
    assert (refused["state"], refused["missingChunks"]) == ("error", [])
    assert refused["detail"] == NATIVE
    asked = tool.get(f"{PLACE}/dsyms/unknown/?checksums={sha1(b'x')}")
    assert (asked.status_code, asked.json) == (400, {"detail": NATIVE})
    assert "debug_files" not in tool.get("/organizations/acme/chunk-upload/").json["accept"]
    assert kept(db) == []


@pytest.mark.parametrize("content", [b"", b"hello", b"a -> b", b"# a -> b:\n", b" a -> b:\n"])
def test_what_is_no_mapping_is_an_error_with_a_sentence(tool, db, content):
    if content:
        tool.post("/organizations/acme/chunk-upload/", **form(content))
        assert assemble(tool, content)["detail"].startswith("This is no ProGuard mapping")
    answer = send(tool, zipped({f"proguard/{MAPPING_UUID}.txt": content}))
    assert (answer.status_code, "mapping" in answer.json["detail"]) == (400, True)
    assert kept(db) == []


@pytest.mark.parametrize(
    "data",
    [
        b"", b"PK\5\6" + bytes(18), zipped({}), zipped({"libshop.so": b"x"}),
        zipped({f"proguard/{MAPPING_UUID}.txt": MAPPING})[:-30],
        zipped({f"proguard/{MAPPING_UUID}.txt": bytes(65 * 1024 * 1024)}),
    ],
    ids=["empty", "end", "no files", "native", "cut", "bomb"],
)  # fmt: skip
def test_an_archive_that_is_none_is_refused(tool, db, data):
    assert send(tool, data).status_code == 400
    assert kept(db) == []


def test_a_mapping_without_lines_is_kept_with_a_warning(tool, db):
    content = b"shop.Cart -> a:\n    void total() -> a\n"
    send(tool, zipped({f"proguard/{MAPPING_UUID}.txt": content}))
    assert (
        "has no line numbers" in db.execute("SELECT warnings FROM artifact_bundles").fetchone()[0]
    )


def test_another_organization_s_project_is_not_there(tool, db):
    path = f"/projects/acme/{tool.foreign_project}/files/difs/assemble/"
    assert (
        tool.post(path, {sha1(MAPPING): {"name": NAME, "chunks": [sha1(MAPPING)]}}).status_code
        == 404
    )
