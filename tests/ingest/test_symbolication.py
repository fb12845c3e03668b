"""Events of minified builds are stored as their sources read."""

import json
import sys
import uuid

import factories
import pytest
from bundles import (
    CART,
    ENTRY,
    IDS,
    MAP_ENTRY,
    MAPPING_UUID,
    URL,
    build,
    bundle,
    bundle_of,
    crash,
    event,
    mapping_event,
    source_map,
)
from click.testing import CliRunner

from jentry.cli import main
from jentry.ingest.symbolication import doctor, names

pytest.importorskip("symbolic")


@pytest.fixture
def symbols(client):
    return (
        client.app.extensions["processor"] if client.name == "wsgi" else client.app.processor
    ).symbols


@pytest.fixture
def busy_mapper(client, symbols):
    """Nobody is answered, and no event waits for that."""
    settings = client.app.config["SETTINGS"] if client.name == "wsgi" else client.app.settings
    object.__setattr__(settings, "map_seconds", 0)
    with symbols._mapper._lock:
        yield


def bundle_around(script, found):
    """A script and its map, by the debug id of the first build."""
    ids = {"debug-id": IDS["1"]}
    return bundle(
        {
            "main.js": (ENTRY | {"headers": ids}, script),
            "main.js.map": (MAP_ENTRY | {"headers": ids}, found),
        }
    )


def test_a_frame_reads_as_its_source(sdk, stored, upload):
    upload(bundle_of("1"))
    assert sdk.event(**event("1")).status == 200
    value = crash(stored.payload())
    frame = value["stacktrace"]["frames"][-1]
    assert (frame["function"], frame["filename"], frame["module"]) == (
        "readAmount", "src/cart.ts", "src/cart",
    )  # fmt: skip
    assert (frame["lineno"], frame["colno"], frame["in_app"]) == (7, 10, True)
    assert frame["context_line"] == "  return item.price.amount;"
    assert frame["pre_context"] == CART.split("\n")[1:6]
    assert frame["data"] == {"sourcemap": "~/js/main.js.map"}
    assert [f["function"] for f in value["raw_stacktrace"]["frames"]] == ["t", "t"]
    assert stored.one("SELECT title, culprit FROM issues") == {
        "title": "TypeError: no price", "culprit": "readAmount(src/cart)",
    }  # fmt: skip
    assert stored.one("SELECT symbolication FROM events") == {"symbolication": "mapped"}


def test_two_builds_of_one_source_are_one_issue(sdk, stored, upload):
    for number in ("1", "2"):
        upload(bundle_of(number))
        sdk.event(**event(number))
    assert stored.one("SELECT event_count FROM issues") == {"event_count": 2}


def test_places_are_looked_up_once(sdk, stored, upload, symbols):
    upload(bundle_of("1"))
    sdk.event(**event("1"))
    symbols._mapper.close()
    symbols._mapper._started = None  # nobody may be asked any more
    sdk.event(**event("1"))
    symbols._places.clear()
    sdk.event(**event("1"))
    assert stored.count("mapped_positions") == 2
    assert {row["symbolication"] for row in stored.all("SELECT symbolication FROM events")} == {
        "mapped"
    }


@pytest.mark.parametrize(
    ("url", "release", "dist", "status"),
    [
        (URL, "shop@1", "7", "mapped"),
        (f"{URL}?v=3#x", "shop@1", "7", "mapped"),
        ("app:///js/main.js", "shop@1", "7", "mapped"),
        ("/js/main.js", "shop@1", "7", "mapped"),
        (URL, "shop@1", None, "unmapped"),
        (URL, "shop@2", "7", "unmapped"),
        ("https://shop.test/static/js/main.js", "shop@1", "7", "unmapped"),
    ],
)
def test_without_debug_ids_release_dist_and_address_decide(
    sdk, stored, upload, url, release, dist, status
):
    upload(bundle_of("1", debug_id=False), release="shop@1", dist="7")
    sdk.event(**event("1", url, debug_id=False, release=release, dist=dist))
    assert stored.one("SELECT symbolication FROM events") == {"symbolication": status}


def test_what_is_in_no_file_is_left_alone(sdk, stored, upload):
    upload(bundle_of("1"))
    sent = event("1")
    odd = [
        {"function": "a", "filename": "<anonymous>"},
        {"function": "b", "filename": "[native code]"},
        {"function": "c", "abs_path": "moz-extension://abc/x.js", "lineno": 1, "colno": 1},
        {"function": "d", "filename": "node:internal/x", "lineno": 1, "colno": 1},
    ]
    sent["exception"]["values"][0]["stacktrace"]["frames"][:0] = odd
    sdk.event(**sent)
    frames = crash(stored.payload())["stacktrace"]["frames"]
    assert [frame["function"] for frame in frames[:4]] == ["a", "b", "c", "d"]
    assert stored.one("SELECT symbolication FROM events") == {"symbolication": "mapped"}


def test_a_place_beyond_the_line_stays_as_it_came(sdk, stored, upload):
    upload(bundle_of("1"))
    sent = event("1")
    sent["exception"]["values"][0]["stacktrace"]["frames"][-1]["colno"] = 5000
    sdk.event(**sent)
    value = crash(stored.payload())
    assert [frame["filename"] for frame in value["stacktrace"]["frames"]] == ["src/cart.ts", URL]
    assert stored.one("SELECT symbolication FROM events") == {"symbolication": "partial"}


def test_an_upload_is_used_from_the_next_event_on(sdk, stored, upload):
    sdk.event(**event("1"))
    upload(bundle_of("1"))
    sdk.event(**event("1"))
    rows = stored.all("SELECT symbolication FROM events ORDER BY id")
    assert [row["symbolication"] for row in rows] == ["unmapped", "mapped"]
    assert [row["name"] for row in stored.all("SELECT name FROM event_wants")] == [
        f"debug_id:{uuid.UUID(IDS['1']).hex}"
    ]


def test_a_broken_map_holds_nothing_up(sdk, stored, upload):
    upload(bundle_around(b"x", b"{"))
    for _ in range(2):
        assert sdk.event(**event("1")).status == 200
    rows = stored.all("SELECT symbolication FROM events")
    assert [row["symbolication"] for row in rows] == ["unmapped", "unmapped"]


def test_an_event_waits_for_so_long_and_is_stored_then(sdk, stored, upload, busy_mapper):
    upload(bundle_of("1"))
    assert sdk.event(**event("1")).status == 200
    assert stored.one("SELECT symbolication FROM events") == {"symbolication": "pending"}


def test_places_beyond_what_an_event_may_ask_for_are_looked_up_by_and_by(
    sdk, stored, upload, monkeypatch
):
    monkeypatch.setattr("jentry.ingest.symbolication.symbols.MOST_PLACES", 1)
    upload(bundle_of("1"))
    for _ in range(2):
        sdk.event(**event("1"))
    rows = stored.all("SELECT symbolication FROM events ORDER BY id")
    assert [row["symbolication"] for row in rows] == ["pending", "mapped"]


def test_secrets_in_sources_and_in_raw_traces_are_hidden(sdk, stored, upload):
    secret = "sk_live_" + "a1B2c3D4e5F6g7H8i9J0k1L2"
    script, found, _ = build("1")
    content = json.loads(found)
    content["sourcesContent"] = [CART.replace("return item.price.amount", f'pay("{secret}")')]
    upload(bundle_around(script, json.dumps(content).encode()))
    sent = event("1")
    sent["exception"]["values"][0]["stacktrace"]["frames"][0]["context_line"] = secret
    sdk.event(**sent)
    assert secret not in json.dumps(stored.payload())


def test_another_project_of_the_organization_has_its_own(sdk, stored, upload, db):
    upload(bundle_of("1"))
    db.execute("DELETE FROM artifact_projects")
    sdk.event(**event("1"))
    assert stored.one("SELECT symbolication FROM events") == {"symbolication": "unmapped"}


def test_other_platforms_cost_nothing(sdk, stored, upload):
    upload(bundle_of("1"))
    sdk.event(**event("1", platform="python"))
    assert stored.one("SELECT symbolication FROM events") == {"symbolication": None}


@pytest.mark.parametrize(
    ("source", "name", "is_own"),
    [
        ("webpack:///./src/a.ts?3f2a", "src/a.ts", True),
        ("webpack://shop/./src/a.ts", "src/a.ts", True),
        ("webpack:////./src/a.ts", "src/a.ts", True),
        ("turbopack:///[project]/src/a.ts", "src/a.ts", True),
        ("turbopack:///[project]/node_modules/lib/a.js", "node_modules/lib/a.js", False),
        ("../src/a.ts", "src/a.ts", True),
        ("shop/./src/a.ts", "src/a.ts", True),
        ("shop/webpack/bootstrap", "shop/webpack/bootstrap", False),
        ("../../../src/a.ts", "src/a.ts", True),
        ("/./src/a.ts", "src/a.ts", True),
        ("https://shop.test/src/a.ts", "src/a.ts", True),
        ("webpack://shop/webpack/bootstrap", "webpack/bootstrap", False),
        ("webpack://shop/(webpack)/x.js", "(webpack)/x.js", False),
        ("../node_modules/lib/index.js", "node_modules/lib/index.js", False),
        ("vite/preload-helper.js", "vite/preload-helper.js", False),
        ("src/vite/a.ts", "src/vite/a.ts", True),
        ("a.ts", "a.ts", True),
        ("webpack://", "webpack://", True),
    ],
)
def test_names_of_sources(source, name, is_own):
    assert names.filename(source) == name
    assert names.is_own(name) == is_own


# -- Why not: each reason, over the API and on the command line ----------------------------------


@pytest.fixture
def explain(client, db, sdk, settings, capsys):
    """What the API says of the frames of the event that is sent."""
    org = db.execute("SELECT org_id FROM projects WHERE id = 7").fetchone()[0]
    token = factories.token(db, org, factories.user(db, org))

    def explain(**sent):
        event_id = sdk.event(**sent).json["id"]
        path = f"{client_prefix(settings)}/api/v1/events/{event_id}/symbolication"
        headers = {"Authorization": f"Bearer {token}"}
        reply = client.send(path, method="GET", headers=headers)
        assert reply.status == 200, reply.body
        return reply.json["data"]

    return explain


def client_prefix(settings):
    return settings.url.partition("jentry.test")[2]


def one_frame(number="1", **members):
    sent = event(number)
    frames = sent["exception"]["values"][0]["stacktrace"]["frames"]
    del frames[0]
    frames[0] |= members
    return sent


WITHOUT_MAP = bundle({"a.js": (ENTRY | {"url": "~/js/main.js", "headers": {}}, b"x")})
LOST_MAP = bundle(
    {"a.js": (ENTRY | {"url": "~/js/main.js", "headers": {"sourcemap": "a.map"}}, b"x")}
)
BROKEN = bundle(
    {
        "a.js": (ENTRY | {"url": "~/js/main.js", "headers": {"sourcemap": "a.map"}}, b"x"),
        "a.map": (MAP_ENTRY | {"url": "~/js/a.map", "headers": {}}, b"{"),
    }
)
NO_TEXT = bundle(
    {
        "a.js": (
            ENTRY | {"url": "~/js/main.js", "headers": {"sourcemap": "a.map"}},
            build("1")[0],
        ),
        "a.map": (
            MAP_ENTRY | {"url": "~/js/a.map", "headers": {}},
            source_map({0: (0, 0, 0)}, ["src/a.ts"]),
        ),
    }
)
NO_ID = {"debug_meta": None}
SHOP = {"release": "shop@1"}


@pytest.mark.parametrize(
    ("uploaded", "release", "dist", "sent", "reason", "words"),
    [
        pytest.param(
            bundle_of("2"), "", "", one_frame(filename="<anonymous>", abs_path="<anonymous>"),
            "not_a_file", "nothing to map", id="not a file",
        ),
        pytest.param(
            bundle_of("1"), "", "", one_frame(colno=None), "no_position", "crossorigin",
            id="no position",
        ),
        pytest.param(
            bundle_of("2"), "", "", one_frame(), "debug_id_unknown", IDS["1"], id="debug id",
        ),
        pytest.param(
            bundle_of("2"), "", "", one_frame() | NO_ID, "no_debug_id", "release", id="nothing",
        ),
        pytest.param(
            bundle_of("2"), "shop@2", "", one_frame() | NO_ID | SHOP, "release_unknown",
            "shop@1 has no artifacts", id="release",
        ),
        pytest.param(
            bundle_of("1"), "shop@1", "", one_frame(abs_path="https://x.test/other.js") | SHOP,
            "url_not_found", "~/js/main.js", id="address",
        ),
        pytest.param(
            bundle_of("1"), "shop@1", "7", one_frame() | NO_ID | SHOP | {"dist": "8"},
            "dist_mismatch", "8", id="dist",
        ),
        pytest.param(
            WITHOUT_MAP, "shop@1", "", one_frame() | NO_ID | SHOP, "source_map_missing",
            "names no source map", id="no map",
        ),
        pytest.param(
            LOST_MAP, "shop@1", "", one_frame() | NO_ID | SHOP, "source_map_missing",
            "a.map, which was not uploaded", id="lost map",
        ),
        pytest.param(
            BROKEN, "shop@1", "", one_frame() | NO_ID | SHOP, "source_map_malformed",
            "~/js/a.map cannot be read", id="broken map",
        ),
        pytest.param(
            bundle_of("1"), "", "", one_frame(colno=5000), "no_mapping",
            "column 5000: it is code that the bundler added",
            id="no mapping",
        ),
        pytest.param(
            NO_TEXT, "shop@1", "", one_frame() | NO_ID | SHOP, "source_content_missing",
            "sourcesContent", id="no text",
        ),
        pytest.param(bundle_of("1"), "", "", one_frame(), None, None, id="mapped"),
    ],
)  # fmt: skip
def test_each_reason_has_a_word_and_a_sentence(
    upload, explain, uploaded, release, dist, sent, reason, words
):
    upload(uploaded, release, dist)
    (frame,) = explain(**sent)["frames"]
    assert frame["reason"] == reason
    if words:
        assert words in frame["message"]
        assert frame["message"].endswith(".")
    else:
        assert frame["message"] is None
        assert frame["mapped"]["function"] == "readAmount"


DEEP = bundle_around(b"(" * 200_000 + b")" * 200_000, build("1")[1])


def test_a_map_that_costs_too_much_says_so(upload, explain):
    """It ends the process that reads it, and nothing else."""
    upload(DEEP)
    for _ in range(2):
        (frame,) = explain(**one_frame())["frames"]
        assert (frame["reason"], frame["status"]) == ("too_costly", "unmapped")
        assert "split the bundle" in frame["message"]


def test_without_the_library_it_says_what_to_install(upload, explain, monkeypatch):
    monkeypatch.setitem(sys.modules, "symbolic", None)
    upload(bundle_of("1"))
    (frame,) = explain(**one_frame())["frames"]
    assert (frame["reason"], "extra maps" in frame["message"]) == ("mapper_missing", True)


def test_a_map_that_is_being_read_says_so(upload, explain, busy_mapper, monkeypatch):
    monkeypatch.setattr(doctor, "SECONDS", 0)
    upload(bundle_of("1"))
    (frame,) = explain(**one_frame())["frames"]
    assert (frame["reason"], "in a moment" in frame["message"]) == ("pending", True)


def test_a_mapping_that_is_not_there_says_its_uuid(explain):
    frames = explain(**mapping_event())["frames"]
    assert {frame["reason"] for frame in frames} == {"debug_id_unknown"}
    assert all(f"--uuid {MAPPING_UUID}" in frame["message"] for frame in frames)


def test_the_command_line_says_the_same(upload, sdk, database):
    upload(bundle_of("1"))
    event_id = sdk.event(**event("1")).json["id"]

    def explain(found):
        where = ("--org", "acme", "--db", str(database))
        return CliRunner().invoke(main, ["sourcemaps", "explain", found, *where])

    done = explain(event_id)
    assert done.exit_code == 0, done.stderr
    assert "-> readAmount (src/cart.ts:7:10)" in done.stdout
    gone = explain("f" * 32)
    assert (gone.exit_code, gone.stdout) == (1, "")
