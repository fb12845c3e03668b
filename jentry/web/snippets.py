"""How to point an SDK at a project: what to install, and the lines that send one error."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snippet:
    title: str
    install: str
    code: str  # DSN stands for the project's


PYTHON = """\
import sentry_sdk

sentry_sdk.init(
    dsn="DSN",
    release="my-app@1.0.0",
)

1 / 0
"""

JAVASCRIPT = """\
import * as Sentry from "@sentry/browser";

Sentry.init({
  dsn: "DSN",
  release: "my-app@1.0.0",
});

setTimeout(() => { throw new Error("Hello, jentry"); });
"""

NODE = """\
import * as Sentry from "@sentry/node";

Sentry.init({
  dsn: "DSN",
  release: "my-app@1.0.0",
});

setTimeout(() => { throw new Error("Hello, jentry"); });
"""

RUBY = """\
require "sentry-ruby"

Sentry.init do |config|
  config.dsn = "DSN"
  config.release = "my-app@1.0.0"
end

begin
  1 / 0
rescue ZeroDivisionError => error
  Sentry.capture_exception(error)
end
"""

GO = """\
sentry.Init(sentry.ClientOptions{
    Dsn:     "DSN",
    Release: "my-app@1.0.0",
})
defer sentry.Flush(2 * time.Second)

sentry.CaptureException(errors.New("Hello, jentry"))
"""

PHP = r"""
\Sentry\init([
    'dsn' => 'DSN',
    'release' => 'my-app@1.0.0',
]);

\Sentry\captureException(new \Exception('Hello, jentry'));
""".lstrip()

SNIPPETS = {
    "python": Snippet("Python", "pip install sentry-sdk", PYTHON),
    "javascript": Snippet("JavaScript (browser)", "npm install @sentry/browser", JAVASCRIPT),
    "node": Snippet("Node.js", "npm install @sentry/node", NODE),
    "ruby": Snippet("Ruby", "gem install sentry-ruby", RUBY),
    "go": Snippet("Go", "go get github.com/getsentry/sentry-go", GO),
    "php": Snippet("PHP", "composer require sentry/sentry", PHP),
}


def snippet(platform: str | None, dsn: str) -> Snippet:
    """That of the platform, with its DSN filled in; Python's for an unknown one."""
    found = SNIPPETS.get(platform or "", SNIPPETS["python"])
    return Snippet(found.title, found.install, found.code.replace("DSN", dsn))
