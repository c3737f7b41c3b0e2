"""Make the golden Feast files with the real library: serving logs and a historical retrieval.

Run by hand in an environment of its own, of `requirements-feast.txt`:

    python bench/rivals/make_feast.py tests/golden/data/feast

Online values are read with `get_online_features` from a sqlite store and laid out as Feast's own
logger lays them out (`FeatureServiceLoggingSource` gives the schema), then written by
`write_logged_features` to a `FileLoggingDestination`.  Faults are planted on the way: the trip
distance of some drivers is materialised in kilometres, some rows are materialised stale, some
drivers are unknown online.
"""

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from feast import (
    Entity,
    FeatureService,
    FeatureStore,
    FeatureView,
    Field,
    FileSource,
    RepoConfig,
    ValueType,
)
from feast.feature_logging import FeatureServiceLoggingSource, LoggingConfig
from feast.infra.offline_stores.file_source import FileLoggingDestination
from feast.types import Float32, Int64, String

DAY = datetime(2026, 3, 2, tzinfo=UTC)
DRIVERS = 240


def main(target: Path) -> None:
    """Write `logs/` and two retrievals, with short and with full names of features."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        truth = table()
        truth.to_parquet(work / "stats.parquet")
        trips(truth).to_parquet(work / "trips.parquet")
        store, service = made(work)
        store.write_to_online_store("driver_stats", served(truth))
        store.write_to_online_store("driver_trips", served_trips(trips(truth)))
        asked = pd.DataFrame({"driver_id": np.arange(DRIVERS + 10)})
        log(store, service, asked)
        target.mkdir(parents=True, exist_ok=True)
        logged = pq.read_table(work / "logs")
        (target / "logs").mkdir(exist_ok=True)
        pq.write_table(logged, target / "logs" / "part-0.parquet")
        entities = logged.select(["driver_id", "__log_timestamp"]).to_pandas()
        entities = entities.rename(columns={"__log_timestamp": "event_timestamp"})
        for name, full in (("history", False), ("history_full", True)):
            job = store.get_historical_features(
                entity_df=entities, features=service, full_feature_names=full
            )
            pq.write_table(job.to_arrow(), target / f"{name}.parquet")


def table() -> pd.DataFrame:
    """What is true of every driver, hour by hour."""
    luck = np.random.default_rng(7)
    hours = [DAY + timedelta(hours=int(h)) for h in (0, 6, 12, 18)]
    rows = [
        {
            "driver_id": driver,
            "event_timestamp": hour,
            "created": hour,
            "rating": np.float32(luck.uniform(3, 5)),
            "trips_today": int(luck.integers(0, 40)),
            "city": ["Porto", "Lyon", "Graz"][driver % 3],
        }
        for driver in range(DRIVERS)
        for hour in hours
    ]
    return pd.DataFrame(rows)


def trips(truth: pd.DataFrame) -> pd.DataFrame:
    """A second view: the mean distance of a trip, in miles, which some drivers lack."""
    luck = np.random.default_rng(8)
    found = truth[["driver_id", "event_timestamp", "created"]].copy()
    found["distance"] = luck.gamma(4, 2, len(found)).astype("float32")
    found.loc[found.driver_id % 24 == 5, "distance"] = np.nan
    return found


def served(truth: pd.DataFrame) -> pd.DataFrame:
    """What was materialised: of every eighth driver the values of six hours before."""
    last = truth.groupby("driver_id").tail(1)
    stale = truth.groupby("driver_id").nth(2)
    old = last.driver_id % 8 == 3
    return pd.concat([last[~old], stale[stale.driver_id % 8 == 3]])


def served_trips(found: pd.DataFrame) -> pd.DataFrame:
    """What was materialised: kilometres for every sixth driver."""
    last = found.groupby("driver_id").tail(1).copy()
    last.loc[last.driver_id % 6 == 1, "distance"] *= np.float32(1.609344)
    return last


def made(work: Path) -> tuple[FeatureStore, FeatureService]:
    """A local store with two views of one entity and a service that logs."""
    driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
    views = [
        FeatureView(
            name=name,
            entities=[driver],
            ttl=timedelta(days=36_500),
            schema=[Field(name="driver_id", dtype=Int64), *fields],
            source=FileSource(
                path=str(work / file),
                timestamp_field="event_timestamp",
                created_timestamp_column="created",
            ),
        )
        for name, file, fields in (
            (
                "driver_stats",
                "stats.parquet",
                [
                    Field(name="rating", dtype=Float32),
                    Field(name="trips_today", dtype=Int64),
                    Field(name="city", dtype=String),
                ],
            ),
            ("driver_trips", "trips.parquet", [Field(name="distance", dtype=Float32)]),
        )
    ]
    service = FeatureService(
        name="eta",
        features=views,
        logging_config=LoggingConfig(
            sample_rate=1.0, destination=FileLoggingDestination(path=str(work / "logs"))
        ),
    )
    store = FeatureStore(
        config=RepoConfig(
            project="eta",
            provider="local",
            registry=str(work / "registry.db"),
            online_store={"type": "sqlite", "path": str(work / "online.db")},
            offline_store={"type": "file"},
            entity_key_serialization_version=3,
        )
    )
    store.apply([driver, *views, service])
    return store, service


def log(store: FeatureStore, service: FeatureService, asked: pd.DataFrame) -> None:
    """Read features online and log them, as a feature server does."""
    found = store.get_online_features(
        features=service,
        entity_rows=[{"driver_id": int(one)} for one in asked.driver_id],
        full_feature_names=True,
    )
    schema = FeatureServiceLoggingSource(service, store.project).get_schema(store.registry)
    proto = found.proto
    columns: dict[str, list[object]] = {"driver_id": asked.driver_id.tolist()}
    values = found.to_dict()
    for name, vector in zip(proto.metadata.feature_names.val, proto.results, strict=True):
        if name in columns:
            continue
        columns[name] = values[name]
        columns[f"{name}__timestamp"] = [one.seconds for one in vector.event_timestamps]
        columns[f"{name}__status"] = list(vector.statuses)
    served_at = [DAY + timedelta(hours=20, seconds=int(i)) for i in range(len(asked))]
    columns["__log_timestamp"] = served_at
    columns["__log_date"] = [one.date() for one in served_at]
    columns["__request_id"] = [f"request-{i // 5}" for i in range(len(asked))]
    arrays = [pa.array(columns[field.name]).cast(field.type) for field in schema]
    store.write_logged_features(pa.Table.from_arrays(arrays, schema=schema), service)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
