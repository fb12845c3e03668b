"""How to point an SDK at a project: what to install, and the lines that send one error."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Snippet:
    """Works as pasted into an empty project of the platform."""

    title: str
    install: str
    file: str  # to paste the code into
    run: str
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
const Sentry = require("@sentry/node");

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
  config.background_worker_threads = 0 # send at once: this program ends
end

begin
  1 / 0
rescue ZeroDivisionError => error
  Sentry.capture_exception(error)
end
"""

GO = """\
package main

import (
	"errors"
	"log"
	"time"

	"github.com/getsentry/sentry-go"
)

func main() {
	err := sentry.Init(sentry.ClientOptions{
		Dsn:     "DSN",
		Release: "my-app@1.0.0",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer sentry.Flush(2 * time.Second)

	sentry.CaptureException(errors.New("Hello, jentry"))
}
"""

PHP = r"""<?php
require __DIR__ . '/vendor/autoload.php';

\Sentry\init([
    'dsn' => 'DSN',
    'release' => 'my-app@1.0.0',
]);

\Sentry\captureException(new \Exception('Hello, jentry'));
"""

SNIPPETS = {
    "python": Snippet("Python", "pip install sentry-sdk", "app.py", "python app.py", PYTHON),
    "javascript": Snippet(
        "JavaScript (browser)",
        "npm install @sentry/browser",
        "main.js",
        "your bundler, such as npx vite",
        JAVASCRIPT,
    ),
    "node": Snippet("Node.js", "npm install @sentry/node", "app.cjs", "node app.cjs", NODE),
    "ruby": Snippet("Ruby", "gem install sentry-ruby", "app.rb", "ruby app.rb", RUBY),
    "go": Snippet(
        "Go",
        "go mod init my-app && go get github.com/getsentry/sentry-go",
        "main.go",
        "go run .",
        GO,
    ),
    "php": Snippet("PHP", "composer require sentry/sentry", "app.php", "php app.php", PHP),
}


def snippet(platform: str | None, dsn: str) -> Snippet:
    """That of the platform, with its DSN filled in; Python's for an unknown one."""
    found = SNIPPETS.get(platform or "", SNIPPETS["python"])
    return replace(found, code=found.code.replace("DSN", dsn))
