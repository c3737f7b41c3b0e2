"""Public functions around a baseline: fit it, profile a table under it, guess a schema.

Owns: what `import vedette` offers beside `compare`.  Does not own: the work (`engine.batch`).
"""

from dataclasses import fields
from pathlib import Path
from typing import Any, Self

from vedette.core.durations import nanoseconds
from vedette.core.errors import UsageError
from vedette.core.schema import Schema
from vedette.engine.batch import fit_baseline, profile_source, resolve_schema
from vedette.engine.declared import schema_of
from vedette.engine.dependence import with_dependence
from vedette.engine.fitting import with_variation
from vedette.engine.schema_learn import learn
from vedette.engine.settings import make_settings
from vedette.ingest.source import open_source
from vedette.profiles import baseline as fitted
from vedette.profiles.fit import SAMPLE
from vedette.profiles.profile import Profile


class Baseline(fitted.Baseline):
    """What was fitted on a reference: bins, names, segments, and the reference's own profile.

    The one class that inherits a value: `profiles` may not open files, and users expect
    `Baseline.fit(anything)`.
    """

    @classmethod
    def fit(
        cls,
        reference: Any,
        *,
        schema: Schema | str | Path | None = None,
        workers: int | None = None,
        window: str = "1h",
        **settings: Any,
    ) -> Self:
        """Fit on a table of any kind that `compare` takes; `schema` and keyword settings as
        there.

        Where it has a time column, the natural variation between its windows is learnt, too: a
        `Watcher` rests on it.

        Example:
            >>> baseline = Baseline.fit({"x": [1.0, 2.0, 3.0]})
            >>> baseline.columns, baseline.profile.rows
            (('x',), 3)
        """
        source = open_source(reference)
        made = fit_baseline(source, make_settings(settings), schema_of(schema), workers=workers)
        made = with_dependence(source, made)
        made, _ = with_variation(source, made, nanoseconds(window, "window"))
        return cls(**{field.name: getattr(made, field.name) for field in fields(made)})


def profile(data: Any, baseline: fitted.Baseline, *, workers: int | None = None) -> Profile:
    """Profile a table of any kind that `compare` takes, under a baseline; profiles of one baseline
    add up.

    Errors: UsageError for anything but a baseline, or `workers` that is no positive whole number.
    Example:
        >>> baseline = Baseline.fit({"x": [1.0, 2.0, 3.0]})
        >>> (profile({"x": [1.0]}, baseline) + profile({"x": [2.0]}, baseline)).rows
        2
    """
    if not isinstance(baseline, fitted.Baseline):
        raise UsageError(
            "profile",
            "needs a baseline",
            got=type(baseline).__name__,
            want="what Baseline.fit returns",
            hint="of a profile file, load(path).baseline",
        )
    return profile_source(open_source(data), baseline, workers=workers)


def infer_schema(data: Any, *, constraints: bool = False, **settings: Any) -> Schema:
    """Guess the schema of a table; `label`, `prediction`, `columns` and so on as for `compare`.

    With `constraints` every row is read, and types and what values obey are learnt, so that a fresh
    table from the same source rarely breaks the schema.

    Example:
        >>> [field.kind for field in infer_schema({"x": [1.0], "ok": [True]}).fields]
        ['numeric', 'boolean']
        >>> infer_schema({"n": list(range(2000))}, constraints=True)["n"].constraints.required
        True
    """
    source = open_source(data)
    schema = resolve_schema(source.sample(SAMPLE), make_settings(settings), None, source.name)
    return learn(source, schema)[0] if constraints else schema
