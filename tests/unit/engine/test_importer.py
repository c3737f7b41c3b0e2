"""Files that a server takes in as they come: durable once, over restarts; bad ones put aside."""

import json
import os
import time
from threading import Event

import pytest

from vedette.core.errors import SettingsError
from vedette.engine.importer import IMPORT, Importer
from vedette.engine.live import load_live
from vedette.engine.service import Service
from vedette.stores.memory import MemoryLog, MemoryState

SOON_S = 10.0
LONG_AGO = time.time() - 60


class Watched:
    """A service with an importer on a folder."""

    def __init__(self, folder, log=None, store=None, more=""):
        settings = load_live(
            f"imports: {{mine: {{kind: table, path: {folder}, model: m, every: 100ms}}}}\n{more}",
            "test",
        )
        self.log, self.store = log or MemoryLog(), store or MemoryState()
        self.service = Service(self.log, self.store, settings, time.time_ns)
        self.service.start()
        self.importer = Importer(settings.imports, self.service, self.store)
        self.importer.start()

    @property
    def told(self):
        return self.importer.documents()[0]

    def until(self, **wanted):
        end = time.monotonic() + SOON_S
        while time.monotonic() < end:
            if wanted.items() <= self.told.items():
                return self.told
            time.sleep(0.02)
        raise AssertionError(self.told)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.importer.stop()
        self.service.stop()


def wrote(path, *rows, mode="w", old=False):
    with path.open(mode) as file:
        file.writelines(f"{json.dumps(row)}\n" for row in rows)
    if old:
        os.utime(path, (LONG_AGO, LONG_AGO))


def rows(start, stop):
    return [{"id": f"k{i}", "time": LONG_AGO, "x": i} for i in range(start, stop)]


def ids(log):
    return [
        one for _, record in log.read() if record.rows for one in record.rows["_id"].to_pylist()
    ]


def test_what_is_written_is_taken_in_and_a_new_server_goes_on(tmp_path):
    file = tmp_path / "a.jsonl"
    with Watched(tmp_path) as first:
        wrote(file, *rows(0, 3))
        first.until(accepted=3)
        wrote(file, *rows(3, 5), mode="a")
        first.until(accepted=5, models={"m": 5})
    assert first.store.get(IMPORT, "", "mine") is not None
    wrote(file, *rows(5, 6), mode="a")
    with Watched(tmp_path, first.log, first.store) as second:
        assert second.until(accepted=1)["records"] == 1
    assert ids(first.log) == [f"k{i}" for i in range(6)]


def test_progress_that_was_lost_counts_nothing_twice(tmp_path):
    wrote(tmp_path / "a.jsonl", *rows(0, 3), old=True)
    with Watched(tmp_path) as first:
        first.until(accepted=3)
    with Watched(tmp_path, first.log) as second:
        second.until(duplicates=3, accepted=0)
    assert ids(first.log) == ["k0", "k1", "k2"]


def test_records_that_cannot_be_read_are_in_the_quarantine(tmp_path):
    wrote(tmp_path / "a.jsonl", *rows(0, 1))
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write("{broken\n")
    with Watched(tmp_path) as one:
        one.until(accepted=1, unread=1)
    [entry] = one.store.read("quarantine", "m")
    kept = json.loads(entry.body)
    assert (kept["event"], kept["row"]) == ("{broken", 1)
    assert one.service.counts["m"].rejected == 1


def test_trouble_of_one_file_is_told_and_ends_with_it(tmp_path, caplog):
    broken = tmp_path / "b.parquet"
    broken.write_bytes(b"PAR1 none")
    os.utime(broken, (LONG_AGO, LONG_AGO))
    wrote(tmp_path / "a.jsonl", *rows(0, 1))
    with Watched(tmp_path) as one:
        one.until(accepted=1)
        end = time.monotonic() + SOON_S
        while not one.told["trouble"] and time.monotonic() < end:
            time.sleep(0.02)
        assert "cannot be read" in one.told["trouble"]
        broken.unlink()
        one.until(trouble="")
    said = [record.message for record in caplog.records if "import mine" in record.message]
    assert len(said) == 1


def test_rows_that_the_server_refuses_are_counted(tmp_path):
    late = time.time() + 10 * 86_400
    wrote(tmp_path / "a.jsonl", *rows(0, 1), {"id": "late", "time": late, "x": 1})
    with Watched(tmp_path) as one:
        one.until(accepted=1, refused=1)
    assert (
        "ahead of the server's clock"
        in json.loads(one.store.read("quarantine", "m")[0].body)["reason"]
    )


def test_an_end_while_the_server_is_busy_leaves_the_rest_for_the_next(tmp_path):
    wrote(tmp_path / "a.jsonl", *rows(0, 1), old=True)
    with Watched(tmp_path, more="server: {queue_bytes: -1}") as one:
        Event().wait(0.3)
        assert one.told["accepted"] == 0
    with Watched(tmp_path, one.log, one.store) as next_one:
        next_one.until(accepted=1)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{kind: tabel, path: x}", "did you mean 'table'"),
        ("{kind: table, path: x, sample: 0}", "sample is out of range"),
        ("{kind: table, path: x, every: 1ms}", "every is too short"),
        ("{kind: table, path: x, columns: {scor: y}}", "did you mean 'score'"),
        ("{kind: table}", "path"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(text, why):
    with pytest.raises(SettingsError, match=why):
        load_live(f"imports: {{mine: {text}}}", "test")
