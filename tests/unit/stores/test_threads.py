"""Readers, an appender and a compactor beside one another."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from tests.laws.test_stores import Hasty, events

from vedette.stores.local.log import LocalLog
from vedette.stores.store import EVENTS, Record

NOON = 1_700_000_000 * 10**9
APPENDS = 60
SLOW = ("journal.py", "known.py")  # where other threads get a turn after every line


def slowly(frame: FrameType, event: str, argument: Any) -> Any:
    """Trace the files named above, and let other threads in between their lines."""
    if frame.f_code.co_filename.endswith(SLOW):
        if event == "line":
            time.sleep(1e-4)
        return slowly
    return None


def until(over: threading.Event, act: Callable[[], object], failures: list[BaseException]) -> None:
    """Do something again and again; keep what goes wrong."""
    sys.settrace(slowly)
    try:
        while not over.is_set():
            act()
    except BaseException as error:  # noqa: BLE001 - told by the test
        failures.append(error)
    finally:
        over.set()


def test_a_reader_meets_every_record_once_while_segments_close(tmp_path: Path) -> None:
    log = LocalLog(tmp_path, disk=Hasty(), segment_bytes=1)  # every append closes a segment
    over, failures, numbers = threading.Event(), list[BaseException](), iter(range(APPENDS))

    def append() -> None:
        number = next(numbers, None)
        if number is None:
            over.set()
        else:
            log.append([Record(EVENTS, "m", NOON, events([str(number)], [NOON]))])

    def read() -> None:
        found = [after for after, _ in log.read(max(0, log.position - 3))]
        assert found == sorted(set(found))

    acts = [append, read, lambda: log.compact(log.position)]
    threads = [threading.Thread(target=until, args=(over, act, failures)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [after for after, _ in log.read()] == list(range(1, APPENDS + 1))
    log.close()
