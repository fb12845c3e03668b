import postgres
import pytest


@pytest.fixture
def address():
    """Of a new database; without a server to make it on, the test is left out."""
    with postgres.database() as address:
        yield address
