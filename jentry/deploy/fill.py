"""From a file with gaps, such as `@url@`, to one that fits this server."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from jentry.resources import resource

# name -> the file, and what it is
FILES = {
    "systemd": ("jentry.service", "A service of systemd, kept from all that it does not need."),
    "docker": ("Dockerfile", "An image, made of the wheel that lies beside it."),
    "compose": ("compose.yaml", "That image, with its volume."),
    "caddy": ("Caddyfile", "Caddy before it, with TLS of its own."),
    "nginx": ("nginx.conf", "nginx before it, for sites-enabled."),
    "traefik": ("traefik.yaml", "Traefik before it, for its file provider."),
}
GAP = re.compile(r"@([a-z_]+)@")
TLS = """    listen 443 ssl;
    listen [::]:443 ssl;
    ssl_certificate /etc/letsencrypt/live/{host}/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/{host}/privkey.pem;"""


@dataclass(frozen=True, slots=True)
class Place:
    """`url` is the public address; `program` starts jentry; `port` is where it listens."""

    url: str
    program: str
    port: int
    proxies: int
    version: str


def filled(name: str, place: Place) -> str:
    """The text of a file; comments in it say where it belongs."""
    text = _file(name).read_text("utf-8")
    gaps = _gaps(place)
    return GAP.sub(lambda gap: gaps[gap[1]], text)


def _file(name: str) -> Path:
    return resource("deploy") / "files" / FILES[name][0]


def _gaps(place: Place) -> dict[str, str]:
    parts = urlsplit(place.url)
    host = parts.hostname or ""
    is_safe = parts.scheme == "https"
    return {
        "url": place.url,
        "origin": f"{parts.scheme}://{parts.netloc}",
        "site": parts.netloc if is_safe else f"http://{parts.netloc}",
        "host": host,
        "path": parts.path,
        "listen": TLS.format(host=host) if is_safe else f"    listen {parts.port or 80};",
        "rule": f"Host(`{host}`)" + (f" && PathPrefix(`{parts.path}`)" if parts.path else ""),
        "tls": "      tls: {certResolver: letsencrypt}\n" if is_safe else "",
        "entry": "websecure" if is_safe else "web",
        "program": place.program,
        "port": str(place.port),
        "proxies": str(place.proxies),
        "version": place.version,
    }
