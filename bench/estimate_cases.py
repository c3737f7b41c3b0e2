"""Labelled tables with time or natural shift, each with a trained model: what estimates are tried
on.

Owns: which tables, how they are cut into training, reference and analysis, the two models. Does not
own: estimating (`bench_estimates`), where tables come from (`rivals/run_nannyml.py`, and the
flights of `vedette.cli.flights`).

Tables, labels and cuts were written down before any estimate was looked at. Models are trained on
the first part alone; what is fitted to estimate sees the second; the third is estimated.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SEED = 20_140_801
MODELS = ("boosting", "logistic")


@dataclass(frozen=True)
class Spec:
    """One table: where training ends and where the analysis begins, as shares of its rows."""

    name: str
    title: str
    trained: float = 1 / 3
    known: float = 2 / 3
    chunk: int = 1_000


SPECS = (
    Spec("flights", "NYC flights 2013: late? Jan-Mar | Apr-Jun | Jul-Dec", chunk=4_000),
    Spec("employment", "MA census 2015-2018: employed?", 0.1239, 0.2477, 5_000),
    Spec("housing", "California housing, ordered by NannyML: dear?", 0.2073, 0.4147, 800),
    Spec("stops", "Minneapolis stops 2017: searched?"),
    Spec("union", "US women 1970-1988: in a union?", chunk=500),
    Spec("crashes", "US car crashes 1997-2002: badly hurt?", chunk=800),
    Spec("earnings", "GSS 1974-2018: above 20,000 dollars?"),
    Spec("vocabulary", "GSS 1978-2016: seven of ten words?", chunk=800),
    Spec("doctor", "German health 1984-1988: saw a doctor?", chunk=600),
)


@dataclass(frozen=True)
class Case:
    """A table and a model. Shapes: tables with features, `score`, `prediction`, `label`; whole
    chunks only in `analysis`."""

    table: str
    model: str
    chunk: int
    reference: pa.Table
    analysis: pa.Table

    @property
    def name(self) -> str:
        return f"{self.table}-{self.model}"


def cases(folder: Path, names: tuple[str, ...]) -> Iterator[Case]:
    """Train both models on every named table and score the rest."""
    for spec in SPECS:
        if spec.name not in names:
            continue
        train, reference, analysis = split(spec, folder)
        whole = len(analysis) // spec.chunk * spec.chunk
        for model in MODELS:
            score = trained(train, model)
            yield Case(
                spec.name,
                model,
                spec.chunk,
                with_scores(reference, score(reference)),
                with_scores(analysis.slice(0, whole), score(analysis.slice(0, whole))),
            )


def split(spec: Spec, folder: Path) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Cut a table by time; rows of one time come in an order of their own."""
    if spec.name == "flights":
        return split_flights()
    table = pq.read_table(folder / f"{spec.name}.parquet")
    luck = np.random.default_rng(SEED).random(len(table))
    order = pc.sort_indices(
        table.append_column("luck", pa.array(luck)),
        sort_keys=[("order", "ascending"), ("luck", "ascending")],
    )
    table = tidy(table.take(order).drop_columns(["order"]))
    one, two = (round(share * len(table)) for share in (spec.trained, spec.known))
    return table.slice(0, one), table.slice(one, two - one), table.slice(two)


def split_flights() -> tuple[pa.Table, pa.Table, pa.Table]:
    """The demo's flights, cut by month as the demo does; analysis thinned to every second row."""
    from vedette.cli.demo_model import FEATURES, departed, truth
    from vedette.cli.flights import flights, months

    table = flights()
    parts = []
    for first, last in ((1, 3), (4, 6), (7, 12)):
        part = departed(months(table, first, last))
        label = truth(part)
        part = part.select(list(FEATURES)).append_column("label", label)
        parts.append(tidy(part.filter(label.is_valid())))
    parts[2] = parts[2].take(np.arange(0, len(parts[2]), 2))
    return parts[0], parts[1], parts[2]


def tidy(table: pa.Table) -> pa.Table:
    """Numbers as float64, the rest as text, one chunk each; dictionaries and NaN undone."""
    columns = {}
    for name in table.column_names:
        column = table.column(name).combine_chunks()
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if name != "label" and pa.types.is_boolean(column.type):
            column = column.cast(pa.int8())
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            column = column.cast(pa.float64())
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, pa.float64()), column)
        columns[name] = column
    return pa.table(columns)


def with_scores(table: pa.Table, score: np.ndarray) -> pa.Table:
    score = np.round(score, 6)
    table = table.append_column("score", pa.array(score))
    return table.append_column("prediction", pa.array((score >= 0.5).astype(np.int64)))


def trained(train: pa.Table, model: str):
    """Train a model of the label and return what scores a table."""
    features = [name for name in train.column_names if name != "label"]
    nominal = [name for name in features if pa.types.is_string(train.column(name).type)]
    known = {name: pc.unique(train.column(name).drop_null()) for name in nominal}
    label = np.asarray(train.column("label").to_numpy(zero_copy_only=False), bool)

    def matrix(table: pa.Table) -> np.ndarray:
        columns = [
            pc.index_in(table.column(name), value_set=known[name]).cast(pa.float64())
            if name in known
            else table.column(name)
            for name in features
        ]
        return np.column_stack([c.to_numpy(zero_copy_only=False) for c in columns]).astype(float)

    fitted = learner(model, [features.index(name) for name in nominal], known, features)
    fitted.fit(matrix(train), label)
    return lambda table: fitted.predict_proba(matrix(table))[:, 1]


def learner(model: str, nominal: list[int], known: dict[str, pa.Array], features: list[str]):
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    if model == "boosting":
        usable = [i for i in nominal if len(known[features[i]]) < 250]
        return HistGradientBoostingClassifier(categorical_features=usable, random_state=SEED)
    numeric = [i for i in range(len(features)) if i not in nominal]
    scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    apart = OneHotEncoder(handle_unknown="ignore", min_frequency=20)
    columns = make_column_transformer((scaled, numeric), (apart, nominal))
    return make_pipeline(columns, LogisticRegression(max_iter=300))
