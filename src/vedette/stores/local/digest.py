"""Ids as 64-bit numbers under a secret key.

Owns: one keyed hash over whole Arrow columns.  Does not own: remembering them (`seen`).
Two ids of one model meet by chance once in 2^64 pairs: with 10 million ids in the horizon, one
event in 2 * 10^12 is taken for a duplicate.  The key keeps a producer from making them meet.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core import rows
from vedette.stores.store import OUTCOMES, Record

Hashes = NDArray[np.uint64]

_WORDS = 64  # keys; longer ids use them in turn
_LOW = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)  # masks of the first n bytes
_MIX = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))  # MurmurHash3's finaliser
_S33, _S29 = np.uint64(33), np.uint64(29)


class Digest:
    """The hash of a folder, by its secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        spread = hashlib.shake_256(b"vedette ids" + secret).digest(8 * _WORDS)
        self._keys = np.frombuffer(spread, "<u8").astype(np.uint64) | np.uint64(1)
        self._seeds: dict[tuple[str, str], np.uint64] = {}

    def of(self, records: Sequence[Record]) -> Hashes:
        """Return one number per row of all records, one record after the other: of its id within
        kind and model, for outcomes with the label.

        Shapes: records without rows take no place; rows have `_id`, those of outcomes `label` too.
        """
        sizes = [0 if record.rows is None else record.rows.num_rows for record in records]
        found = np.empty(sum(sizes), np.uint64)
        alike: dict[pa.DataType | None, list[int]] = {}
        for number, record in enumerate(records):
            if record.rows is not None:
                label = record.rows["label"].type if record.kind == OUTCOMES else None
                alike.setdefault(label, []).append(number)
        ends = np.cumsum(sizes)
        for label, numbers in alike.items():
            ids = self._ids([records[number] for number in numbers], label)
            if len(ids) == len(found):
                return ids
            at = 0
            for number in numbers:
                size = sizes[number]
                found[ends[number] - size : ends[number]] = ids[at : at + size]
                at += size
        return found

    def names(self, kind: str, model: str, ids: pa.Array) -> Hashes:
        """Return one number per id within kind and model: for events that of `of`.

        Example:
            >>> one = Digest(b"secret").names("events", "m", pa.array(["a", "b", "a"]))
            >>> bool(one[0] == one[2] != one[1])
            True
        """
        return self._texts(ids, self._seed(kind, model))

    def _ids(self, records: Sequence[Record], label: pa.DataType | None) -> Hashes:
        """Hash the rows of records with labels of one type, or without, in one go."""
        batches = [record.rows for record in records if record.rows is not None]
        seeds = np.array([self._seed(record.kind, record.model) for record in records], np.uint64)
        if len(seeds) > 1:
            seeds = np.repeat(seeds, [batch.num_rows for batch in batches])
        found = self._texts(_column(batches, rows.ID), seeds)
        if label is not None:
            column = _column(batches, "label")
            spelt = self._texts(_spelt(column), self._seed("label", _family(label)))
            if column.null_count:
                missing = column.is_null().to_numpy(zero_copy_only=False)
                spelt[missing] = self._seed("label", "none")
            found = _mixed(found * self._keys[0] ^ spelt)
        return found

    def _seed(self, *words: str) -> np.uint64:
        key = (words[0], words[1])
        if key not in self._seeds:
            text = "\0".join(words).encode()
            spread = hashlib.blake2b(text, digest_size=8, key=self._secret[:64]).digest()
            self._seeds[key] = np.frombuffer(spread, np.uint64)[0]
        return self._seeds[key]

    def _texts(self, array: pa.Array, seed: np.uint64 | Hashes) -> Hashes:
        """Hash every text of an array, eight bytes a step for all of them at once."""
        if not pa.types.is_string(array.type):
            array = array.cast(pa.string())
        _, places, data = array.buffers()
        count = len(array)
        if count == 0:
            return np.zeros(0, np.uint64)
        ends = np.frombuffer(places, np.int32, count + 1, 4 * array.offset).astype(np.int64)
        first, last = int(ends[0]), int(ends[-1])
        ends -= first
        text = np.zeros(last - first + 8, np.uint8)
        if data is not None and last > first:
            text[:-8] = np.frombuffer(data, np.uint8, last - first, first)
        sizes = np.diff(ends)
        if (sizes == sizes[0]).all():
            return _mixed(self._even(text[:-8].reshape(count, -1), seed))
        words = np.ndarray((last - first + 1,), "<u8", text.data, strides=(1,))
        return _mixed(self._chain(words, ends[:-1], sizes, seed))

    def _even(self, text: NDArray[np.uint8], seed: np.uint64 | Hashes) -> Hashes:
        """As `_chain`, for texts of one length, which most ids are."""
        count, size = text.shape
        padded = np.zeros((count, -(-size // 8) * 8), np.uint8)
        padded[:, :size] = text
        words = np.ascontiguousarray(padded.view("<u8").T)
        found = np.full(count, size, np.uint64)
        found *= self._keys[-1]
        found ^= seed
        for step, word in enumerate(words):
            found = _step(found, word, self._keys[step % (_WORDS - 1)])
        return found

    def _chain(
        self,
        words: Hashes,
        starts: NDArray[np.int64],
        sizes: NDArray[np.int64],
        seed: np.uint64 | Hashes,
    ) -> Hashes:
        found = sizes.astype(np.uint64)
        found *= self._keys[-1]
        found ^= seed
        shortest, longest = int(sizes.min()), int(sizes.max())
        for step, at in enumerate(range(0, longest, 8)):
            key = self._keys[step % (_WORDS - 1)]
            if at + 8 <= shortest:  # all of them have eight bytes here
                found = _step(found, words[starts + at], key)
                continue
            rest = np.minimum(sizes - at, 8)
            if at < shortest:
                found = _step(found, words[starts + at] & _LOW[rest], key)
            else:
                some = np.flatnonzero(rest > 0)
                word = words[starts[some] + at] & _LOW[rest[some]]
                found[some] = _step(found[some], word, key)
        return found


def _column(batches: Sequence[pa.RecordBatch | None], name: str) -> pa.Array:
    arrays = [batch[name] for batch in batches if batch is not None]
    return arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays)


def _step(found: Hashes, word: Hashes, key: np.uint64) -> Hashes:
    found ^= word
    found *= key
    found ^= found >> _S29
    return found


def _mixed(found: Hashes) -> Hashes:
    for factor in _MIX:
        found ^= found >> _S33
        found *= factor
    found ^= found >> _S33
    return found


def _spelt(column: pa.Array) -> pa.Array:
    """Labels as text; lists, the labels of rankings, as Python writes them."""
    if not pa.types.is_nested(column.type):
        return column
    texts = [None if value is None else repr(value) for value in column.to_pylist()]
    return pa.array(texts, pa.string())


def _family(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_nested(kind):
        return "nested"
    if pa.types.is_integer(kind):
        return "integer"
    return "number" if pa.types.is_floating(kind) else str(kind)
