"""A disk that takes its time, and one that fails: in this process, with a disk that does so.

Owns: that many senders share one wait, that a failed sync acknowledges nothing.  Does not own: the
log alone (tests/laws/test_stores).
"""

import errno
import time

import msgspec
import pytest
from tests.journeys.live_server import SECOND, START, event

from vedette.core.errors import StoreError
from vedette.engine.live import LiveSettings
from vedette.engine.service import Service
from vedette.engine.wall import Wall
from vedette.ingest.body import decode
from vedette.stores.local.disk import Disk
from vedette.stores.local.log import LocalLog
from vedette.stores.memory import MemoryState


class SlowDisk(Disk):
    """Every sync takes a while, or fails."""

    def __init__(self):
        self.seconds, self.fails, self.syncs = 0.0, False, 0

    def sync(self, file):
        self.syncs += 1
        time.sleep(self.seconds)
        if self.fails:
            raise OSError(errno.EIO, "Input/output error")
        super().sync(file)


@pytest.fixture
def disk():
    return SlowDisk()


@pytest.fixture
def service(tmp_path, disk):
    log = LocalLog(tmp_path / "data", disk=disk)
    one = Service(log, MemoryState(), LiveSettings(), Wall())
    one.start()
    yield one
    one.stop()
    disk.seconds, disk.fails = 0.0, False
    log.close()


def offered(service, key):
    """Offer one event; what will become of it."""
    body = msgspec.json.encode(event(key, START + len(key) * SECOND))
    kind = "application/json"
    decoded = decode(body, model="m", content_type=kind, received=time.time_ns())
    return service.offer("m", decoded)


def test_many_senders_share_one_wait_of_a_slow_disk(service, disk):
    offered(service, "first").result(10)
    disk.seconds, disk.syncs = 0.3, 0
    began = time.monotonic()
    waiting = [offered(service, f"event-{n}") for n in range(400)]
    assert sum(one.result(30).accepted for one in waiting) == 400
    assert disk.syncs <= 4
    assert time.monotonic() - began < 10


def test_a_failed_sync_acknowledges_nothing_and_is_said(service, disk):
    assert offered(service, "before").result(10).accepted == 1
    disk.fails = True
    with pytest.raises(StoreError, match=r"disk fails|Input/output"):
        offered(service, "lost").result(10)
    assert any("cannot be written" in reason for reason in service.unready())
    disk.fails = False
    after = offered(service, "after")
    try:
        assert after.result(10).accepted == 1  # on a fresh file, or not at all
    except StoreError:
        assert service.unready()
    ids = [
        name
        for _, record in service.log.read()
        if record.rows is not None
        for name in record.rows["_id"].to_pylist()
    ]
    assert "before" in ids
    assert len(ids) == len(set(ids))
