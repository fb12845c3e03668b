"""The mail server, as one address says all about it."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. `tls`: from the start, by STARTTLS, or never."""

    host: str
    port: int
    tls: str  # start | starttls | never
    verify: bool  # the certificate
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """Without the password."""
        who = f"{self.user}:***@" if self.user else ""
        return f"{'smtps' if self.tls == 'start' else 'smtp'}://{who}{self.host}:{self.port}"


LOOPBACK = ("localhost", "127.0.0.1", "::1")
SMTP_PORTS = {"smtps": 465, "smtp": 587}
SMTP_CHOICES = {"tls": ("never",), "verify": ("no",)}


def mail_server(text: str) -> MailServer:
    """What JENTRY_SMTP_URL says. Raises ValueError with what it takes, without the password."""
    wanted = (
        "an address like smtps://user:password@host (TLS from the start, port 465) or "
        "smtp://user:password@host (STARTTLS, port 587), with ?tls=never for none and ?verify=no "
        "for any certificate"
    )
    try:
        parts = urlsplit(text)
        port = parts.port or SMTP_PORTS[parts.scheme]
        choices = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)
                       if parts.query else ())  # fmt: skip
    except (ValueError, KeyError):
        raise ValueError(wanted) from None
    is_known = all(value in SMTP_CHOICES.get(name, ()) for name, value in choices.items())
    if not parts.hostname or parts.path not in ("", "/") or parts.fragment or not is_known:
        raise ValueError(wanted)
    is_plain = "tls" in choices or (parts.scheme == "smtp" and parts.hostname in LOOPBACK)
    if "tls" in choices and parts.scheme == "smtps":
        raise ValueError(wanted)
    return MailServer(
        parts.hostname,
        port,
        "start" if parts.scheme == "smtps" else "never" if is_plain else "starttls",
        "verify" not in choices,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
    )
