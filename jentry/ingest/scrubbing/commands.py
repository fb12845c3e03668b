"""Passwords on command lines whose options have one letter: only of tools that are known."""

import re

from jentry.ingest.scrubbing.rows import FILTERED, Budget, Look, Row

ROWS = (
    Row(
        "Options of one letter, of tools where they mean a password",
        goes=(
            "mysql -uroot -p⟦s3cret⟧ shop",
            "sshpass -p ⟦s3cret⟧ ssh h",
            "['sshpass', '-p', '⟦s3cret⟧', 'ssh']",
            "docker login -u bob -p ⟦s3cret⟧ h",
            "redis-cli -a ⟦s3cret⟧ ping",
            "curl -u bob:⟦s3cret⟧ https://h/",
            "openssl rsa -passin pass:⟦s3cret⟧",
            "sqlplus scott/⟦tiger⟧@orcl",
        ),
        stays=(
            "ssh -p 2222 web-1",
            "docker run -p 8080:80 -u 1000:1000 nginx",
            "mysql -h db -P 3306 shop",
            "mkdir -p /srv/app",
        ),
    ),
    Row(
        "SQL that sets a password",
        goes=("IDENTIFIED BY '⟦s3cret⟧'", "WITH PASSWORD '⟦s3cret⟧'", "PASSWORD('⟦s3cret⟧')"),
        stays=('null value in column "password" violates', "password varchar(64)"),
    ),
)

# What one letter means to whom. The value may be the next word of the line or of a list.
_BLANK = r"(?:[\"']?,?\s{1,3}[\"']?)"
_VALUE = r"(?P<value>[^\s\"'\[\]-][^\s\"'\]]{0,256})"
_PORT = r"(?!\d{1,5}(?::\d{1,5})?(?:[\s\"',]|\Z))"
_ARGUMENT = rf"{_BLANK}{_PORT}{_VALUE}"
_TOOLS = {
    "mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlpump mysqlslap mariadb mariadb-dump"
    " mariadb-admin 7z 7za 7zr rar unrar": rf"p[\"']?{_VALUE}",
    "sshpass docker podman nerdctl twine mongo mongosh mongodump mongorestore mongoexport"
    " mongoimport psexec winexe az ipmitool helm oc jfrog skopeo buildah": rf"[pP]{_ARGUMENT}",
    "redis-cli valkey-cli keydb-cli": rf"a{_BLANK}{_VALUE}",
    "ldapsearch ldapmodify ldapadd ldapdelete ldappasswd ldapwhoami": rf"w{_BLANK}{_VALUE}",
    "sqlcmd bcp isql tsql": rf"P{_BLANK}{_VALUE}",
    "plink pscp psftp putty": rf"pw{_BLANK}{_VALUE}",
    "curl wget http https smbclient rclone": r"(?:u|U|a|-user|-proxy-user)"
    r"(?:[\"']?[,=]?\s{0,3}[\"']?)"
    rf"{_PORT}[\w.@\\-]{{1,64}}[:%](?P<value>[^\s\"']{{1,256}})",
    "openssl": rf"(?:passin|passout|pass|k){_BLANK}(?:pass:)(?P<value>[^\s\"']{{1,256}})",
}  # fmt: skip
TOOLS = {tool: re.compile(pattern) for tools, pattern in _TOOLS.items() for tool in tools.split()}
OPTION = re.compile(r"(?<=[\s\"'])-(?=[pPawukU]|-user|-proxy-user)")
WORD = re.compile(r"[\w.-]+")
GAP = 200  # characters between a tool and its option
SQLPLUS = re.compile(r"(?<=sqlplus )(?:-\w{1,2} ){0,3}[\w$#]{1,64}/(?P<value>[^\s@\"'/]{1,256})@")
SQL = re.compile(
    r"(?i:\bIDENTIFIED(?:\s+WITH\s+\S{1,40})?\s{1,3}(?:BY|AS)\s{1,3}(?:PASSWORD\s{1,3})?"
    r"|\bPASSWORD\s{0,3}\(\s{0,3}|\bPASSWORD\s{1,3}(?=N?['\"]))N?"
    r"(?:'(?P<single>(?>(?:[^'\\\n]|''|\\.)*))|\"(?P<double>[^\"\n]*+))"
)
_WORDS = (
    rb" -(?=-?[pawuk])", rb"\"-(?=-?[pawuk])", rb"sqlplus ", rb"identified ",
    rb"password(?:\s{0,3}\(|\s{1,3}n?\")",
)  # fmt: skip
_HINTS = tuple(re.compile(pattern).search for pattern in _WORDS)


def _may_have(_: bytes, lower: bytes) -> bool:
    return any(search(lower) for search in _HINTS)


def _hide(text: str, budget: Budget) -> str:
    lower = text.lower()
    if "password" in lower or "identified" in lower:
        text = SQL.sub(_hide_sql, text)
    if "sqlplus " in text:
        text = SQLPLUS.sub(_hide_value, text)
    return hide_options(text, budget) if "-" in text else text


def hide_options(text: str, budget: Budget, start: int = 0) -> str:
    """The text without the secrets that options from `start` on give to a tool before them."""
    kept: list[str] = []
    done = 0
    for found in OPTION.finditer(text, start):
        line = text[max(done, found.start() - GAP) : found.start()].rpartition("\n")[2]
        if not budget.spend():
            return "".join([*kept, text[done : found.start()], FILTERED])
        for tool in reversed(WORD.findall(line)):
            if pattern := TOOLS.get(tool.rpartition("/")[2]):
                match = pattern.match(text, found.end())
                if match and not match["value"].startswith(FILTERED[:9]):
                    kept += (text[done : match.start("value")], FILTERED)
                    done = match.end("value")
                break
    return "".join([*kept, text[done:]]) if kept else text


def _hide_value(match: re.Match[str]) -> str:
    start, end = match.span("value")
    if match["value"].startswith(FILTERED[:9]):
        return match[0]
    return match[0][: start - match.start()] + FILTERED + match[0][end - match.start() :]


def _hide_sql(match: re.Match[str]) -> str:
    kind = "single" if match["single"] is not None else "double"
    start, end = match.span(kind)
    if match[kind] in ("", FILTERED, "?", "%s"):
        return match[0]
    return match[0][: start - match.start()] + FILTERED + match[0][end - match.start() :]


LOOK = Look(_may_have, _hide)
