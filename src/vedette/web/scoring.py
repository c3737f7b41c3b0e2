"""Scoring rows at request time: how unlike the reference they are; nothing of them is stored.

Owns: the answer, and scoring single rows of many callers together.  Does not own: reading bodies
(`web.intake`), scoring (`engine.scoring`).
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from vedette.core import rows as columns
from vedette.engine.scoring import RowScore, Scoring
from vedette.ingest.decoded import Decoded
from vedette.web.anomaly import anomaly_document
from vedette.web.answers import Answer, json_answer
from vedette.web.turns import Turns

FEW = 64  # rows up to which they are scored on the spot, together with those of others
LISTED = 1_000  # refused events named in an answer

Asked = tuple[Scoring, pa.RecordBatch]


class Scores:
    """Scores of rows that callers sent."""

    def __init__(self) -> None:
        self._turns: Turns[Asked, list[RowScore]] = Turns(_together)
        self._many = asyncio.Semaphore(1)  # large bodies at once: each keeps a core busy

    async def of(self, scoring: Scoring, decoded: Decoded) -> Answer:
        """The answer for a body."""
        rows = decoded.rows
        found: list[RowScore] = []
        if rows is not None and rows.num_rows <= FEW:
            found = await self._turns.join((id(scoring.scorer), rows.schema), (scoring, rows))
        elif rows is not None:
            async with self._many:
                return await asyncio.to_thread(_whole, scoring, rows, decoded)
        return scored_answer(decoded, found)


def scored_answer(decoded: Decoded, found: Sequence[RowScore]) -> Answer:
    """What a sender hears: 400 when none of the rows can be read."""
    refused = {one.row for one in decoded.rejected}
    places = (at for at in range(len(found) + len(refused)) if at not in refused)
    ids = [] if decoded.rows is None else decoded.rows.column(columns.ID).to_pylist()
    said: dict[str, Any] = {
        "rows": len(found),
        "scores": [
            {"row": place, "id": name, **anomaly_document(*one)}
            for place, name, one in zip(places, ids, found, strict=False)
        ],
        "rejected": [
            {"row": bad.row, "id": bad.id, "reason": bad.reason}
            for bad in decoded.rejected[:LISTED]
        ],
        "rejected_count": len(decoded.rejected),
    }
    if not found and decoded.rejected:
        first = decoded.rejected[0]
        message = f"row {first.row}: {first.reason}"
        said["error"] = {"code": "all_rejected", "message": message, "field": None}
        return json_answer(said, 400)
    return json_answer(said)


def _whole(scoring: Scoring, rows: pa.RecordBatch, decoded: Decoded) -> Answer:
    """The answer for a large body, made beside the loop: writing it takes longer than a turn."""
    return scored_answer(decoded, scoring.of_rows(rows))


def _together(asked: Sequence[Asked]) -> list[list[RowScore]]:
    scoring = asked[0][0]
    return scoring.of_batches([batch for _, batch in asked])
