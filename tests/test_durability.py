"""kill -9 under load: what was answered 200 is in the file, and counters equal rows."""

from collections import Counter

import pytest

from tests.drills import failover, kill, merging, standbys


def shown(rounds):
    return [(each.lost, each.problems) for each in rounds]


def test_nothing_acknowledged_is_lost_when_the_server_is_killed():
    rounds = list(kill.drill(1, "asgi", seconds=1.0))
    assert shown(rounds) == [(0, [])]
    assert rounds[0].acknowledged > 0


@pytest.mark.slow
@pytest.mark.parametrize(("client", "workers"), [("asgi", 1), ("asgi", 2), ("wsgi", 1)])
def test_nothing_is_lost_in_many_kills_of_one_file(client, workers):
    rounds = list(kill.drill(10, client, workers=workers))
    assert shown(rounds) == [(0, [])] * 10
    assert all(each.acknowledged > 0 for each in rounds)


@pytest.mark.slow
def test_figures_are_exact_whatever_is_merged_and_split_when_it_is_killed():
    rounds = list(merging.drill(5))
    assert shown(rounds) == [(0, [])] * 5
    assert sum((each.done for each in rounds), Counter()).keys() == set(merging.CHANGES)


@pytest.mark.slow
@pytest.mark.skipif(standbys.PROGRAMS is None, reason="PostgreSQL's server is not installed")
@pytest.mark.parametrize("killed", failover.KINDS)
def test_nothing_is_lost_or_twice_when_postgresql_or_a_server_is_killed(killed):
    rounds = list(failover.drill(3, killed))
    assert [each for each in rounds if not each.is_good] == []
