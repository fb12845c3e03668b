"""Whatever breaks: the drills of `python -m tests.drills.faults`, one by one."""

import os

import pytest

from tests.drills import faults


@pytest.mark.slow
@pytest.mark.parametrize("name", faults.DRILLS)
def test_nothing_is_lost_by(name):
    if name in faults.AS_ROOT and os.geteuid():
        pytest.skip("only root can mount, and work on files of others")
    (result,) = faults.drill([name])
    assert result.is_good, result.seen
