"""What tests of the pages of issues share: programs that send, and helpers for pages."""

from contextlib import contextmanager

INIT = """
sentry_sdk.init(DSN, release="shop@1.4.2", environment="production", server_name="web-1",
                default_integrations=True)
"""
CHAINED = (
    INIT
    + """
import json

class ReservationFailed(Exception):
    pass

def reserve(order):
    password = "hunter2"
    quantity = 42
    try:
        json.loads("{")
    except ValueError as error:
        raise ReservationFailed("order " + str(order) + " failed") from error

for number in range({times}):
    sentry_sdk.add_breadcrumb(category="query", message="SELECT stock")
    try:
        reserve(number)
    except ReservationFailed:
        sentry_sdk.capture_exception()
"""
)


@contextmanager
def posting(page):
    """Wait for the page that a form, a link or a key leads to."""
    with page.expect_navigation():
        yield


def path_of(issue):
    return f"/projects/{issue['projectId']}/issues/{issue['id']}"


def ids(page):
    return [int(box.get_attribute("value")) for box in page.locator("tbody [name=id]").all()]
