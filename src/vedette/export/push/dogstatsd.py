"""DogStatsD: datagrams to an agent, over UDP or a socket of this machine.

Owns: the lines, packing them into datagrams.  Does not own: when (`export.push.pusher`).
Source: Datadog's datagram reference, protocol 1.0; how long things took goes as distributions, a
line for each bin with the rate 1/n, which an agent counts n times.
"""

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from math import isnan
from typing import Any

from vedette.engine.paces import Paces
from vedette.export.push.datadog import dotted, tagged
from vedette.export.push.fresh import Fresh
from vedette.sketches.loglinear import middle

UDP_BYTES, UNIX_BYTES = 1_432, 8_192  # of a datagram, as Datadog's clients have it
ODD = str.maketrans({"|": "_", "#": "_", ",": "_", "\n": "_", ":": "_"})
LATENCY = "vedette.latency"


def lines(found: Sequence[Fresh], tags: Mapping[str, str]) -> Iterator[str]:
    """A line for every new sample: of a counter its increase, of all else the newest value."""
    for one in found:
        if one.family.kind == "histogram":
            continue
        about = ",".join(_plain(tag) for tag in tagged(one, tags))
        value = one.increase if one.is_counter else float(one.series.values[-1])
        if not isnan(value):
            kind = "c" if one.is_counter else "g"
            yield f"{dotted(one.series.name)}:{number_of(value)}|{kind}|#{about}"


def number_of(value: float) -> str:
    """A number as a line has it: whole ones without a point.

    Example:
        >>> number_of(1800.0), number_of(0.1)
        ('1800', '0.1')
    """
    return str(int(value)) if value.is_integer() else repr(value)


def distributions(model: str, paces: Paces, tags: Mapping[str, str]) -> Iterator[str]:
    """How long things took in some windows."""
    for (column, segment), counted in paces.tails.items():
        own = {**tags, "model": model, "column": column, "segment": segment}
        about = ",".join(_plain(f"{key}:{value}") for key, value in own.items() if value)
        for window in range(len(paces.starts)):
            tail = counted.of(window)
            for place, n in zip(tail.places.tolist(), tail.counts.tolist(), strict=True):
                rate = f"|@{1 / n:.9g}" if n > 1 else ""
                yield f"{LATENCY}:{middle(place):.6g}|d{rate}|#{about}"


def datagrams(some: Iterator[str], most: int) -> Iterator[bytes]:
    """Lines packed into datagrams; one that fits into none is left out."""
    own: list[bytes] = []
    size = 0
    for line in some:
        written = line.encode()
        if len(written) > most:
            continue
        if own and size + len(written) + 1 > most:
            yield b"\n".join(own)
            own, size = [], 0
        own.append(written)
        size += len(written) + 1
    if own:
        yield b"\n".join(own)


def send(address: str, some: Iterator[str]) -> int:
    """Send lines to an agent; how many datagrams that took.  Nobody says whether they arrive.

    Errors: OSError where there is no such socket, or no such host.
    """
    is_unix = address.startswith("unix://")
    family = socket.AF_UNIX if is_unix else socket.AF_INET
    to: Any = address.removeprefix("unix://")
    if not is_unix:
        host, _, port = address.rpartition(":")
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_DGRAM)
        family, to = found[0][0], found[0][4][:2]
    count = 0
    with socket.socket(family, socket.SOCK_DGRAM) as wire:
        wire.settimeout(1.0)
        for datagram in datagrams(some, UNIX_BYTES if is_unix else UDP_BYTES):
            with suppress(*(() if is_unix else (ConnectionRefusedError,))):
                wire.sendto(datagram, to)  # UDP may say so of an earlier one: no agent is there
            count += 1
    return count


def _plain(tag: str) -> str:
    """A tag without the signs that mean something in a line, but for its own first colon."""
    key, _, value = tag.partition(":")
    return f"{key.translate(ODD)}:{value.translate(ODD)}"
