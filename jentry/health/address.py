"""The base address: it stands in every DSN and link, and is easily wrong behind a proxy."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from jentry.health.findings import Finding
from jentry.settings import Settings


def address(settings: Settings) -> Iterator[Finding]:
    for sentence in mistakes(settings.url, settings.trusted_proxies):
        yield Finding("address", "warning", sentence)
    if settings.url:
        yield Finding("address", "ok", f"DSNs and links begin with {settings.url}.")
    else:
        yield Finding("address", "ok", "DSNs and links begin with the address of each request.")


def mistakes(url: str | None, proxies: int) -> Iterator[str]:
    """What does not fit together in `JENTRY_URL` and `JENTRY_TRUSTED_PROXIES`."""
    if url is None:
        if proxies:
            yield (
                "JENTRY_URL is not set although a proxy stands before jentry: DSNs and links "
                "follow whatever host a request names"
            )
        return
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_local(host):
        if proxies:
            yield (
                f"DSNs say {host}, which is each application's own machine: set JENTRY_URL to the "
                "address at which the proxy is reached"
            )
        return
    if parts.scheme == "https" and not proxies:
        yield (
            "JENTRY_URL is https, which a proxy must speak, but JENTRY_TRUSTED_PROXIES is 0: all "
            "clients seem to have the proxy's address, for limits on sign-in and in events"
        )
    if parts.scheme == "http" and not _is_private(host):
        yield f"DSNs and links say {url}: events, passwords and tokens travel unencrypted"


def is_local(host: str) -> bool:
    """Whoever reads it reaches but himself: localhost, 127.0.0.1, 0.0.0.0, ::1."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        found = ip_address(host)
    except ValueError:
        return False
    return found.is_loopback or found.is_unspecified


def _is_private(host: str) -> bool:
    """Not to be reached from the internet, as far as its name says."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".internal", ".local", ".lan", ".home.arpa"))
