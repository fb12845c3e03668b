"""Files that came with events."""

import uuid

import factories
import pytest

EVENT = "9ec79c33ec9942ab8353589fcb2e04dc"
ID = bytes.fromhex(EVENT)


@pytest.fixture
def attach(db, world):
    def attach(data=b"hello", project=None, **columns):
        columns = {"event_id": ID, "filename": f"{uuid.uuid4()}"} | columns
        return factories.attachment(db, project or world.project, data, **columns)

    return attach


def ids(answer):
    assert answer.status_code == 200
    return [row["id"] for row in answer.json["data"]]


def test_a_file_is_shown_whole_before_its_event_has_come(api, attach, world):
    file = attach(
        b"\x89PNG",
        filename="screen.png",
        content_type="image/png",
        attachment_type="event.view_hierarchy",
        sha256="ab" * 32,
    )
    shown = {
        "id": file,
        "projectId": world.project,
        "eventId": EVENT,
        "filename": "screen.png",
        "contentType": "image/png",
        "attachmentType": "event.view_hierarchy",
        "size": 4,
        "sha256": "ab" * 32,
        "receivedAt": factories.AT,
    }
    assert api.get(f"/events/{EVENT}/attachments").json == {
        "data": [shown],
        "page": 1,
        "pageSize": 100,
        "total": 1,
    }
    assert api.get(f"/attachments/{file}").json == {"data": shown}


@pytest.mark.parametrize("spelling", [EVENT, EVENT.upper(), str(uuid.UUID(EVENT))])
def test_the_id_of_an_event_is_taken_in_any_spelling(api, attach, spelling):
    file = attach()
    assert ids(api.get(f"/events/{spelling}/attachments")) == [file]


@pytest.mark.parametrize(
    "text", [EVENT[:-1], EVENT + "0", EVENT[:-1] + "g", f"{EVENT[:8]}-{EVENT[8:]}", f"{{{EVENT}}}"]
)
def test_what_is_no_event_id_is_no_address(api, attach, text):
    attach()
    answer = api.get(f"/events/{text}/attachments")
    assert (answer.status_code, answer.json) == (404, {"error": "There is no such address."})


def test_files_of_the_same_event_id_in_all_own_projects_are_listed(api, attach, world):
    files = [attach(), attach(project=world.other_project), attach()]
    attach(project=world.foreign_project)
    attach(event_id=bytes(16))
    assert ids(api.get(f"/events/{EVENT}/attachments")) == files


@pytest.mark.parametrize("what", ["event", "report"])
def test_an_event_without_files_has_an_empty_list(api, db, world, what):
    if what == "event":
        factories.event(db, factories.issue(db, world.project), event_id=ID)
    else:
        factories.report(db, world.project, event_id=ID)
    assert ids(api.get(f"/events/{EVENT}/attachments")) == []


def test_an_event_of_another_organization_is_not_found(api, db, world):
    factories.event(db, factories.issue(db, world.foreign_project), event_id=ID)
    answer = api.get(f"/events/{EVENT}/attachments")
    assert (answer.status_code, answer.json) == (
        404,
        {"error": "There is no such event, or it is no longer kept."},
    )


@pytest.mark.parametrize(
    ("query", "places", "page", "size"),
    [
        ("", [0, 1, 2, 3, 4], 1, 100),
        ("?limit=2", [0, 1], 1, 2),
        ("?limit=2&page=3", [4], 3, 2),
        ("?limit=2&page=4", [], 4, 2),
        (f"?page={10**30}", [], 10**30, 100),
    ],
)
def test_pages(api, attach, query, places, page, size):
    files = [attach() for _ in range(5)]
    answer = api.get(f"/events/{EVENT}/attachments{query}")
    assert ids(answer) == [files[place] for place in places]
    rest = {name: value for name, value in answer.json.items() if name != "data"}
    assert rest == {"page": page, "pageSize": size, "total": 5}


@pytest.mark.parametrize(
    ("page", "error"),
    [
        ("0", "page: Must be greater than or equal to 1."),
        ("-1", "page: Not a valid integer."),
        ("x", "page: Not a valid integer."),
        ("", "page: Not a valid integer."),
    ],
)
def test_pages_are_numbers_from_1(api, attach, page, error):
    attach()
    answer = api.get(f"/events/{EVENT}/attachments?page={page}")
    assert (answer.status_code, answer.json) == (400, {"error": error})


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(bytes(range(256)), id="every byte"),
        pytest.param(b"line\r\n" * 100_000, id="600 KB"),
    ],
)
def test_the_bytes_come_as_they_were_sent(api, attach, data):
    answer = api.get(f"/attachments/{attach(data)}/content")
    assert (answer.status_code, answer.data) == (200, data)
    assert answer.content_length == len(data)


@pytest.mark.parametrize(
    ("claimed", "sent"),
    [
        ("image/png", "image/png"),
        ("text/html", "text/html"),
        ("text/plain; charset=utf-16", "text/plain; charset=utf-16"),
        ("application/vnd.api+json", "application/vnd.api+json"),
        ("nonsense", "application/octet-stream"),
        ("text/html; x=<y>", "application/octet-stream"),
        ("image/ü", "application/octet-stream"),
        ("日本", "application/octet-stream"),
        ("a/b, c/d", "application/octet-stream"),
    ],
)
def test_a_file_is_saved_never_shown(api, attach, claimed, sent):
    answer = api.get(f"/attachments/{attach(content_type=claimed)}/content")
    assert answer.content_type == sent
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("filename", "plain", "whole"),
    [
        ("log.txt", "log.txt", "log.txt"),
        ("my log (1).txt", "my log (1).txt", "my%20log%20%281%29.txt"),
        ("größe.txt", "gr__e.txt", "gr%C3%B6%C3%9Fe.txt"),
        ("日本.png", "__.png", "%E6%97%A5%E6%9C%AC.png"),
        ('a"; x="b', "a__ x=_b", "a%22%3B%20x%3D%22b"),
        ("100%25.txt", "100_25.txt", "100%2525.txt"),
        ("../../etc/passwd", ".._.._etc_passwd", ".._.._etc_passwd"),
        ("C:\\x\\y.txt", "C:_x_y.txt", "C%3A_x_y.txt"),
        ("x" * 255, "x" * 255, "x" * 255),
    ],
)
def test_the_name_of_a_file_cannot_break_the_header(api, attach, filename, plain, whole):
    answer = api.get(f"/attachments/{attach(filename=filename)}/content")
    assert answer.headers["Content-Disposition"] == (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}"
    )


def test_lists_do_not_read_contents(api, attach, statements):
    attach()
    api.get(f"/events/{EVENT}/attachments")
    assert statements
    assert not [sql for sql in statements if "attachment_payloads" in sql]


def test_the_number_of_queries_does_not_grow(api, attach, statements):
    attach()
    api.get(f"/events/{EVENT}/attachments")
    few = len(statements)
    for _ in range(20):
        attach()
    statements.clear()
    assert len(ids(api.get(f"/events/{EVENT}/attachments"))) == 21
    assert len(statements) == few
