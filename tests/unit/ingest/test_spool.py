"""What can be read once is kept in a temporary file, and the file goes away."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from vedette.core.errors import StoreError
from vedette.ingest import spool
from vedette.ingest.source import open_source
from vedette.ingest.spool import Spool

SCHEMA = pa.schema({"x": pa.int64(), "s": pa.string()})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def reader(batches: int = 3) -> pa.RecordBatchReader:
    def make() -> Iterator[pa.RecordBatch]:
        for i in range(batches):
            yield pa.record_batch({"x": [i] * 20_000, "s": [f"s{i}"] * 20_000})

    return pa.RecordBatchReader.from_batches(SCHEMA, make())


def test_a_reader_is_spooled_on_first_use_and_the_file_goes_with_the_source(folder: Path) -> None:
    source = open_source(reader())
    assert list(folder.iterdir()) == []
    first = list(source.batches())
    assert len(list(folder.iterdir())) == 1
    assert list(source.batches()) == first
    assert [batch["s"][0].as_py() for batch in first] == ["s0", "s1", "s2"]
    del source
    gc.collect()
    assert list(folder.iterdir()) == []


def test_a_file_stays_while_it_is_read(folder: Path) -> None:
    batches = open_source(reader()).batches(["x"])
    next(batches)
    gc.collect()
    assert len(list(folder.iterdir())) == 1
    assert len(list(batches)) == 2
    del batches
    gc.collect()
    assert list(folder.iterdir()) == []


def test_what_can_be_read_again_is_not_spooled(folder: Path) -> None:
    source = open_source(pa.table({"x": [1]}))
    list(source.batches())
    source.sample(1)
    assert list(folder.iterdir()) == []


def test_a_reader_that_breaks_off_says_so_each_time(folder: Path) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"x": [1], "s": ["a"]})
        raise OSError("the line went dead")

    source = open_source(pa.RecordBatchReader.from_batches(SCHEMA, broken()), name="feed")
    with pytest.raises(StoreError, match="table 'feed': it broke off; got the line went dead"):
        list(source.batches())
    with pytest.raises(StoreError, match="table 'feed': it broke off before"):
        source.sample(1)
    gc.collect()
    assert list(folder.iterdir()) == []


def test_a_spool_takes_changing_schemas_and_gives_what_is_asked() -> None:
    kept = Spool()
    one = pa.record_batch({"a": [1], "b": ["x"]})
    other = pa.record_batch({"b": ["y"], "c": [2.0]})
    for batch in (one, one, other, one):
        kept.append(batch)
    kept.finish()
    assert kept.rows == 4
    got = [batch.to_pydict() for batch in kept.read(["b"])]
    assert got == [{"b": ["x"]}, {"b": ["x"]}, {"b": ["y"]}, {"b": ["x"]}]
    assert [batch.num_rows for batch in kept.read(["c"])] == [1, 1, 1, 1]


def test_text_codes_may_change_between_batches() -> None:
    kept = Spool()
    for word in ("u", "v", "u"):
        kept.append(pa.record_batch({"n": [1], "s": pa.array([word]).dictionary_encode()}))
    kept.finish()
    assert [batch["s"].to_pylist() for batch in kept.read(["s"])] == [["u"], ["v"], ["u"]]
    assert [batch.to_pydict() for batch in kept.read(["n"])] == [{"n": [1]}] * 3


def test_a_disk_that_fails_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Spool()
    kept.append(pa.record_batch({"a": [1]}))
    kept.finish()
    kept.path.unlink()
    with pytest.raises(StoreError, match=f"temporary file in {folder}: cannot be read"):
        list(kept.read(["a"]))

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(pa.ipc, "new_stream", full)
    with pytest.raises(StoreError, match="cannot be written; got no space left on device"):
        Spool().append(pa.record_batch({"a": [1]}))
    monkeypatch.setattr(spool.tempfile, "mkstemp", full)
    with pytest.raises(StoreError, match=r"cannot be made; got no space left.*set TMPDIR"):
        Spool()
