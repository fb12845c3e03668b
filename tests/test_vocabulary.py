"""The word lists of `vocabulary.py` and the CHECK constraints of the database agree."""

import checked
import pytest

from jentry import vocabulary


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("memberships", "role", vocabulary.ROLES),
        ("issues", "status", vocabulary.STATUSES),
        ("issues", "substatus", vocabulary.SUBSTATUSES),
        ("issues", "level", vocabulary.LEVELS),
        ("sessions", "status", vocabulary.SESSION_STATUSES),
        ("outcome_hours", "outcome", vocabulary.OUTCOMES),
        ("user_reports", "source", vocabulary.REPORT_SOURCES),
        ("check_ins", "status", vocabulary.CHECK_IN_STATUSES),
    ],
)
def test_the_database_takes_exactly_the_words_of_the_vocabulary(db, table, column, words):
    reserved = vocabulary.RESERVED.get(f"{table}.{column}", ())
    assert sorted(checked.words(db, table, column)) == sorted((*words, *reserved))


def test_a_token_can_carry_every_scope_in_one_column():
    assert all(" " not in scope for scope in vocabulary.SCOPES)


def test_nobody_can_set_a_reserved_word():
    taken = {*vocabulary.STATUSES, *vocabulary.SUBSTATUSES, *vocabulary.CHECK_IN_STATUSES}
    assert taken.isdisjoint(word for words in vocabulary.RESERVED.values() for word in words)
