"""Where a request may go.

Owns: the addresses that no channel may reach unless it is allowed to.  Does not own: connecting.

A host is resolved once, every address it has is judged, and the connection goes to the very address
that was judged: a name that resolves to something else the next time gains nothing.
"""

import ipaddress
import socket
from collections.abc import Callable, Collection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from vedette.alerts.notify.sending import DeliveryError

Resolve = Callable[..., list[Any]]
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# What Python's `is_global` lets through, or did in some release, each with what is behind it.
REFUSED = tuple(
    ipaddress.ip_network(net)
    for net in (
        "0.0.0.0/8",  # this host
        "100.64.0.0/10",  # carrier-grade NAT, and a cloud's metadata
        "168.63.129.16/32",  # a cloud's platform address, in public space
        "192.0.0.0/24",  # protocol assignments, and a cloud's metadata
        "192.88.99.0/24",  # relays of IPv6 over IPv4
        "198.18.0.0/15",  # benchmarks
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "::/96",  # IPv4-compatible: loopback and unspecified too
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # local NAT64
        "100::/64",  # discard
        "2001::/32",  # Teredo: an IPv4 address inside
        "2002::/16",  # 6to4: likewise
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fc00::/7",  # unique local
        "fe80::/9",  # link-local and site-local
        "ff00::/8",  # multicast
    )
)


class Pinned(NamedTuple):
    """An address that was judged, as `socket.connect` takes it."""

    family: int
    address: tuple[Any, ...]


class Place(NamedTuple):
    """The parts of a URL that a request needs."""

    is_tls: bool
    host: str
    port: int
    path: str


def place_of(url: str) -> Place:
    """Take a URL apart.

    Errors: DeliveryError, for good, unless it is http or https, with a host and without a user.
    """
    if any(ord(c) <= 32 or ord(c) >= 127 or c in "\\" for c in url):
        raise DeliveryError("the URL holds a character that no URL holds", is_final=True)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise DeliveryError("the URL is broken", is_final=True) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise DeliveryError("the URL is not http:// or https:// with a host", is_final=True)
    if parts.username is not None or parts.password is not None:
        raise DeliveryError("the URL holds a user name", is_final=True)
    is_tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(is_tls, parts.hostname, port or (443 if is_tls else 80), path)


def pin(
    host: str,
    port: int,
    *,
    allow_private: bool = False,
    allow_hosts: Collection[str] = (),
    resolve: Resolve = socket.getaddrinfo,
) -> list[Pinned]:
    """Resolve a host, once, to addresses that a channel may reach.

    Errors: DeliveryError when the name does not resolve; for good when any of its addresses is
    private and that was not allowed.
    """
    name = host.rstrip(".").lower()
    if _is_odd(name):
        raise DeliveryError(f"the host {host!r} is spelt in a way no host should be", is_final=True)
    try:
        found = resolve(name, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise DeliveryError(f"the host {host} cannot be resolved ({_why(error)})") from None
    pinned = [Pinned(family, address) for family, _, _, _, address in found]
    if not pinned:
        raise DeliveryError(f"the host {host} has no address")
    if not allow_private and name not in {one.rstrip(".").lower() for one in allow_hosts}:
        for one in pinned:
            if not is_public(str(one.address[0])):
                raise DeliveryError(
                    f"the host {host} is at a private address, which channels may not reach; "
                    "set allow_private or allow_hosts to let it",
                    is_final=True,
                )
    return pinned


def is_public(address: str) -> bool:
    """Whether an address belongs to the open internet, an IPv4 address inside another included.

    Example:
        >>> is_public("93.184.216.34"), is_public("10.0.0.1"), is_public("::ffff:10.0.0.1")
        (True, False, False)
    """
    try:
        ip: IPAddress = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if not ip.is_global or ip.is_multicast or ip.is_private or ip.is_reserved:
        return False
    return not any(ip.version == net.version and ip in net for net in REFUSED)


def _is_odd(name: str) -> bool:
    """Whether a host is a number in disguise (2130706433, 0x7f.1, 0177.0.0.1), or no name."""
    if ":" in name:
        return "%" in name  # a zone belongs to a link
    if not name or not all(c.isascii() and (c.isalnum() or c in ".-_") for c in name):
        return True
    last = name.rpartition(".")[2]
    if last.isdigit() or last.startswith("0x"):
        try:
            return str(ipaddress.IPv4Address(name)) != name
        except ValueError:
            return True
    return False


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
