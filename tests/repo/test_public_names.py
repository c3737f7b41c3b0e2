"""The public names are these, each says what it does, and the lazy table agrees with the types.

Owns: the snapshot of `import vedette`.  A name that is added, moved or dropped is a decision:
change the snapshot, the CHANGELOG and the README with it.
"""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import vedette

SOURCE = Path(vedette.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))

PUBLIC = [
    "Baseline", "Client", "Comparison", "Constraints", "Estimation", "Fairness", "Field",
    "Finding", "MetricDetector", "OutlierScorer", "OutlierScores", "PredictionSkew", "Profile",
    "Rule", "Schema", "SchemaCheck",
    "SchemaError", "SettingsError", "Skew", "StoreError", "SuiteRun", "TableSkew", "UsageError",
    "VedetteError", "Watcher",
    "__version__", "check_schema", "compare", "estimate", "export_schema", "fairness",
    "import_schema", "infer_schema", "load", "open_source", "performance", "prediction_skew",
    "profile", "run_suite", "save", "skew",
]  # fmt: skip


def test_the_public_names_are_the_snapshot():
    assert sorted(vedette.__all__) == sorted(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_can_be_had(name):
    assert getattr(vedette, name) is not None
    assert name in dir(vedette)


def test_the_lazy_table_agrees_with_what_types_see():
    tree = ast.parse(Path(vedette.__file__).read_text("utf-8"))
    guard = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname or alias.name: (node.module or "").removeprefix("vedette.")
        for node in guard.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == dict(vedette._HOMES)


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'compair'"):
        vedette.compair  # noqa: B018 - the access is the test


@pytest.mark.parametrize("name", [name for name in PUBLIC if name != "__version__"])
def test_every_public_name_and_method_has_a_docstring(name):
    value = getattr(vedette, name)
    assert inspect.getdoc(value)
    methods = [
        (key, member)
        for key, member in (vars(value).items() if inspect.isclass(value) else ())
        if not key.startswith("_") and (inspect.isroutine(member) or isinstance(member, property))
    ]
    assert [key for key, member in methods if not inspect.getdoc(member)] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_module_and_public_function_says_what_it_is_for(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), "the module says nothing"
    silent = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
        and "overload" not in [getattr(one, "id", "") for one in node.decorator_list]
    ]
    assert silent == []


def test_every_module_can_be_imported():
    """No work at import, no missing dependency, whatever is imported first."""
    for path in MODULES:
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        assert importlib.import_module(name)
