"""The names that secrets go by. PROTOCOL section 12.1."""

import re

# A name is secret if one of these is in it, once it is lower-case and rid of all punctuation.
WORDS = (
    "passw", "passphrase", "secret", "apikey", "accesskey", "privatekey", "signingkey",
    "encryptionkey", "auth", "credential", "token", "bearer", "jwt", "mysqlpwd", "csrf", "xsrf",
    "sessionid", "sessid", "setcookie", "creditcard", "cardnumber", "cvv",
)  # fmt: skip
# Words that contain one of them and mean no harm: taken out of a name before it is judged.
HARMLESS = re.compile(
    r"author(?!i[sz])|authenticity|secretar(?:y|ies)|tokeni[sz]|passwordless"
    r"|(?<![a-z])(?:max|min|num|total|prompt|completion|input|output|cached)_?tokens(?![a-z])"
    r"|(?<![a-z])tokens?_?(?:count|usage|limit|used)(?![a-z])"
)
WHOLE = frozenset(("pass", "cookie", "ssn", "otp"))
ENDINGS = ("_pass", "_pwd", "_cookie")
COOKIES = re.compile(r"(?:^|_)sess|sid(?:$|_)|remember|logged_in")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")  # the boundaries of camelCase
PUNCTUATION = re.compile(r"[^a-z0-9]+")
LONGEST = 200  # characters that are looked at


def is_secret_name(name: str) -> bool:
    """Whether what goes by this name has to be hidden: `X-Api-Key`, `dbPassword`, not `author`."""
    words = _words(name)
    if words in WHOLE or words.endswith(ENDINGS):
        return True
    bare = HARMLESS.sub("", words).replace("_", "")
    return any(word in bare for word in WORDS)


def is_session_cookie(name: str) -> bool:
    """Of cookies, those that stand for somebody who is logged in: `PHPSESSID`, `connect.sid`."""
    return bool(COOKIES.search(_words(name)))


def squashed(name: str) -> str:
    return _words(name).replace("_", "")


def _words(name: str) -> str:
    return PUNCTUATION.sub("_", CAMEL.sub("_", name[:LONGEST]).lower()).strip("_")
