"""With unittest, or any other runner: `serve` is a context manager."""

import unittest

import sentry_sdk

from jentry.testing import Server, serve


class ShopTest(unittest.TestCase):
    """A class starts the server, each test makes a project."""

    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = cls.enterClassContext(serve())

    def test_a_warning_is_reported_and_nothing_else(self) -> None:
        project = self.server.project("Shop")
        sentry_sdk.init(dsn=project.dsn)

        sentry_sdk.capture_message("stock of part 7 is low", level="warning")

        (issue,) = project.issues()
        self.assertEqual((issue["title"], issue["level"]), ("stock of part 7 is low", "warning"))


if __name__ == "__main__":
    unittest.main()
