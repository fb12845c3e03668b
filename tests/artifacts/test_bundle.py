"""Bundles that are read, and what is refused of others, each with a sentence."""

import base64
import contextlib
import io
import json
import zipfile

import pytest
from bundles import DEBUG_ID, ENTRY, HEAD, MAP, SCRIPT, bundle
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import examples

from jentry.artifacts.bundle import Bundle
from jentry.artifacts.references import debug_id_of, map_named_in
from jentry.errors import BadRequest

RAW_ID = bytes.fromhex(DEBUG_ID.replace("-", ""))


def read(data):
    found = Bundle(io.BytesIO(data))
    return list(found.files()), found


def one(name="main.js", entry=ENTRY, content=SCRIPT):
    return {name: (entry, content)}


def test_scripts_and_maps_come_with_their_names():
    files, found = read(bundle(release="shop@1", dist="7"))
    assert (found.release, found.dist, found.warnings) == ("shop@1", "7", [])
    assert [(f.type, f.url, f.debug_id, f.map_url, f.content) for f in files] == [
        ("minified_source", "~/main.js", RAW_ID, "~/main.js.map", SCRIPT),
        ("source_map", "~/main.js.map", RAW_ID, None, MAP),
    ]


@pytest.mark.parametrize(
    ("entry", "content", "url"),
    [
        pytest.param({"headers": {"sourcemap": "a.map"}}, b"", "~/js/a.map", id="header"),
        pytest.param({"headers": {"Sourcemap": "/x/a.map"}}, b"", "~/x/a.map", id="any case"),
        pytest.param({}, b"x\n//# sourceMappingURL=b.map", "~/js/b.map", id="comment"),
        pytest.param({}, b"x\n//@ sourceMappingURL=b.map\n", "~/js/b.map", id="old comment"),
        pytest.param({}, b"//# sourceMappingURL=a\n//# sourceMappingURL=b", "~/js/b", id="last"),
        pytest.param({}, b"x", None, id="none"),
        pytest.param({}, b"x='//# sourceMappingURL=b.map';", None, id="in a text"),
    ],
)
def test_a_script_names_its_map(entry, content, url):
    entry = {"type": "minified_source", "url": "~/js/main.js"} | entry
    files, found = read(bundle(one(entry=entry, content=content)))
    assert files[0].map_url == url
    assert bool(found.warnings) == (url is None)


def test_a_map_within_the_script_is_a_file_of_its_own():
    inline = base64.b64encode(MAP).decode()
    script = f"x\n//# sourceMappingURL=data:application/json;base64,{inline}".encode()
    files, _ = read(bundle(one(content=script)))
    assert [(file.type, file.url, file.content == MAP) for file in files] == [
        ("minified_source", "~/main.js", False),
        ("source_map", "~/main.js.inline.map", True),
    ]
    assert files[0].map_url == files[1].url


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("source_map", json.dumps({"debugId": DEBUG_ID}).encode()),
        ("source_map", b")]}'\n" + json.dumps({"debug_id": DEBUG_ID.upper()}).encode()),
        ("minified_source", f"x\n//# debugId={DEBUG_ID}\n".encode()),
    ],
)
def test_a_debug_id_may_stand_in_the_file_only(kind, content):
    files, _ = read(bundle(one(entry={"type": kind, "url": "~/a"}, content=content)))
    assert files[0].debug_id == RAW_ID


def test_what_the_manifest_does_not_name_is_ignored():
    files, _ = read(bundle(one() | {"extra.txt": (None, b"x")}))
    assert [file.url for file in files] == ["~/main.js"]


def stored(name, method=zipfile.ZIP_STORED, flags=0, second=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("manifest.json", json.dumps({"files": {name: ENTRY}}))
        archive.writestr(name, SCRIPT)
        if second:
            with pytest.warns(UserWarning, match="Duplicate name"):
                archive.writestr(name, SCRIPT)
    return HEAD + out.getvalue()


def damaged(data):
    """A byte in the middle of the script is another."""
    place = data.index(b"var a=1") if b"var a=1" in data else len(data) // 3
    return data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "SYSB", id="empty"),
        pytest.param(b"PK" + bundle()[8:], "SYSB", id="no head"),
        pytest.param(HEAD + b"nothing", "end is missing", id="no zip"),
        pytest.param(bundle()[:-5], "end is missing", id="cut off"),
        pytest.param(bundle(manifest=b""), "no manifest.json", id="no manifest"),
        pytest.param(bundle(manifest=b"["), "not valid JSON", id="bad manifest"),
        pytest.param(bundle(manifest=b"[" * 100_000), "not valid JSON", id="deep manifest"),
        pytest.param(bundle(manifest=b"[]"), "names no files", id="a list"),
        pytest.param(bundle({}), "has no files", id="no files"),
        pytest.param(bundle(manifest=b'{"files": {"x": {}}}'), "not in the bundle", id="absent"),
        pytest.param(bundle(one(entry={"type": "image"})), "not known", id="type"),
        pytest.param(bundle(one(entry=ENTRY | {"url": "x" * 3000})), "longer", id="long address"),
        pytest.param(bundle(one("../a.js")), "leads out", id="dots"),
        pytest.param(bundle(one("/a.js")), "leads out", id="root"),
        pytest.param(bundle(one("C:/a.js")), "leads out", id="drive"),
        pytest.param(stored("a\\b.js"), "leads out", id="backslash"),
        pytest.param(stored("a.js", second=True), "two entries", id="twice"),
        pytest.param(stored("a.js", zipfile.ZIP_BZIP2), "neither stored", id="bzip2"),
        pytest.param(damaged(stored("a.js")), "cannot be unpacked", id="damaged"),
    ],
)
def test_what_is_no_good_bundle_is_refused_with_a_sentence(data, words):
    with pytest.raises(BadRequest) as refused:
        read(data)
    assert words in refused.value.message
    assert refused.value.message.endswith(".")
    assert len(refused.value.message) < 300


def test_bytes_are_counted_while_they_are_read(monkeypatch):
    monkeypatch.setattr("jentry.artifacts.bundle.MOST_FILE_BYTES", 1024 * 1024)
    bomb = bundle(one(content=b"\0" * (1024 * 1024 + 1)))
    with pytest.raises(BadRequest, match="more than 1 MiB"):
        read(bomb)
    monkeypatch.setattr("jentry.artifacts.bundle.MOST_BYTES", 1024 * 1024)
    two = {name: (ENTRY, b"\0" * 600_000) for name in ("a.js", "b.js")}
    with pytest.raises(BadRequest, match="together"):
        read(bundle(two))


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, len(bundle()) - 1), st.integers(0, 255))
def test_a_byte_that_is_another_is_read_or_refused(place, byte):
    data = bundle()
    with contextlib.suppress(BadRequest):
        read(data[:place] + bytes([byte]) + data[place + 1 :])


@settings(max_examples=examples(60), deadline=None)
@given(st.binary(max_size=300))
def test_any_script_and_map_are_looked_through(content):
    assert debug_id_of(content=content, is_map=True) is None
    for script in (content, b"\n//# sourceMappingURL=" + content):
        named = map_named_in(script)
        assert named is None or named
