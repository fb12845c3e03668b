"""One address has one spelling, whoever wrote it."""

import pytest

from jentry.ingest.addresses import plain_address
from jentry.ingest.query import client_address


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("203.0.113.9", "203.0.113.9"),
        (" 203.0.113.9 ", "203.0.113.9"),
        ("203.0.113.9:5678", "203.0.113.9"),
        ('"203.0.113.9:5678"', "203.0.113.9"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ('"[2001:db8::1]:443"', "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:80", "fe80::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("[::FFFF:203.0.113.9]:80", "203.0.113.9"),
        ("2001:db8::1:443", "2001:db8::1:443"),  # without brackets it is all address
        ("unknown", None),
        ("_hidden", None),
        ("", None),
        (None, None),
        ("203.0.113", None),
        ("203.0.113.256", None),
        ("203.0.113.009", None),
        ("203.0.113.9:port", None),
        ("[2001:db8::1", None),
        ("203.0.113.9, 10.0.0.1", None),
        ("1" * 65, None),
    ],
)
def test_an_address_is_plain_or_none(written, plain):
    assert plain_address(written) == plain
    if plain:
        assert plain_address(plain) == plain


@pytest.mark.parametrize(
    ("forwarded", "hops", "client"),
    [
        (None, 0, "192.0.2.1"),
        ("203.0.113.9", 0, "192.0.2.1"),
        ("203.0.113.9", 1, "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9:17085", 1, "203.0.113.9"),
        ("203.0.113.9, 10.0.0.1", 2, "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9, 10.0.0.1", 2, "203.0.113.9"),
        ("203.0.113.9", 2, "192.0.2.1"),  # fewer than were promised: the peer
        ("unknown", 1, None),
        ("", 1, "192.0.2.1"),
        (", ", 1, "192.0.2.1"),
        (None, 1, "192.0.2.1"),
    ],
)
def test_a_client_is_what_the_outermost_trusted_proxy_saw(forwarded, hops, client):
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    assert client_address("192.0.2.1", headers, hops) == client
