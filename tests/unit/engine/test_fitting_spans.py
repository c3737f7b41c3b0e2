"""What columns of spans are for, when a baseline is fitted to them."""

import numpy as np
import pyarrow as pa

from vedette.core import rows
from vedette.engine.fitting import fit
from vedette.engine.model_settings import ModelSettings
from vedette.ingest.source import open_source

HOUR = 3600 * 10**9


def roles_of(names):
    luck = np.random.default_rng(1)
    count = 400
    words = [f"word-{n}" for n in luck.integers(0, 5, count)]
    table = pa.table(
        {
            rows.ID: [f"{n}" for n in range(count)],
            rows.TIME: pa.array(np.arange(count) * HOUR // 50, pa.timestamp("ns", "UTC")),
            **dict.fromkeys(names, words),
            "decode_s": luck.random(count),
        }
    )
    baseline, _ = fit(open_source(table, name="spans"), ModelSettings())
    return {field.name: field.role for field in baseline.schema.fields}


def test_names_of_spans_say_what_they_are_for():
    found = roles_of([rows.SPAN, rows.REST, "input", "output", "user", "session", "operation"])
    assert (found["input"], found["output"]) == ("text_input", "text_output")
    assert (found["user"], found["session"], found["decode_s"]) == (
        "caller",
        "attribute",
        "latency",
    )
    assert (found["operation"], found[rows.SPAN], found[rows.REST]) == (
        "feature", "ignore", "ignore",
    )  # fmt: skip


def test_the_same_names_of_other_events_are_features():
    assert set(roles_of(["input", "user", "session"]).values()) >= {"feature"}
    assert roles_of(["input", "user"])["user"] == "feature"
