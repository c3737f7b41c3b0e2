"""Bodies of the Open Inference Protocol, as Triton's client and KServe's server write them."""

import base64
import json
from pathlib import Path

import pytest

from vedette.ingest.limits import Limits
from vedette.ingest.payloads.requests import rows_of
from vedette.ingest.payloads.responses import predictions_of

BODIES = json.loads((Path(__file__).parent / "data" / "v2" / "v2.json").read_text())


@pytest.mark.parametrize("form", ["binary", "json"])
def test_requests_of_every_datatype(form):
    told = BODIES[f"request {form}"]
    made = rows_of(base64.b64decode(told["body"]), limits=Limits())
    assert [dict(one.features) for one in made] == rows(told)


@pytest.mark.parametrize("form", ["binary", "json"])
def test_responses_of_every_datatype(form):
    told = BODIES[f"response {form}"]
    made = predictions_of(base64.b64decode(told["body"]), limits=Limits())
    assert [one.prediction for one in made] == told["values"]["bool"]  # the first of them
    rest = [{name: one for name, one in row.items() if name != "bool"} for row in rows(told)]
    assert [dict(one.attributes or {}) for one in made] == [
        {f"output.{name}": one for name, one in row.items()} for row in rest
    ]


def rows(told):
    return [{name: values[at] for name, values in told["values"].items()} for at in (0, 1)]
