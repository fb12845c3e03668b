"""Settings: read once from `JENTRY_*` variables, checked, and refused loudly."""

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Self

from jentry import sizes
from jentry.database_name import HasPassword, database_path
from jentry.errors import Conflict
from jentry.mail_server import MailServer, mail_server

MIB = 1024 * 1024
PREFIX = "JENTRY_"
NO_FILE = "This works on a file of SQLite only; /docs/postgresql says what to do instead."
BASE_URL = re.compile(
    r"(?P<origin>https?://(?P<host>[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?)"
    r"(?P<path>(?:/[a-z0-9._~%-]*)*)",
    re.IGNORECASE,
)


class SettingsError(Exception):
    """A variable that cannot be understood; the message names it and says what it takes."""


def _number(minimum: int, maximum: int, but_from: int = 0) -> Callable[[str], int]:
    """`but_from`: smaller ones are refused, except for the minimum, which means none."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and minimum <= int(text[:18]) <= maximum):
            raise ValueError(f"a whole number from {minimum} to {maximum}")
        if minimum < int(text) < but_from:
            raise ValueError(f"{minimum}, or a whole number from {but_from} to {maximum}")
        return int(text)

    return read


def _base_url(text: str) -> str:
    """Stands in every DSN and link: only what all clients can use, without a password."""
    found = BASE_URL.fullmatch(text)
    if found is None or not 0 < int(found["port"] or 1) < 65536 or not _is_host(found["host"]):
        raise ValueError("an address like https://errors.example.com or https://example.com/errors")
    return found["origin"].lower() + found["path"].rstrip("/")


def _is_host(text: str) -> bool:
    if text.startswith("["):
        try:
            return bool(IPv6Address(text[1:-1]))
        except ValueError:
            return False
    return len(text) <= 253 and all(0 < len(label) <= 63 for label in text.rstrip(".").split("."))


def _time_of_day(text: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError("a time of day like 03:15")
    return text


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(" or ".join(words))
        return text

    return read


def _token(text: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{16,200}", text):
        raise ValueError("a secret of 16 to 200 letters, digits and signs without spaces")
    return text


def _sender(text: str) -> str:
    name, address = parseaddr(text)
    if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", address) or not text.isprintable():
        raise ValueError("an address like jentry@example.com or jentry <jentry@example.com>")
    return f"{name} <{address}>" if name else address


Network = IPv4Network | IPv6Network


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError("networks like 10.0.0.0/8,127.0.0.1/32") from None


def _proxy(text: str) -> str:
    found = BASE_URL.fullmatch(text)
    if found is None or not text.startswith("http://") or found["path"].strip("/"):
        raise ValueError("an address like http://proxy.example.com:3128")
    return text.rstrip("/")


def _switch(text: str) -> bool:
    if text not in ("0", "1", "on", "off"):
        raise ValueError("on or off")
    return text in ("1", "on")


def _address(text: str) -> str:
    """To be called by us; it may hold a secret, in its path or query."""
    if not re.fullmatch(r"https?://[\x21-\x7e]+", text):
        raise ValueError("an address like https://status.example.com/ping/some-id")
    return text


def setting(
    default: Any, read: Callable[[str], Any], meaning: str, *, is_secret: bool = False
) -> Any:
    """A secret one is never repeated, and may stand in a file that `NAME_FILE` names."""
    more = {"read": read, "meaning": meaning, "is_secret": is_secret}
    return field(default=default, metadata=more)


@dataclass(frozen=True, slots=True)
class Settings:
    db: Path | str = setting(  # noqa: RUF009 - it makes a field
        Path("jentry.db"),
        database_path,
        "The SQLite file that holds everything; or postgresql://user@host/name.",
    )
    url: str | None = setting(
        None, _base_url, "Public base address, for permalinks and DSNs; else that of the request."
    )
    retention_days: int = setting(
        90,
        _number(1, 36500),
        "How long events are kept, in days from their arrival. Also how old, but at most 90 days, "
        "an event's own time may be to be believed.",
    )
    events_per_issue: int = setting(
        0,
        _number(0, 10**9, but_from=20),
        "Events that an issue keeps, the most telling ones, at least 20; each part of a merged one "
        "for itself; 0 = no limit.",
    )
    events_per_project: int = setting(
        0, _number(0, 10**9), "Events that a project keeps, the most telling ones; 0 = no limit."
    )
    disk_budget: str = setting(
        "80%",
        sizes.budget,
        "What all files of the database may take together: bytes such as 10G or 512M, or a share "
        "of what they take and what is free; 0 = no limit.",
    )
    disk_reserve: int = setting(
        16 * MIB,
        sizes.reserve,
        "Bytes beside the database that are kept for the day when the disk is full; at least 8M.",
    )
    issue_days: int = setting(
        0,
        _number(0, 36500),
        "How long issues are kept that nobody has seen, of which no event is kept, and that nobody "
        "is assigned to or has commented on, in days; 0 = for ever.",
    )
    artifact_days: int = setting(
        90,
        _number(1, 36500),
        "How long source maps and other artifacts are kept, in days from their last use.",
    )
    artifact_bytes: int = setting(
        2048 * MIB,
        _number(0, 10**15),
        "Bytes that artifacts take at most, packed: those least recently used go first; "
        "0 = none are taken.",
    )
    map_seconds: int = setting(
        3, _number(0, 60), "How long an event waits for its source map to be read."
    )
    audit_days: int = setting(
        0, _number(0, 36500), "How long the audit log is kept, in days; 0 = for ever."
    )
    trusted_proxies: int = setting(
        0, _number(0, 16), "How many reverse proxies stand before jentry and set X-Forwarded-*."
    )
    quota_5min: int = setting(
        1000, _number(0, 10**9), "Events accepted per project in five minutes; 0 = no limit."
    )
    quota_hour: int = setting(
        5000, _number(0, 10**9), "Events accepted per project in an hour; 0 = no limit."
    )
    quota_bytes_hour: int | None = setting(
        None,
        _number(0, 10**15),
        "Bytes of events stored per project in an hour; unset: 51,200 for each event of the hourly "
        "quota, at least 20 MiB; 0 = no limit.",
    )
    quota_attachment_bytes_hour: int = setting(
        512 * MIB,
        _number(0, 10**15),
        "Bytes of attachments stored per project in an hour; 0 = no limit.",
    )
    quota_reports_5min: int = setting(
        100,
        _number(0, 10**9),
        "User reports and feedback per project in five minutes; 0 = no limit.",
    )
    quota_check_ins_5min: int = setting(
        2000, _number(0, 10**9), "Check-ins per project in five minutes; 0 = no limit."
    )
    quota_sessions_5min: int = setting(
        10_000,
        _number(0, 10**9),
        "New sessions, and buckets of counted ones, per project in five minutes; 0 = no limit.",
    )
    quota_session_hours_hour: int = setting(
        2000,
        _number(0, 10**9),
        "Rows by release, environment and hour that sessions of a project may open in an hour; "
        "0 = no limit.",
    )
    quota_releases_hour: int = setting(
        300,
        _number(0, 10**9),
        "New releases that events and sessions of a project may name in an hour; 0 = no limit.",
    )
    max_releases: int = setting(
        10_000,
        _number(0, 10**9),
        "Releases of a project that only traffic knows and that were new or seen in the last seven "
        "days; 0 = no limit.",
    )
    max_environments: int = setting(
        1000, _number(0, 10**9), "Environments of a project that are told apart; 0 = no limit."
    )
    max_tag_keys: int = setting(
        500, _number(0, 10**9), "Tag keys of a project that can be searched for; 0 = no limit."
    )
    max_tag_values: int = setting(
        10_000,
        _number(0, 10**9),
        "Values of a tag key that are told apart in a project; 0 = no limit.",
    )
    max_monitors: int = setting(500, _number(0, 10**9), "Monitors of a project; 0 = no limit.")
    max_event_bytes: int = setting(MIB, _number(1024, 64 * MIB), "Largest event, in bytes of JSON.")
    max_attachment_bytes: int = setting(
        5 * MIB, _number(0, 1024 * MIB), "Largest attachment kept, in bytes; 0 keeps none."
    )
    max_envelope_bytes: int = setting(
        20 * MIB, _number(1024, 1024 * MIB), "Largest envelope, in bytes once decompressed."
    )
    max_compressed_bytes: int = setting(
        5 * MIB, _number(1024, 1024 * MIB), "Largest compressed request body, in bytes."
    )
    max_bodies_bytes: int = setting(
        24 * MIB, _number(1024, 64 * 1024 * MIB), "Bytes of all request bodies under way together."
    )
    api_rate: int = setting(
        6000, _number(0, 10**9), "Requests a minute that one API token may make; 0 = no limit."
    )
    api_bytes_hour: int = setting(
        256 * MIB,
        _number(0, 10**15),
        "Bytes that one API token may write in an hour, with what comes with each change; "
        "0 = no limit.",
    )
    log: str = setting(
        "text",
        _one_of("text", "json"),
        "Lines of the log, on stderr: text for people, json for programs.",
    )
    metrics_token: str | None = setting(
        None,
        _token,
        "What /metrics asks for as Authorization: Bearer; unset: there is no such address.",
        is_secret=True,
    )
    canary: bool = setting(
        False,
        _switch,
        "Send an event each minute to ourselves; /readyz says when it does not become visible.",
    )
    heartbeat_url: str | None = setting(
        None,
        _address,
        "Called each minute while all is well, so that somebody outside misses a server that is "
        "gone.",
        is_secret=True,
    )

    backup_dir: Path | None = setting(  # noqa: RUF009 - it makes a field
        None, Path, "The folder for a backup each day, one folder for each database; unset: none."
    )
    backup_at: str = setting("03:15", _time_of_day, "When it is made, in UTC.")
    backup_keep: int = setting(
        7, _number(1, 10**6), "Backups kept in that folder; older ones are removed after a new one."
    )
    smtp_url: MailServer | None = setting(  # noqa: RUF009 - it makes a field
        None,
        mail_server,
        "Mail server: smtps://user:password@host (TLS, 465) or smtp://… (STARTTLS, 587); "
        "?tls=never plain, ?verify=no any certificate. Or in a file: JENTRY_SMTP_URL_FILE.",
        is_secret=True,
    )
    mail_from: str | None = setting(
        None, _sender, "Sender of mail; else jentry@ and the host of JENTRY_URL."
    )
    allow_private: tuple[Network, ...] | None = setting(
        None,
        _networks,
        "Private networks that webhooks and chat may reach: 10.0.0.0/8,127.0.0.1/32.",
    )
    outgoing_proxy: str | None = setting(
        None, _proxy, "HTTP proxy for webhooks and chat; HTTP_PROXY is ignored."
    )
    alerts: bool = setting(
        True,
        _switch,
        "off: no alert is noted or sent, for a copy of the file on another machine.",
    )

    @property
    def can_mail_links(self) -> bool:
        """Whether links that let somebody in can be mailed: they need an address of their own."""
        return self.smtp_url is not None and self.url is not None and self.alerts

    @property
    def where(self) -> str:
        """The whole path of the file, or the address of the database."""
        return str(self.db.resolve() if isinstance(self.db, Path) else self.db)

    @property
    def file(self) -> Path:
        """The file of SQLite. Raises Conflict when the database is not one."""
        if isinstance(self.db, Path):
            return self.db
        raise Conflict(NO_FILE)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Self:
        """Raises SettingsError naming the variable that cannot be understood."""
        env = os.environ if env is None else env
        values = {}
        for item in fields(cls):
            name = variable(item.name)
            is_secret = item.metadata["is_secret"]
            text = _in_file(name, env) if is_secret and f"{name}_FILE" in env else env.get(name)
            if text is None:
                continue
            try:
                values[item.name] = item.metadata["read"](text.strip())
            except ValueError as error:
                is_hidden = is_secret or isinstance(error, HasPassword)
                said = name if is_hidden else f"{name}={text!r}"
                raise SettingsError(f"{said} is not {error}.") from None
        return cls(**values)


def _in_file(name: str, env: Mapping[str, str]) -> str:
    try:
        return Path(env[f"{name}_FILE"]).read_text("utf-8")
    except (OSError, ValueError):
        raise SettingsError(f"{name}_FILE names no file that can be read.") from None


def variable(name: str) -> str:
    """The environment variable of a setting: `quota_hour` -> `JENTRY_QUOTA_HOUR`."""
    return f"{PREFIX}{name.upper()}"


def mistyped(env: Mapping[str, str] | None = None) -> list[str]:
    """A sentence for each variable that looks like a setting and is none."""
    known = [variable(item.name) for item in fields(Settings)]
    known += [f"{variable(i.name)}_FILE" for i in fields(Settings) if i.metadata["is_secret"]]
    env = os.environ if env is None else env
    sentences = []
    for name in sorted(name for name in env if name.startswith(PREFIX) and name not in known):
        near = difflib.get_close_matches(name[:100], known, 1, 0.7)
        hint = f"; did you mean {near[0]}?" if near else "."
        sentences.append(f"{name[:100]} is no setting of jentry and has no effect{hint}")
    return sentences
