"""The docs say what is there, all of it, and what they show runs.

Owns: that every component, setting, command, flag, variable and error has its line in the docs;
that examples run, links lead somewhere, and figures in the README come from a bench.
Does not own: whether the prose is good.
"""

import doctest
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pytest

import vedette as vd
from vedette.alerts.routes import CHANNELS, Channel, Route
from vedette.cli.main import COMMANDS
from vedette.core import errors
from vedette.core.constraints import Constraints
from vedette.core.schema import KINDS, ROLES, Field
from vedette.core.schema_yaml import load_schema
from vedette.derive.catalog import DERIVATIONS
from vedette.engine.baseline_settings import BaselineSettings
from vedette.engine.clock_settings import ClockSettings
from vedette.engine.fairness_settings import FairnessSettings
from vedette.engine.import_settings import ImportSettings
from vedette.engine.live import ServerSettings, StorageSettings, load_live
from vedette.engine.model_settings import ModelSettings
from vedette.engine.objective_settings import ObjectiveSettings
from vedette.engine.otlp_settings import OtlpSettings
from vedette.engine.push_settings import PushSettings
from vedette.engine.saturation_settings import BoundSettings
from vedette.engine.scrape_settings import ScrapeTarget
from vedette.engine.settings import ColumnSettings, Settings, load_settings
from vedette.ingest.readers.catalog import KINDS as KINDS_OF_FILE
from vedette.ingest.readers.mapping import Columns
from vedette.monitors.catalog import COMPONENTS
from vedette.monitors.control import METHODS
from vedette.monitors.family import CALM
from vedette.monitors.finding import VERDICTS
from vedette.stats.performance.metrics import METRICS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text("utf-8")
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

# One word per idea.  A word of the left column is said by the one on the right.
OTHER_WORDS = {
    "chunk": "window, or block of rows",
    "slice": "segment",
    "cohort": "segment",
    "bucket": "bin",
}


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def fenced(text: str, language: str) -> list[str]:
    """The fenced examples of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def prose(text: str) -> str:
    """A page without its examples and code spans."""
    return re.sub(r"^```.*?^```|`[^`\n]+`", "", text, flags=re.MULTILINE | re.DOTALL)


def spans(text: str) -> set[str]:
    """The code spans of a page."""
    flowing = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`([^`\n]+)`", flowing))


def coded(text: str) -> set[str]:
    """The words in code spans and in YAML examples."""
    return set(re.split(r"[\s,:{}]+", " ".join([*spans(text), *fenced(text, "yaml")])))


# --- every thing has its line ---------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted({*COMPONENTS, *CALM, "joint"}))
def test_every_component_has_a_section(name):
    assert re.search(rf"^### {name}$", page("components.md"), re.MULTILINE)


def test_every_verdict_and_method_is_explained():
    assert set(VERDICTS) <= coded(page("components.md"))
    assert set(METHODS) <= coded(page("settings.md"))


LIVE = [
    ModelSettings, FairnessSettings, ClockSettings, BaselineSettings, ServerSettings,
    StorageSettings, OtlpSettings, PushSettings, ScrapeTarget, ImportSettings, Columns,
]  # fmt: skip


OTHERS = [Settings, ColumnSettings, ObjectiveSettings, BoundSettings, Channel, Route]


@pytest.mark.parametrize("kind", [*LIVE, *OTHERS])
def test_every_setting_has_a_row(kind):
    cells = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", page("settings.md"), re.MULTILINE)
    rows = {name.strip("` ") for cell in cells for name in cell.split(",")}
    words = coded(page("settings.md"))
    kinds = set(CHANNELS) if kind is Channel else set()
    assert kinds <= words
    assert set(kind.__struct_fields__) - kinds <= rows


@pytest.mark.parametrize("name", KINDS_OF_FILE)
def test_every_kind_of_file_has_a_section(name):
    assert re.search(rf"^### {name}$", page("import.md"), re.MULTILINE)
    assert name in coded(page("settings.md"))


def test_the_defaults_of_live_settings_in_the_docs_are_those_of_the_code():
    for kind in LIVE:
        defaults = kind.__struct_defaults__
        for name, value in zip(kind.__struct_fields__[-len(defaults) :], defaults, strict=True):
            if isinstance(value, str | float) and value and not isinstance(value, bool):
                spelt = f"{value:g}" if isinstance(value, float) else value
                assert f"| `{name}` | {spelt} |" in page("settings.md"), (kind, name)


def test_the_live_settings_in_the_docs_are_read():
    texts = [text for text in fenced(page("settings.md"), "yaml") if "models:" in text]
    assert texts
    for text in texts:
        assert load_live(text, "docs/settings.md").models


def test_the_defaults_in_the_docs_are_those_of_the_code():
    settings = Settings()
    for name in ("min_effect", "alpha", "alpha_margin"):
        assert f"| `{name}` | {getattr(settings, name):g} |" in page("settings.md")


def test_every_word_of_a_schema_is_explained():
    words = coded(page("schema.md"))
    assert {*KINDS, *ROLES, *Constraints.__struct_fields__} <= words
    assert set(Field.__struct_fields__) - {"name"} <= words | {"fields"}


@pytest.mark.parametrize("task", METRICS)
def test_every_metric_has_its_line(task):
    rows = [line for line in page("performance.md").splitlines() if line.startswith("| `")]
    cells = {name for row in rows for name in spans(row.split("|")[1])}
    assert {metric.name for metric in METRICS[task]} <= cells | {"ece"}


@pytest.mark.parametrize("kind", ["text", "vector"])
def test_every_derived_column_is_explained(kind):
    added = [new.name for one in DERIVATIONS for new in one.adds(Field("NAME", kind))]
    text = page("schema.md")
    missing = [name for name in added if not re.search(rf"`(NAME\.|\.)?{name[5:]}`", text)]
    between = {f"NAME.projection_{i}" for i in range(1, 7)}  # the page says "to"
    assert set(missing) <= between


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that can be called, by its name on the command line."""
    for name, (module, _) in COMMANDS.items():
        command = import_module(f"vedette.cli.{module}").command
        if isinstance(command, click.Group):
            yield from ((f"{name} {key}", one) for key, one in command.commands.items())
        else:
            yield name, command


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_every_command_and_flag_is_in_the_docs(name):
    command = dict(commands())[name]
    text = page("settings.md")
    words = coded(text)
    assert name in spans(text)
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert [flag for one in options for flag in one.opts if flag not in words] == []
    variables = [one.envvar for one in options if one.envvar]
    assert [variable for variable in variables if variable not in words] == []
    assert [one.name for one in options if not one.help] == []


@pytest.mark.parametrize(
    "name", [name for name in vars(errors) if name.endswith("Error") and name[0].isupper()]
)
def test_every_error_is_in_the_docs(name):
    assert name in coded(page("settings.md"))


def test_every_decision_is_listed():
    listed = set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", page("decisions/README.md")))
    assert listed == {path.name for path in (ROOT / "docs/decisions").glob("[0-9]*.md")}


def test_every_decision_named_in_the_code_exists():
    for path in (ROOT / "src").rglob("*.py"):
        for number in re.findall(r"docs/decisions/(\d{4})", path.read_text("utf-8")):
            assert list((ROOT / "docs/decisions").glob(f"{number}-*.md")), (path, number)


@pytest.mark.parametrize("path", sorted((ROOT / "docs/decisions").glob("[0-9]*.md")), ids=str)
def test_every_decision_says_context_choice_cost_and_when_to_reverse(path):
    text = path.read_text("utf-8")
    assert text.startswith(f"# {path.name[:4]}. ")
    for part in ("**Context.**", "**Choice", "**Cost.**", "**Reverse"):
        assert part in text


# --- what they show runs --------------------------------------------------------------------------


@pytest.fixture
def frames(tmp_path, monkeypatch):
    """Two small tables under the names that examples use, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(7)
    tables = {
        name: pd.DataFrame({"amount": rng.lognormal(size=300), "age": rng.integers(18, 80, 300)})
        for name in ("reference", "current")
    }
    return {"vd": vd, **tables}


@pytest.mark.parametrize("name", NAMES)
def test_python_examples_run(name, frames, capsys):
    for code in fenced((ROOT / name).read_text("utf-8"), "python"):
        if code.startswith(">>>"):
            example = doctest.DocTestParser().get_doctest(code, dict(frames), name, name, 0)
            assert doctest.DocTestRunner(verbose=False).run(example).failed == 0
        else:
            exec(compile(code, name, "exec"), frames)


def test_the_readme_has_three_lines_to_a_verdict():
    lines = [line for line in fenced(README, "python")[0].splitlines() if line]
    assert len(lines) == 3


@pytest.mark.parametrize("name", NAMES)
def test_shell_examples_name_commands_and_flags_that_exist(name):
    known = dict(commands())
    for code in fenced((ROOT / name).read_text("utf-8"), "sh"):
        for line in code.splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["make"]:
                assert re.search(rf"^{words[1]}:", makefile(), re.MULTILINE)
            if words[:1] != ["vedette"]:
                continue
            command = known.get(" ".join(words[1:3])) or known[words[1]]
            flags = {flag for one in command.params for flag in one.opts}
            assert [word for word in words if word.startswith("-") and word not in flags] == []


def test_settings_and_schemas_in_the_docs_are_read():
    for text in fenced(page("settings.md"), "yaml"):
        assert load_settings(text, "docs/settings.md") or load_live(text, "docs/settings.md")
    for text in fenced(page("schema.md"), "yaml"):
        assert load_schema(text, "docs/schema.md").fields


def makefile() -> str:
    return (ROOT / "Makefile").read_text("utf-8")


def test_continuous_integration_runs_the_command_of_the_readme():
    script = (ROOT / ".ci/run").read_text("utf-8").rstrip()
    assert "make test     # the tests" in README
    first, last = script.splitlines()[-2:]
    assert (first, last.split("  #")[0]) == ("make lint types imports", "make test")
    assert re.search(r"^check: lint types imports test\b", makefile(), re.MULTILINE)


# --- figures, words, links ------------------------------------------------------------------------


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", text))


def test_measured_figures_of_the_readme_come_from_a_bench():
    """Every row of the table has been measured, and docs/bench_results.md holds its numbers."""
    table = README.split("<!-- measured", 1)[1].split("\n\n")[1].splitlines()[2:]
    results = page("bench_results.md")
    assert len(table) >= 10
    for row in table:
        what, _, measured = (cell.strip() for cell in row.strip("|").split("|"))
        assert measured, f"nothing was measured for: {what}"
        assert numbers(measured) <= numbers(results), f"not from a bench: {what}: {measured}"


def test_benches_that_the_docs_name_exist():
    for path in PAGES:
        for name in re.findall(r"bench/\w+\.py", path.read_text("utf-8")):
            assert (ROOT / name).is_file(), (path, name)


@pytest.mark.parametrize("name", NAMES)
def test_one_word_per_idea_in_the_docs(name):
    found = [w for w in OTHER_WORDS if re.search(rf"\b{w}s?\b", prose(read(name)), re.IGNORECASE)]
    assert {word: OTHER_WORDS[word] for word in found} == {}


def test_one_word_per_idea_in_the_help():
    for name, command in commands():
        text = command.get_help(click.Context(command, info_name=name)).lower()
        assert [word for word in OTHER_WORDS if re.search(rf"\b{word}s?\b", text)] == [], name


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_files_of_this_repository(name):
    for target in re.findall(r"\]\(([^)\s]+)\)", read(name)):
        if re.match(r"https?://|#", target):
            continue
        path = ((ROOT / name).parent / target.partition("#")[0]).resolve()
        assert path.is_relative_to(ROOT), target
        assert path.exists(), target


@pytest.mark.parametrize("name", NAMES)
def test_no_page_speaks_of_a_path_outside(name):
    """An absolute path is somebody's machine, unless it is one of the HTTP API."""
    found = re.findall(r"(?<![\w:/.)<*~])/[A-Za-z]+/[\w./-]*", read(name))
    outside = [path for path in found if not path.startswith(("/api/v1/", "/v1/", "/prometheus/"))]
    assert outside == []
