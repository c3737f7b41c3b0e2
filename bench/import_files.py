"""Files as other systems leave them behind, and reading one: children of `bench_import`.

    python -m bench.import_files write KIND ROWS FOLDER
    python -m bench.import_files read KIND FOLDER

Owns: what a call looks like in each format.  Does not own: what is measured.
"""

import base64
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from vedette.ingest.readers.catalog import kind_of
from vedette.ingest.readers.course import Course, Told
from vedette.ingest.readers.portion import Message
from vedette.ingest.readers.progress import Progress
from vedette.ingest.readers.record import Given

START = 1_793_527_200  # 2026-11-01T10:00:00Z
FEATURES = 8
BATCH = 50_000
json = msgspec.json.encode


def numbers(at: int) -> list[float]:
    """The features of a call."""
    return [(at * 7 + place) % 1000 / 10 for place in range(FEATURES)]


def moment(at: int) -> str:
    """When a call was: ten a second."""
    return datetime.fromtimestamp(START + at / 10, UTC).isoformat(timespec="milliseconds")


def row(at: int) -> dict[str, Any]:
    """A call in a table."""
    named = {f"x{place}": one for place, one in enumerate(numbers(at))}
    return {"id": f"r{at:08d}", "time": moment(at), **named, "country": ("FR", "DE")[at % 2],
            "prediction": at % 2, "score": at % 100 / 100, "latency_ms": at % 50}  # fmt: skip


def batches(count: int, make: Callable[[int], dict[str, Any]]) -> Iterator[pa.RecordBatch]:
    """A table in pieces."""
    for start in range(0, count, BATCH):
        yield pa.RecordBatch.from_pylist(
            [make(at) for at in range(start, min(start + BATCH, count))]
        )


def lines(path: Path, count: int, make: Callable[[int], bytes]) -> None:
    """A file of lines."""
    with path.open("wb") as file:
        file.writelines(make(at) + b"\n" for at in range(count))


def csv(folder: Path, count: int) -> None:
    """CSV."""
    found = batches(count, row)
    first = next(found)
    with pyarrow.csv.CSVWriter(folder / "t.csv", first.schema) as file:
        file.write_batch(first)
        for batch in found:
            file.write_batch(batch)


def parquet(folder: Path, count: int, make: Callable[[int], dict[str, Any]] = row) -> None:
    """Parquet."""
    found = batches(count, make)
    first = next(found)
    with pq.ParquetWriter(folder / "t.parquet", first.schema) as file:
        file.write_batch(first)
        for batch in found:
            file.write_batch(batch)


def avro(folder: Path, count: int) -> None:
    """Avro."""
    import fastavro

    kinds = {str: "string", float: "double", int: "long"}
    fields = [{"name": name, "type": kinds[type(one)]} for name, one in row(0).items()]
    with (folder / "t.avro").open("wb") as file:
        shape = {"type": "record", "name": "call", "fields": fields}
        fastavro.writer(file, shape, (row(at) for at in range(count)), codec="deflate")


def delta(folder: Path, count: int, make: Callable[[int], dict[str, Any]] = row) -> None:
    """A Delta table, a commit for each piece."""
    from deltalake import write_deltalake

    for batch in batches(count, make):
        write_deltalake(folder / "t", pa.Table.from_batches([batch]), mode="append")


def inference(at: int) -> dict[str, Any]:
    """A row of an inference table."""
    asked = {f"x{place}": one for place, one in enumerate(numbers(at))}
    return {
        "databricks_request_id": f"d{at}",
        "request_time": datetime.fromtimestamp(START + at / 10, UTC),
        "execution_duration_ms": at % 50, "status_code": 200, "sampling_fraction": 1.0,
        "request": json({"dataframe_records": [asked]}).decode(),
        "response": json({"predictions": [at % 2]}).decode(), "served_entity_id": "churn-3",
    }  # fmt: skip


def captured(at: int) -> bytes:
    """A line of SageMaker's data capture."""
    sides = {
        "endpointInput": {"observedContentType": "text/csv", "mode": "INPUT", "encoding": "CSV",
                          "data": ",".join(map(str, numbers(at)))},
        "endpointOutput": {"observedContentType": "text/csv; charset=utf-8", "mode": "OUTPUT",
                           "encoding": "CSV", "data": str(at % 100 / 100)},
    }  # fmt: skip
    about = {"eventId": f"e{at}", "inferenceTime": moment(at)}
    return json({"captureData": sides, "eventMetadata": about, "eventVersion": "0"})


def accessed(at: int) -> bytes:
    """A line of nginx."""
    when = datetime.fromtimestamp(START + at // 10, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return (
        f'10.0.0.{at % 250} - - [{when}] "POST /v1/models/iris:predict HTTP/1.1" '
        f'{200 if at % 50 else 500} 123 "-" "python-requests/2.32" rt=0.{at % 900:03d}'
    ).encode()


def generated(at: int) -> bytes:
    """A payload of LiteLLM's callbacks."""
    usage = {"prompt_tokens": 12, "completion_tokens": 30, "total_tokens": 42}
    said = {"message": {"role": "assistant", "content": "so it is " * 9}, "finish_reason": "stop"}
    return json({
        "id": f"chat-{at}", "litellm_call_id": f"l{at}", "call_type": "completion",
        "startTime": START + at / 10, "endTime": START + at / 10 + 1, "stream": True,
        "completionStartTime": START + at / 10 + 0.5, **usage, "response_cost": 1e-4,
        "status": "success", "custom_llm_provider": "openai", "model": "gpt", "model_group": "gpt",
        "messages": [{"role": "user", "content": "is it so? " * 5}], "metadata": {},
        "response": {"choices": [said], "usage": usage}, "model_parameters": {"temperature": 0.1},
    })  # fmt: skip


def monitored(folder: Path, count: int) -> None:
    """BentoML's monitor files."""
    (folder / "iris" / "schema").mkdir(parents=True)
    (folder / "iris" / "data").mkdir()
    columns = [{"name": f"x{at}", "role": "feature", "type": "numerical"} for at in range(FEATURES)]
    columns += [{"name": "kind", "role": "prediction", "type": "categorical"}]
    about = {"meta_data": {"bento_name": "iris", "bento_version": "v1"}, "columns": columns}
    (folder / "iris" / "schema" / "schema.1.log").write_bytes(json(about) + b"\n")

    def one(at: int) -> bytes:
        named = {f"x{place}": value for place, value in enumerate(numbers(at))}
        own = {"kind": "setosa", "timestamp": moment(at)[:-6], "request_id": str(10**18 + at),
               "trace_id": str(10**30 + at)}  # fmt: skip
        return json({**named, **own})

    lines(folder / "iris" / "data" / "data.1.log", count, one)


def logged(folder: Path, count: int) -> None:
    """Objects of KServe's logger, of 1,000 records."""
    for start in range(0, count, 1_000):
        for side, body in (
            ("request", {"instances": [numbers(1)]}),
            ("response", {"predictions": [1]}),
        ):
            data = base64.b64encode(json(body)).decode()
            half = range(start // 2, start // 2 + 500)
            records = [
                {"bytes": data, "contentType": "application/json", "id": f"c{at}",
                 "reqType": f"org.kubeflow.serving.inference.{side}", "sourceUri": "http://iris",
                 "inferenceService": "iris", "namespace": "shop", "component": "predictor",
                 "endpoint": "default", "metadata": {}, "occurrenceTime": moment(at)}
                for at in half
            ]  # fmt: skip
            (folder / f"c{start}-{side}.json").write_bytes(json(records))


# What is measured -> the kind that reads it, what writes it.
CASES: Mapping[str, tuple[str, Callable[[Path, int], None]]] = {
    "table, CSV": ("table", csv),
    "table, Parquet": ("table", parquet),
    "table, JSON lines": ("table", lambda at, n: lines(at / "t.jsonl", n, lambda i: json(row(i)))),
    "table, Avro": ("table", avro),
    "table, Delta Lake": ("table", delta),
    "databricks, Delta Lake": ("databricks", lambda at, n: delta(at, n, inference)),
    "databricks, Parquet": ("databricks", lambda at, n: parquet(at, n, inference)),
    "sagemaker": ("sagemaker", lambda at, n: lines(at / "c.jsonl", n, captured)),
    "bentoml": ("bentoml", monitored),
    "access-log": ("access-log", lambda at, n: lines(at / "access.log", n, accessed)),
    "kserve": ("kserve", logged),
    "litellm": ("litellm", lambda at, n: lines(at / "calls.jsonl", n, generated)),
}  # fmt: skip


class Counted:
    """A sink that takes everything at once."""

    def take(self, model: str, message: Message) -> Told:
        """Count."""
        return Told(accepted=message.rows)

    def refuse(self, unread: Any) -> None:
        """Nothing may be refused."""
        raise SystemExit(f"not read: {unread[0]}")

    def save(self, progress: Progress) -> None:
        """As a server does, in memory."""
        progress.written()


def main() -> None:
    """Write or read; reading prints rows and CPU seconds."""
    what, case, *rest = sys.argv[1:]
    kind, write = CASES[case]
    if what == "write":
        folder = Path(rest[1])
        folder.mkdir(parents=True)
        write(folder, int(rest[0]))
        return
    course = Course(kind_of(kind), rest, Given(model="m"), Counted(), Progress())
    began = time.process_time()
    course.run()
    if course.tally.broken:
        raise SystemExit(str(course.tally.broken))
    print(course.tally.accepted, time.process_time() - began)


if __name__ == "__main__":
    main()
