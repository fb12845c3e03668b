"""The shapes in which a name and its value stand in text: the patterns, and their examples."""

import re
from collections.abc import Iterable

from jentry.ingest.scrubbing.names import ENDS, PARTS, WHOLE
from jentry.ingest.scrubbing.rows import Row

ROWS = (
    Row(
        "Assignments, forms, addresses, settings",
        goes=(
            "login password=⟦hunter2⟧, user=bob",
            "GET /a?token=⟦abc⟧&b=c",
            "user%5Bpassword%5D=⟦abc⟧&a=1",
            "/a?next=%2Fb%3Faccess_token%3D⟦abc⟧%26x%3D1",
            "Server=x;Pwd=⟦a,b!c⟧;Database=y",
            "[password] => ⟦hunter2⟧",
            "password: ⟦swordfish⟧",
        ),
        stays=(
            "undefined method `password=' for nil:NilClass",
            "if token == other",
            "token = request.headers",
            "password=None",
            "UPDATE users SET password = $1",
        ),
    ),
    Row(
        "JSON, in JSON too, percent-encoded or with HTML's entities",
        goes=(
            '{"password": "⟦a b⟧", "a": 1}',
            '{"a": "{\\"token\\": \\"⟦x y⟧\\"}"}',
            '{"passwords": [⟦"a", "b"⟧]}',
            '{"auth": {⟦"user": "u"⟧}, "a": 1}',
            "?filter=%7B%22password%22%3A%22⟦abc⟧%22%7D",
            "{&quot;token&quot;:&quot;⟦abc⟧&quot;}",
        ),
        stays=('{"token": null}', '{"usage": {"reasoning_tokens": 120}}'),
    ),
    Row(
        "What languages print of objects, maps, lists and tuples",
        goes=(
            "{'password': [⟦'x'⟧], 'user': ['bob']}",
            "[(b'x-api-key', b'⟦s3cret⟧')]",
            "map[password:⟦hunter2⟧ user:bob]",
            '#<User api_token: "⟦s3cret⟧">',
            'Login { password: Some("⟦s3cret⟧") }',
            's:8:"password";s:7:"⟦hunter2⟧";',
            "{user: bob, password: ⟦swordfish⟧, age: 3}",
            '{:user "bob", :password "⟦hunter2⟧"}',
        ),
        stays=("['username', 'password', 'email']", "KeyError: 'password'"),
    ),
    Row(
        "A name and a value that are members of their own",
        goes=(
            '{"name": "DB_PASSWORD", "value": "⟦x1⟧"}',
            '<add key="ApiKey" value="⟦x1⟧" />',
            "- name: DB_PASSWORD\n  value: ⟦x1⟧",
        ),
        stays=('{"name": "LANG", "value": "de"}',),
    ),
    Row(
        "Options of command lines, as a line or a list",
        goes=(
            "mysqldump --password ⟦hunter2⟧ shop",
            "['mysqldump', '--password', '⟦hunter2⟧', 'shop']",
            "keytool -storepass ⟦s3cret⟧",
        ),
        stays=("usage: [--password PASSWORD]", "--no-password --verbose", "--token-type Bearer"),
    ),
    Row(
        "XML, property lists and parts of a form",
        goes=(
            "<User>bob</User><Password>⟦s3cret⟧</Password>",
            "<key>password</key><string>⟦s3cret⟧</string>",
            'form-data; name="password"\r\n\r\n⟦s3cret⟧\r\n--b--',
        ),
        stays=("<author>Ann</author>", 'form-data; name="title"\r\n\r\nhello\r\n--b--'),
    ),
    Row(
        "Headers, to the end of the line",
        goes=("Authorization: ⟦Digest a, b⟧", "curl -H 'Cookie: ⟦a=b; c=d⟧' http://h"),
        stays=("Cookie: not sent", "Authorization header is missing"),
    ),
    Row(
        "Places, states and counts beside such words stay",
        goes=("otp: ⟦483920⟧",),
        stays=(
            "at com.acme.Auth.login(Auth.java:17)",
            "at login (auth.js:10:5)",
            "token-service:443: refused",
            "OAuth token: 401 Client Error",
            "UNAUTHENTICATED: code=16",
            "reasoning_tokens: 120",
            "token: expired",
            "Unexpected token: punc",
        ),
    ),
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _spelled(word: str) -> str:
    """`api key`: also `api_key`, `API-Key`, `apikey`."""
    return r"[ _.-]?".join(re.escape(part) for part in word.split(" "))


def _alone(word: str) -> str:
    """The looking back comes last: a search is fast where every choice begins with its letter."""
    return rf"{word}(?<![^\W_]{word})(?![^\W\d_])"


def any_of(patterns: Iterable[str]) -> str:
    """One expression for all, which looks at the first letter once."""
    found: dict[str, list[str]] = {}
    for pattern in dict.fromkeys(patterns):
        found.setdefault(pattern[0], []).append(pattern[1:])
    return "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in sorted(found.items()))


# One of these is in every secret name, however it is spelled; whether the whole name is secret is
# asked afterwards.
_SHORT = {word for word in (*ENDS, *WHOLE) if len(word) <= 5}
PARTS_IN_TEXT = (
    *(_spelled(word) for word in (*PARTS, *ENDS, *WHOLE) if word not in _SHORT),
    *("pass", "pwd", "pw(?<=_pw)"),
    *(_alone(word) for word in sorted(_SHORT)),
)
BEFORE_NAME = re.compile(r"[\w.\[\]$-]{0,64}")  # of the text reversed
QUOTE = r"\\{0,8}[\"'`]|%(?:25){0,2}2[27]|&(?:quot|\#3[49]|apos);|\\{1,4}u002[27]"
# What may stand between a name and its separator, and the separators.
CLOSE = rf"(?P<close>(?>(?:{QUOTE}|\]|%(?:25){{0,2}}5[Dd]|>>|\?){{0,3}}))"
SIGN = r"(?P<sign>=>|:=|=(?![=~>])|:(?![:/])|->|：|%(?:25){0,2}3[DdAa])"
AFTER_PART = re.compile(
    rf"(?P<rest>[\w.$-]{{0,40}}+(?:\[[\w-]{{0,32}}\])?){CLOSE}(?:"
    r"(?P<reject>:\s?rejected value \[|\s{1,3}[^\n]{0,240}?\binput_value=)"
    r"|(?P<php>;s:\d{1,7}:)"
    rf"|(?P<member>[,;]?\s{{0,9}}(?:-\s)?(?:{QUOTE})?(?:[Vv]alue|val|v)(?:{QUOTE})?\s?[:=]\s?)"
    r"|(?P<pair>(?:\s(?:is|was))?\s{0,3}" + SIGN + r"(?:\s|\+|%20){0,16})"
    r"|(?P<comma>,\s?)"
    r"|(?P<part>[^\n]{0,120}\r?\n(?:[\w-]{1,40}: [^\r\n]{0,200}\r?\n){0,4}\r?\n)"
    r"|(?P<text>(?:\s[^<>]{0,200})?(?<!/)>\s{0,9}|(?:\s[^&]{0,80})?&gt;"
    r"|</\w{1,16}>\s{0,9}(?:<\w{1,16}>\s{0,9}){1,2})"
    r"|(?P<blank>\s{1,3})"
    r")"
)
# In front of a value: how languages say what it is.
WRAPPER = re.compile(
    r"(?:(?:[>|][+-]?\s{1,8}|string\(\d{1,7}\)\s|(?:Some|Just|Optional|Secret\w{0,8}|Str(?:ing)?|Text|md5|sha\d{1,3}|crypt|encrypt|bytes|str"
    r"|unicode|Buffer\.from|new String|Password|Hidden|Redacted)\((?=[\"'])"
    r"|\[\]\w{1,12}(?=\{)|[bBuUnN](?=[\"']))){0,2}"
)
QUOTED = re.compile(
    rf"(?P<quote>{QUOTE})(?P<quoted>(?>(?:(?!(?P=quote))(?:(?<=\\)[\"'`]|[^\r\n]))*))"
)
PLAIN = re.compile(r"\"(?P<double>(?>(?:[^\"\\\r\n]|\\.)*))|'(?P<single>(?>(?:[^'\\\r\n]|\\.)*))")
BARE = re.compile(r"(?:[^\s\"'<>&;,`%]++|,(?![\s\"']|[\w.-]{1,40}[=:])|%(?!(?:25){0,2}(?:26|22)))+")
BARE_START = 128  # characters that are looked at before it is known to be a value
BRACKET = re.compile(r"[\[\](){}]|\"(?>(?:[^\"\\\r\n]|\\.)*)\"?|'(?>(?:[^'\\\r\n]|\\.)*)'?")
XML_TEXT = re.compile(r"(?:<!\[CDATA\[)?(?P<xml>[^<&\s][^<&\r\n]*+)")
FORM_PART = re.compile(r"(?P<form>.*?)(?=\r?\n--|\Z)", re.DOTALL)
HEADER_VALUE = re.compile(r"(?>(?:[^\"'\\\r\n&\[\])]|\[Filtered\]|\[)*)")
# What names no secret: a template's variable, stars, an expression of a language.
PLACEHOLDER = re.compile(
    r"[*•xX.…?-]+|[$:@%]\w*|[$#%]\{.*|\{\{?.*|<.*|%\(.*|\[\w{0,20}\]?|\(?redacted\)?|\[?(?:filtered|hidden|masked).*"
    r"|[\w.$]*@[0-9a-f]{4,8}",
    re.IGNORECASE,
)
EXPRESSION = re.compile(
    r"[\$@]?[A-Za-z_]\w*(?:(?:\.|->|::|\?\.)[A-Za-z_]\w*)*(?:\(|\[)"
    r"|(?:this|self|request|req|config|process|os|env|params|props|state|var|local|settings|options"
    r"|form|user|data|ctx|context|args|secrets|credentials|event|body|payload)(?:\.|->)\w"
    r"|\$\w+(?:->|\[)"
)
WORDS_OF_CODE = _words(
    "await new function async const let var return if else string str int text varchar "
    "boolean bool object any number bytes char token password secret none null nil true false "
    "undefined yes no on off not self this lambda default optional array list dict map"
)
STATES = _words(
    "expired missing invalid required valid ok failed failure denied unknown empty wrong "
    "incorrect must should is was has not too does cannot could an the a no none bad "
    "malformed revoked refused rejected error found unauthorized forbidden enabled disabled "
    "success succeeded refreshing refreshed loading loaded saved updated changed deleted "
    "created unset absent anonymous public pending active inactive blocked locked timeout "
    "timed connection request unexpected illegal minimum maximum for and or option argument "
    "expected flag if in to of on with please enter your field may will can be"
)
