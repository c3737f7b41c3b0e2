"""Words that the terminal, the page and the pack of an audit share.

Owns: names of groups and metrics, what was audited and under which limits, in sentences.  Does not
own: reasons of findings (they come with the document), digits (`core.words`).
"""

from collections.abc import Mapping
from typing import Any

from vedette.core.words import count, number, percent, plural
from vedette.report.words import period

NOT_LAW = "Limits are settings, not law."
MEANS = {
    "selection_rate": "share of rows that were selected",
    "true_positive_rate": "selected, of those that are truly positive",
    "false_positive_rate": "selected, of those that are truly negative",
    "false_negative_rate": "not selected, of those that are truly positive",
    "positive_predictive_value": "truly positive, of those that were selected",
    "negative_predictive_value": "truly negative, of those that were not selected",
    "accuracy": "decided as the label says",
    "base_rate": "truly positive: what groups are like, not what the model does",
}
OVERALL = {"unknown": "cannot tell"}  # verdicts that have a word of their own
CHOICE = (
    "Where base rates differ, equal error rates and calibrated scores cannot all hold. Which of "
    "them should is a choice of people; the figures of each are shown."
)


def short(label: str, columns: list[str]) -> str:
    """A group without the names of its columns.

    Example:
        >>> short("race=Black & sex=F", ["race", "sex"]), short("not stated", ["race"])
        ('Black & F', 'not stated')
    """
    for at, column in enumerate(columns):
        before = "" if at == 0 else " & "
        label = label.replace(f"{before}{column}=", before, 1) if "=" in label else label
    return label


def about(document: Mapping[str, Any]) -> list[str]:
    """What was audited: rows, period, labels, the selected class."""
    data, reading = document["data"], document["reading"]
    parts = [plural(data["rows"], "row")]
    if when := period(data):
        parts.append(when)
    if data["labelled"]:
        parts.append(f"{percent(data['labelled'] / max(data['rows'], 1))} with a label")
    by_score = reading["threshold"] is not None and reading["label"] is None
    if reading["positive"] is not None and not by_score:
        parts.append(f"selected is {reading['positive']!r}")
    if reading["threshold"] is not None:
        column = reading["score"] or reading["prediction"]
        parts.append(f"selected from {column} = {reading['threshold']:g} on")
    return parts


def limits(document: Mapping[str, Any]) -> str:
    """The limits that verdicts were given by."""
    asked = document["settings"]
    return (
        f"Held against limits of {number(asked['ratio'], 3)} (ratio of selection rates, either "
        f"way) and {number(100 * asked['gap'], 3)} points (other rates), with intervals that hold "
        f"at {percent(asked['level'])} for all groups of a table together; nothing is judged of "
        f"fewer than {count(max(asked['least'], asked['minimum']))} rows, and nothing shown of "
        f"fewer than {count(asked['minimum'])}. {_against(document)}{NOT_LAW}"
    )


def _against(document: Mapping[str, Any]) -> str:
    """Which sets are held against a named group, and which against the rest."""
    held: dict[str, list[str]] = {}
    first = dict[str, str]()
    for row in document["rates"]:
        first.setdefault(row["set"], row["against"])
    for key, against in first.items():
        held.setdefault(against, []).append(key)
    if len(held) < 2:
        return ""
    parts = [f"{', '.join(keys)} against {against}" for against, keys in held.items()]
    return f"Verdicts hold {'; '.join(parts)}. "


def beside_words(document: Mapping[str, Any]) -> list[str]:
    """What an audit knows beside rates, a sentence each: what moved, what reveals a group, where
    labels leave rates open."""
    found = []
    moved = [row for row in document["change"] if row["verdict"] != "context"]
    if moved:
        said = [row["verdict"] for row in moved]
        wider = said.count("alarming") + said.count("notable")
        found.append(
            f"since the reference {plural(wider, 'gap')} of {count(len(said))} widened beyond "
            f"chance; {count(said.count('unknown'))} cannot be told"
        )
    telling = [row for row in document["proxies"] if row["reveals"] and len(row["features"]) == 1]
    if document["proxies"]:
        names = list(dict.fromkeys(f"`{row['features'][0]}`" for row in telling))
        more = f" and {count(len(names) - 5)} more" if len(names) > 5 else ""
        told = f": {', '.join(names[:5])}{more}" if names else ": none of the others"
        found.append(f"columns that reveal a group, each by itself{told}")
    if document["bounds"]:
        found.append(
            "labels come unevenly: the report shows between which bounds rates lie whatever the "
            "missing ones are"
        )
    return found


def sentence(text: str) -> str:
    """A reason as a sentence.

    Example:
        >>> sentence("cannot tell")
        'Cannot tell.'
    """
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
