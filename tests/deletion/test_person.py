"""What is one person's, and what is somebody else's."""

import orjson
import pytest

from jentry.errors import BadRequest
from jentry.store.erasure.person import ERASED, Person

JANE = Person.of({"email": "Doe@a.test", "ip": "10.0.0.1", "user_id": "7", "username": "jane.doe"})


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("mail doe@a.test.", f"mail {ERASED}."),
        ("<DOE@A.TEST>", f"<{ERASED}>"),
        ("email=doe@a.test&x", f"email={ERASED}&x"),
        ("?email=doe%40a.test&x", f"?email={ERASED}&x"),
        ("%3Cdoe%40a.test%3E", f"%3C{ERASED}%3E"),
        ('{"to": "doe@a.test"}', f'{{"to": "{ERASED}"}}'),
        ("jdoe@a.test", "jdoe@a.test"),
        ("j.doe@a.test", "j.doe@a.test"),
        ("doe@a.test.example", "doe@a.test.example"),
        ("doe@a.tests", "doe@a.tests"),
        ("from 10.0.0.1:443", f"from {ERASED}:443"),
        ("ip:10.0.0.1", f"ip:{ERASED}"),
        ("10.0.0.12 and 110.0.0.1 and 10.0.0.1.5", "10.0.0.12 and 110.0.0.1 and 10.0.0.1.5"),
        ("user jane.doe signed in", f"user {ERASED} signed in"),
        ("/home/jane.doe/x", f"/home/{ERASED}/x"),
        ("jane.doeson", "jane.doeson"),
        ("7 errors, 7", "7 errors, 7"),
    ],
)
def test_whole_words_in_any_case(text, left):
    assert JANE.cleaned(text) == left
    assert JANE.cleaned({text: [text]}) == {left: [left]}
    raw = orjson.dumps({"message": text})
    assert (JANE.kind_of(raw) == "mention") == (text != left)


@pytest.mark.parametrize(
    ("user", "kind"),
    [
        ({"id": "7"}, "event"),
        ({"id": "77"}, None),
        ({"email": "DOE@a.test"}, "event"),
        ({"username": "jane.doe", "id": "9"}, "event"),
        ({"ip_address": "10.0.0.1"}, "event"),
        ({"ip_address": "10.0.0.1", "id": "9"}, "mention"),
        ({"id": "9", "data": {"manager": "doe@a.test"}}, "mention"),
        ({"id": "9"}, None),
        (None, None),
    ],
)
def test_whose_event_it_is(user, kind):
    assert JANE.kind_of(orjson.dumps({"user": user})) == kind


def test_letters_of_any_script():
    person = Person.of({"username": "Jürgen Ölmann"})
    assert person.kind_of(orjson.dumps({"message": "hi JÜRGEN ÖLMANN!"})) == "mention"
    assert person.cleaned("hi JÜRGEN ÖLMANN!") == f"hi {ERASED}!"


def test_quotes_and_backslashes():
    person = Person.of({"username": 'DOM\\jane"doe'})
    assert person.kind_of(orjson.dumps({"message": 'by DOM\\jane"doe.'})) == "mention"


@pytest.mark.parametrize(
    "given", [{}, {"email": " "}, {"email": "jane"}, {"ip": "10.0.0"}, {"username": "x" * 300}]
)
def test_who_cannot_be_looked_for(given):
    with pytest.raises(BadRequest):
        Person.of(given)


def test_an_address_of_the_sixth_version_has_one_spelling():
    person = Person.of({"ip": "2001:DB8:0::1"})
    assert (
        person.cleaned("[2001:db8::1]:443 and 2001:db8::12") == f"[{ERASED}]:443 and 2001:db8::12"
    )
