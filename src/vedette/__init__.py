"""vedette stands watch over AI models in production.

Owns: the public names.  They are loaded when first used, so that `import vedette` costs nothing and
`vedette.sdk` stays light.

    import vedette as vd
    result = vd.compare(reference, current)
    result.ok, result.alarms
"""

from importlib import import_module
from typing import TYPE_CHECKING

from vedette.core.version import __version__ as __version__

if TYPE_CHECKING:
    from vedette.core.constraints import Constraints as Constraints
    from vedette.core.errors import SchemaError as SchemaError
    from vedette.core.errors import SettingsError as SettingsError
    from vedette.core.errors import StoreError as StoreError
    from vedette.core.errors import UsageError as UsageError
    from vedette.core.errors import VedetteError as VedetteError
    from vedette.core.schema import Field as Field
    from vedette.core.schema import Rule as Rule
    from vedette.core.schema import Schema as Schema
    from vedette.engine.api import Baseline as Baseline
    from vedette.engine.api import infer_schema as infer_schema
    from vedette.engine.api import profile as profile
    from vedette.engine.audit.result import Fairness as Fairness
    from vedette.engine.checked import SchemaCheck as SchemaCheck
    from vedette.engine.compare import compare as compare
    from vedette.engine.comparison import Comparison as Comparison
    from vedette.engine.estimate import estimate as estimate
    from vedette.engine.estimate import performance as performance
    from vedette.engine.estimation import Estimation as Estimation
    from vedette.engine.fairness import fairness as fairness
    from vedette.engine.metric_detector import MetricDetector as MetricDetector
    from vedette.engine.outlier_scorer import OutlierScorer as OutlierScorer
    from vedette.engine.outlier_scores import OutlierScores as OutlierScores
    from vedette.engine.profile_file import load as load
    from vedette.engine.profile_file import save as save
    from vedette.engine.schema_check import check_schema as check_schema
    from vedette.engine.skew.compare import skew as skew
    from vedette.engine.skew.keyed.result import Skew as Skew
    from vedette.engine.skew.predictions.made import prediction_skew as prediction_skew
    from vedette.engine.skew.predictions.result import PredictionSkew as PredictionSkew
    from vedette.engine.skew.unkeyed.result import TableSkew as TableSkew
    from vedette.engine.suites.ran import SuiteRun as SuiteRun
    from vedette.engine.suites.run import run_suite as run_suite
    from vedette.engine.watcher import Watcher as Watcher
    from vedette.ingest.schemas.exchange import export_schema as export_schema
    from vedette.ingest.schemas.exchange import import_schema as import_schema
    from vedette.ingest.source import open_source as open_source
    from vedette.monitors.finding import Finding as Finding
    from vedette.profiles.profile import Profile as Profile
    from vedette.sdk.client import Client as Client

# Where each public name lives; it must agree with the imports above (a test compares them).
_HOMES = {
    "Baseline": "engine.api",
    "Client": "sdk.client",
    "Comparison": "engine.comparison",
    "Constraints": "core.constraints",
    "Estimation": "engine.estimation",
    "Fairness": "engine.audit.result",
    "Field": "core.schema",
    "Finding": "monitors.finding",
    "MetricDetector": "engine.metric_detector",
    "OutlierScorer": "engine.outlier_scorer",
    "OutlierScores": "engine.outlier_scores",
    "PredictionSkew": "engine.skew.predictions.result",
    "Profile": "profiles.profile",
    "Rule": "core.schema",
    "Schema": "core.schema",
    "SchemaCheck": "engine.checked",
    "SchemaError": "core.errors",
    "SettingsError": "core.errors",
    "Skew": "engine.skew.keyed.result",
    "StoreError": "core.errors",
    "SuiteRun": "engine.suites.ran",
    "TableSkew": "engine.skew.unkeyed.result",
    "UsageError": "core.errors",
    "VedetteError": "core.errors",
    "Watcher": "engine.watcher",
    "check_schema": "engine.schema_check",
    "compare": "engine.compare",
    "estimate": "engine.estimate",
    "export_schema": "ingest.schemas.exchange",
    "fairness": "engine.fairness",
    "import_schema": "ingest.schemas.exchange",
    "infer_schema": "engine.api",
    "load": "engine.profile_file",
    "open_source": "ingest.source",
    "performance": "engine.estimate",
    "prediction_skew": "engine.skew.predictions.made",
    "profile": "engine.api",
    "run_suite": "engine.suites.run",
    "save": "engine.profile_file",
    "skew": "engine.skew.compare",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'vedette' has no attribute {name!r}")
    value = getattr(import_module(f"vedette.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
