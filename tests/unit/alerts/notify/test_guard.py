"""Requests go to the open internet or nowhere (SSRF)."""

import socket

import pytest

from vedette.alerts.notify.guard import is_public, pin, place_of
from vedette.alerts.notify.sending import DeliveryError, Request

PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.8.8.8 169.254.0.1
169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1
198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 168.63.129.16
:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254
::ffff:a9fe:a9fe ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::8.8.8.8 64:ff9b:1::a00:1 100::1
2001::1 2001:0:7f00:1:: 2001:db8::1 2002:7f00:1:: 2002:a00:1:: 3fff::1 5f00::1 fc00::1
fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
"""
DISGUISED = """
2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 017700000001 127.1 127.0.1 0 10.1 0xa9fea9fe
169.254.169.254.0x0 1.2.3.256 127.0.0.01 ①②⑦.0.0.1 １２７.0.0.1 127。0。0。1 a%00b fe80::1%25eth0
"""
PUBLIC = """
1.1.1.1 8.8.8.8 93.184.216.34 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 198.20.0.1
168.63.129.17 ::ffff:8.8.8.8 2606:4700:4700::1111 2a00:1450:4001::1
"""


def resolves_to(*addresses):
    """A resolver that says the same whatever is asked, and remembers how often it was."""

    def resolve(host, port, **_):
        resolve.asked += 1
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, 1, 6, "", (one, port))
            for one in addresses
        ]

    resolve.asked = 0
    return resolve


@pytest.mark.parametrize("address", PRIVATE.split())
def test_a_name_at_a_private_address_is_refused(address):
    assert not is_public(address)
    with pytest.raises(DeliveryError, match="private address") as caught:
        pin("hooks.example.com", 443, resolve=resolves_to(address))
    assert caught.value.is_final


@pytest.mark.parametrize("address", PUBLIC.split())
def test_a_name_at_a_public_address_is_not(address):
    resolve = resolves_to(address)
    assert pin("hooks.example.com", 443, resolve=resolve)[0].address == (address, 443)
    assert resolve.asked == 1


@pytest.mark.parametrize("host", DISGUISED.split())
def test_an_address_in_disguise_is_refused_before_it_is_resolved(host):
    resolve = resolves_to("8.8.8.8")
    with pytest.raises(DeliveryError):
        pin(host, 80, allow_private=True, resolve=resolve)
    assert resolve.asked == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "LOCALHOST", "localhost."])
def test_this_machine_is_refused_by_the_real_resolver(host):
    with pytest.raises(DeliveryError):
        pin(host, 80)


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(DeliveryError, match="private"):
        pin("hooks.example.com", 443, resolve=resolves_to("8.8.8.8", "10.0.0.1"))


def test_what_is_allowed_is_allowed_by_name():
    resolve = resolves_to("10.0.0.1")
    assert pin("mail.corp", 25, allow_hosts=["MAIL.corp."], resolve=resolve)
    assert pin("other.corp", 25, allow_private=True, resolve=resolve)
    with pytest.raises(DeliveryError):
        pin("evil.mail.corp", 25, allow_hosts=["mail.corp"], resolve=resolve)


def test_a_name_that_resolves_elsewhere_the_second_time_gains_nothing(monkeypatch):
    """DNS rebinding: the connection goes to what was judged, and nobody asks again."""
    from vedette.alerts.notify import http

    answers, reached = [["93.184.216.34"], ["127.0.0.1"]], []

    def resolve(host, port, **_):
        return resolves_to(*answers.pop(0))(host, port)

    def connect(pinned, timeout_s):
        reached.extend(pinned)
        raise OSError("nobody there")

    monkeypatch.setattr(http, "_connect", connect)
    request = Request("http://rebind.example.com/hook", {}, b"")
    with pytest.raises(DeliveryError):
        http.exchange(request, resolve=resolve)
    assert [one.address[0] for one in reached] == ["93.184.216.34"]
    with pytest.raises(DeliveryError, match="private"):
        http.exchange(request, resolve=resolve)
    assert len(reached) == 1


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "file:///etc/passwd", "gopher://example.com:70/_x", "//example.com",
        "http://", "https://user@example.com/", "https://a:b@example.com/", "http://exa mple.com/",
        "http://example.com\\@127.0.0.1/", "http://example.com/\r\nHost: evil", "http://[::1",
        "http://example.com:99999/", "http://bücher.example/", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_a_url_that_is_none_is_refused(url):
    with pytest.raises(DeliveryError) as caught:
        place_of(url)
    assert caught.value.is_final


def test_a_url_is_taken_apart():
    assert place_of("https://example.com") == (True, "example.com", 443, "/")
    assert place_of("http://example.com:8080/a?b=c#d") == (False, "example.com", 8080, "/a?b=c")


def test_a_name_that_nobody_knows_is_tried_again():
    def resolve(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(DeliveryError, match="Name or service not known") as caught:
        pin("nowhere.example", 443, resolve=resolve)
    assert not caught.value.is_final
