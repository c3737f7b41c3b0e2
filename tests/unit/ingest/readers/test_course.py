"""Going through files: nothing is lost, nothing counts twice, whatever happens to the files."""

import gzip
import json
import os
import time

import pytest
from tests.unit.ingest.readers.made import Kept, course

from vedette.core.errors import UsageError
from vedette.ingest.readers.lines import objects
from vedette.ingest.readers.portion import ROWS
from vedette.ingest.readers.record import AGE, Given, Item, Kind
from vedette.ingest.sent import Sent

LONG_AGO = time.time() - 3600


def reader(path, given):
    def read(record):
        if "bad" in record.value:
            raise ValueError("is bad")
        yield Item("m", Sent(id=record.value.get("id"), time=1, features={"x": record.value["x"]}))

    return read


KIND = Kind("lines of a test", ("*.log*",), objects, reader, order=AGE)


def wrote(path, *rows, end="\n", mode="w", old=True):
    with path.open(mode) as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows)[: None if end else -1])
    if old:
        os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def rows(start, stop):
    return [{"id": f"k{x}", "x": x} for x in range(start, stop)]


def run(sink, folder, **more):
    one = course(KIND, folder, sink=sink)
    one.run(**more)
    return one.tally


def test_a_second_run_reads_only_what_is_new(tmp_path):
    file, sink = wrote(tmp_path / "a.log", *rows(0, 3)), Kept()
    assert run(sink, tmp_path).accepted == 3
    assert run(sink, tmp_path).accepted == 0
    wrote(file, *rows(3, 5), mode="a")
    wrote(tmp_path / "b.log", *rows(5, 6))
    assert run(sink, tmp_path).records == 3
    assert sink.ids == [f"k{x}" for x in range(6)]


def test_a_run_that_breaks_off_goes_on_where_it_was_durable(tmp_path):
    count = 2 * ROWS + 10
    wrote(tmp_path / "a.log", *rows(0, count))
    sink = Kept(breaks=1)
    with pytest.raises(RuntimeError):
        run(sink, tmp_path)
    assert len(sink.rows) == ROWS
    sink.breaks = None
    run(sink, tmp_path)
    assert sink.ids == [f"k{x}" for x in range(count)]


def test_logs_that_rotate_and_are_packed_go_on_and_new_ones_begin(tmp_path):
    file, sink = wrote(tmp_path / "a.log", *rows(0, 4)), Kept()
    run(sink, tmp_path)
    wrote(file, *rows(4, 6), mode="a")
    packed = tmp_path / "a.log.1.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    os.utime(packed, (LONG_AGO - 9, LONG_AGO - 9))
    wrote(file, *rows(6, 9))  # under the old name
    assert run(sink, tmp_path).accepted == 5
    assert sink.ids == [f"k{x}" for x in range(9)]


def test_a_file_that_is_cut_short_and_written_anew_is_read_from_its_start(tmp_path):
    file, sink = wrote(tmp_path / "a.log", *rows(0, 9)), Kept()
    run(sink, tmp_path)
    wrote(file, *rows(20, 22))
    run(sink, tmp_path)
    assert sink.ids[9:] == ["k20", "k21"]


def test_a_last_line_that_is_still_written_waits(tmp_path):
    file, sink = wrote(tmp_path / "a.log", *rows(0, 2), end="", old=False), Kept()
    one = course(KIND, tmp_path, sink=sink)
    assert one.run(following=True)
    assert sink.ids == ["k0"]
    assert not one.run(following=True)
    os.utime(file, (LONG_AGO, LONG_AGO))  # nobody writes to it any more
    assert one.run(following=True)
    assert sink.ids == ["k0", "k1"]
    assert not one.run(following=True)


def test_following_does_not_need_a_file_and_reading_does(tmp_path):
    sink = Kept()
    one = course(KIND, tmp_path / "none", sink=sink)
    assert not one.run(following=True)
    with pytest.raises(UsageError, match="holds no file of this kind"):
        one.run()


def test_bad_records_are_put_aside_with_the_reason(tmp_path):
    file = wrote(tmp_path / "a.log", {"bad": 1}, *rows(0, 1))
    with file.open("ab") as more:
        more.write(b'{"x": \n\xff\xfe\n"text"\n')
    sink = Kept()
    tally = run(sink, tmp_path)
    assert (tally.accepted, tally.unread, sink.ids) == (1, 4, ["k0"])
    told = {one.row: (one.reason, one.record) for one in sink.unread}
    assert sorted(told) == [0, 2, 3, 4]
    assert "is bad" in told[0][0]
    assert "is not JSON" in told[2][0]
    assert told[2][1] == '{"x": '


def test_a_line_that_is_too_long_is_bad_and_the_next_one_is_not(tmp_path):
    given = Given()
    given = given._replace(limits=type(given.limits)(body=50))
    wrote(tmp_path / "a.log", {"id": "k" * 90, "x": 1}, *rows(1, 2))
    sink = Kept()
    course(KIND, tmp_path, sink=sink, given=given).run()
    assert sink.ids == ["k1"]
    assert "longer than 50 bytes" in sink.unread[0].reason


def test_what_is_given_is_taken_and_what_is_missing_is_of_the_file(tmp_path):
    def untimed(path, given):
        return lambda record: [Item("of the file", Sent(features=record.value))]

    file, sink = wrote(tmp_path / "a.log", {"x": 1}, {"x": 1}), Kept()
    kind = KIND._replace(reader=untimed)
    course(kind, file, sink=sink, given=Given("mine", "v2", 4.0)).run()
    (model, first), (_, second) = sink.rows
    assert (model, first["version"], first["weight"]) == ("mine", "v2", 4.0)
    assert first["time"] == file.stat().st_mtime_ns
    assert first["rest"] == {"time_quality": "file"}
    assert first["id"] != second["id"]
    again = Kept()
    course(kind, file.rename(tmp_path / "b.log"), sink=again).run()
    assert again.ids == sink.ids
    assert again.rows[0][0] == "of the file"


def test_a_file_that_cannot_be_read_does_not_stop_the_others(tmp_path):
    broken = tmp_path / "a.log.gz"
    broken.write_bytes(b"\x1f\x8b no gzip")
    wrote(tmp_path / "b.log", *rows(0, 1))
    sink = Kept()
    tally = run(sink, tmp_path)
    assert sink.ids == ["k0"]
    assert "cannot be read" in tally.broken[str(broken)]
