"""Addresses are those that werkzeug builds."""

import pytest
from werkzeug import routing

from jentry.app.routes import Rule


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        ("/", {}),
        ("/issues/<int:issue_id>/", {"issue_id": 7}),
        ("/issues/<int:issue_id>/", {"issue_id": 7, "tab": "a b", "page": 2}),
        ("/docs/<topic>/<path:rest>", {"topic": "ü/x", "rest": "a/b c"}),
        ("/static/%41", {}),
    ],
)
@pytest.mark.parametrize("append_unknown", [True, False])
def test_an_address_is_built_as_ever(pattern, values, append_unknown):
    def built(kind):
        where = routing.Map([kind(pattern, endpoint="x")]).bind("host")
        return [where.build("x", values, append_unknown=append_unknown) for _ in range(2)]

    assert built(Rule) == built(routing.Rule)
