"""With pytest: the fixtures are there as soon as jentry is installed."""

import json

import pytest
import sentry_sdk

from jentry.testing import Project


class PaymentError(Exception):
    """What the shop reports when a card is refused."""


def pay(card: str, country: str) -> None:
    """Some code of yours."""
    sentry_sdk.set_tag("shop.country", country)
    try:
        raise PaymentError(f"the card ending in {card[-4:]} was refused")
    except PaymentError as error:
        sentry_sdk.capture_exception(error)


def test_a_refused_card_is_one_error_with_its_country(jentry_project: Project) -> None:
    sentry_sdk.init(dsn=jentry_project.dsn, release="shop@1.4.2", environment="test")

    pay("4000000000000002", country="lv")

    (event,) = jentry_project.events()
    assert event["exception"]["values"][-1]["type"] == "PaymentError"
    assert event["tags"]["shop.country"] == "lv"
    assert event["release"] == "shop@1.4.2"
    assert "4000000000000002" not in json.dumps(event)  # jentry hides it, as your server will
    assert "[Filtered]" not in event["message"]  # and here it was never sent


@pytest.mark.parametrize("country", ["lv", "ee"])
def test_countries_are_no_issues_of_their_own(jentry_project: Project, country: str) -> None:
    sentry_sdk.init(dsn=jentry_project.dsn)

    pay("4000000000000002", country)
    pay("4000000000000010", country)

    (issue,) = jentry_project.issues()
    assert (issue["count"], issue["level"]) == (2, "error")
