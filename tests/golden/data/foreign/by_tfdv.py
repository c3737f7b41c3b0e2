"""Record what TensorFlow Data Validation says of `table.parquet`, in an environment of its own.

    python -m venv /tmp/tfdv
    /tmp/tfdv/bin/pip install -r tests/golden/data/foreign/requirements-tfdv.txt
    /tmp/tfdv/bin/python tests/golden/data/foreign/by_tfdv.py

It writes `tfdv.json`: cases, each a schema in text form, the columns left out of the table, the
environment, and the anomalies by feature that the library reports.
"""

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

HERE = Path(__file__).resolve().parent
TIMES = ["when"]  # the library has no times


def main() -> None:
    """Infer a schema, change it case by case, and judge the table by each."""
    frame = pq.read_table(HERE / "table.parquet").drop(TIMES).to_pandas()
    inferred = tfdv.infer_schema(tfdv.generate_statistics_from_dataframe(frame))
    found = [_case(name, change, dropped, environment, frame, inferred)
             for name, (change, dropped, environment) in CASES.items()]  # fmt: skip
    text = json.dumps({"tfdv": tfdv.__version__, "cases": found}, indent=1)
    (HERE / "tfdv.json").write_text(text + "\n")


def _case(name, change, dropped, environment, frame, inferred):
    schema = schema_pb2.Schema()
    schema.CopyFrom(inferred)
    change(schema)
    kept = frame.drop(columns=dropped)
    said = tfdv.validate_statistics(
        tfdv.generate_statistics_from_dataframe(kept), schema, environment=environment
    )
    spelt = anomalies_pb2.AnomalyInfo.Type.Name
    anomalies = {
        feature: sorted(spelt(reason.type) for reason in info.reason)
        for feature, info in sorted(said.anomaly_info.items())
    }
    table = [spelt(one.type) for one in said.dataset_anomaly_info.reason]
    return {
        "name": name, "schema": str(schema), "dropped": dropped, "environment": environment,
        "anomalies": anomalies, "of_the_table": table,
    }  # fmt: skip


def _feature(schema, name):
    return next(one for one in schema.feature if one.name == name)


def _floats(schema, name="age", **limits):
    domain = _feature(schema, name).float_domain
    for key, value in limits.items():
        setattr(domain, key, value)


def _grades(schema, mass=None):
    feature = _feature(schema, "grade")
    feature.string_domain.value.extend("ABCD")
    if mass is not None:
        feature.distribution_constraints.min_domain_mass = mass


def _presence(schema, name, share, count=1):
    presence = _feature(schema, name).presence
    presence.min_fraction, presence.min_count = share, count


def _extra(schema, **presence):
    feature = schema.feature.add(name="gone", type=schema_pb2.FLOAT)
    for key, value in presence.items():
        setattr(feature.presence, key, value)


def _without(schema, name):
    kept = [one for one in schema.feature if one.name != name]
    del schema.feature[:]
    schema.feature.extend(kept)


def _typed(schema, name, kind):
    feature = _feature(schema, name)
    feature.type = kind
    for domain in ("domain", "int_domain", "float_domain", "string_domain", "bool_domain"):
        feature.ClearField(domain)


def _environments(schema, name="label", default=("TRAINING", "SERVING"), **lists):
    schema.default_environment.extend(default)
    for key, values in lists.items():
        getattr(_feature(schema, name), key).extend(values)


def _votes(schema):
    feature = _feature(schema, "vote")
    feature.ClearField("int_domain")
    feature.bool_domain.SetInParent()


def _zips(schema):
    feature = _feature(schema, "zip")
    feature.ClearField("domain")
    feature.int_domain.min, feature.int_domain.max = 1000, 9999


def _rows(schema, **limits):
    for key, value in limits.items():
        setattr(schema.dataset_constraints, key, value)


def _numbers(schema, least, most):
    feature = _feature(schema, "number")
    feature.int_domain.min, feature.int_domain.max = least, most


def _staged(schema, stage):
    _floats(schema, min=0)
    _feature(schema, "age").lifecycle_stage = stage


CASES = {
    "as inferred": (lambda schema: None, [], None),
    "least and greatest": (lambda s: _floats(s, min=0, max=120), [], None),
    "least alone": (lambda s: _floats(s, min=-9), [], None),
    "limits of 32 bits": (lambda s: _floats(s, "income", min=-5.1), [], None),
    "no infinity, no NaN": (
        lambda s: _floats(s, "income", disallow_inf=True, disallow_nan=True), [], None,
    ),
    "whole numbers": (lambda s: _numbers(s, 0, 500), [], None),
    "whole numbers obeyed": (lambda s: _numbers(s, 0, 599), [], None),
    "listed": (_grades, [], None),
    "mostly listed": (lambda s: _grades(s, 0.95), [], None),
    "not even mostly listed": (lambda s: _grades(s, 0.999), [], None),
    "a value in every row": (lambda s: _presence(s, "age", 1.0), [], None),
    "a value in most rows": (lambda s: _presence(s, "age", 0.9), [], None),
    "absent, wanted by share": (lambda s: _extra(s, min_fraction=0.5), [], None),
    "absent, wanted by count": (lambda s: _extra(s, min_count=1), [], None),
    "absent, and may be": (_extra, [], None),
    "a column too many": (lambda s: _without(s, "zip"), [], None),
    "text for a number": (lambda s: _typed(s, "age", schema_pb2.BYTES), [], None),
    "number for a text": (lambda s: _typed(s, "code", schema_pb2.INT), [], None),
    "real for a whole number": (lambda s: _typed(s, "number", schema_pb2.FLOAT), [], None),
    "whole for a real number": (lambda s: _typed(s, "age", schema_pb2.INT), [], None),
    "true or false": (_votes, [], None),
    "numbers as text": (_zips, [], None),
    "too few rows": (lambda s: _rows(s, min_examples_count=601), [], None),
    "too many rows": (lambda s: _rows(s, max_examples_count=599), [], None),
    "enough rows": (lambda s: _rows(s, min_examples_count=600, max_examples_count=600), [], None),
    "no label in serving": (
        lambda s: _environments(s, not_in_environment=["SERVING"]), ["label"], "SERVING",
    ),
    "no label in training": (
        lambda s: _environments(s, not_in_environment=["SERVING"]), ["label"], "TRAINING",
    ),
    "serving by name": (
        lambda s: _environments(s, in_environment=["SERVING"], not_in_environment=["SERVING"]),
        ["label"], "SERVING",
    ),
    "deprecated": (lambda s: _staged(s, schema_pb2.DEPRECATED), [], None),
    "debugging": (lambda s: _staged(s, schema_pb2.DEBUG_ONLY), [], None),
    "in beta": (lambda s: _staged(s, schema_pb2.BETA), [], None),
    "gone but deprecated": (lambda s: _staged(s, schema_pb2.DEPRECATED), ["age"], None),
}  # fmt: skip


if __name__ == "__main__":
    pd.options.mode.copy_on_write = True
    main()
