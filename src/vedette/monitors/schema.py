"""Schema: served rows break what was declared of them, more often than is allowed.

Owns: what share of a field's values, and of a rule's rows, may break it; the words.  Does not own:
evidence (`rate_watch`), judging rows (`derive.checks.served`), rates against a reference (`rates`).

What is declared is a contract: no reference makes a violation ordinary.  Tolerated is what `mostly`
allows, and the smallest change that matters beyond it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.schema import Schema
from vedette.core.validator import wanted
from vedette.core.violations import CODES, OF_VALUES
from vedette.core.windows import Window
from vedette.core.words import percent
from vedette.derive.checks.served import (
    REQUIRED,
    RULE,
    Served,
    check_of,
    check_of_rule,
    served_fields,
)
from vedette.monitors.finding import Finding
from vedette.monitors.monitor import IMPORTANCE, Look, Stream, Terms
from vedette.monitors.rate_watch import RatesState, RateWatch
from vedette.profiles.baseline import Baseline
from vedette.profiles.cell import Cell
from vedette.profiles.profile import WHOLE, Profile
from vedette.stats.intervals import cohen_h, wilson

MONITOR = "schema"
VALUES, WITHOUT, ABSENT = range(3)
KINDS = ("values", "required", "absent")  # of violations, each with its own allowance
SHARES = (0.6, 0.3, 0.1)  # of a field's evidence; rescaled over those that apply
STRICT = 0.01  # the smallest change that matters where nothing is allowed
NEVER_CAME = 0.5  # share of rows that may lack a field which the reference never had
NAMED = 3  # kinds of violation that a sentence names
BROKEN = np.array([CODES.index(kind) for kind in (*OF_VALUES, "rule")])
_PHRASES: Mapping[str, str] = MappingProxyType(
    {
        "required": "without a value", "kind": "not of the kind {}", "type": "not stored as {}",
        "finite": "no finite number", "min": "below min {}", "above": "not above {}",
        "max": "above max {}", "below": "not below {}", "step": "off the step {}",
        "min_length": "shorter than {}", "max_length": "longer than {}",
        "allowed": "none of {}", "forbidden": "one of {}", "pattern": "not matching {}",
    }
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Checked:
    """One stream: a field or a rule.

    Shapes: `allowed` share of each kind, None where it does not apply.
    """

    column: str  # derived
    name: str
    rule: str = ""  # its expression
    allowed: tuple[float | None, ...] = (0.0, None, None)


@dataclass(frozen=True, eq=False)
class SchemaMonitor:
    """Every constrained field and every rule of the schema in force."""

    streams: tuple[Stream, ...]
    terms: Terms
    schema: Schema
    checked: tuple[Checked, ...]
    watch: RateWatch

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """A stream for every derived column; none where no schema is declared."""
        if baseline.checks is None:
            return ()
        roles = {field.name: field.role for field in baseline.checks.fields}
        return tuple(
            Stream(
                MONITOR, one.name, WHOLE, "quality", IMPORTANCE.get(roles.get(one.name, ""), 1.0)
            )
            for one in _checked(baseline, baseline.checks)
        )

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Fix what is tolerated."""
        schema = baseline.checks or Schema(())
        checked = _checked(baseline, schema)
        shape = (len(checked), len(KINDS))
        allowed = np.array(
            [[np.nan if a is None else a for a in one.allowed] for one in checked]
        ).reshape(shape)
        rate = np.nan_to_num(allowed)
        eps = np.array([[terms.effect_of(one.name)] * len(KINDS) for one in checked])
        eps = np.where(rate == 0, np.minimum(eps.reshape(shape), STRICT), eps.reshape(shape))
        spare = np.maximum(eps * np.sqrt(rate * (1 - rate)), eps**2)
        shares = np.where(np.isnan(allowed), 0.0, np.array(SHARES))
        plain = np.ones(shape)
        watch = RateWatch.of(terms, rate, rate + spare, spare, shares, plain, plain)
        return cls(cls.streams_of(baseline), terms, schema, checked, watch)

    def start(self) -> RatesState:
        """Know nothing yet."""
        return self.watch.start()

    def step(self, state: RatesState, profile: Profile, window: Window) -> tuple[RatesState, Look]:
        """Count violations and bet on them; a window without rows changes nothing."""
        found = [_counted(profile.cells.get((one.column, WHOLE))) for one in self.checked]
        table = np.array(found, np.float64).reshape(-1, 2, len(KINDS))
        return self.watch.step(state, table[:, 0], table[:, 1], window)

    def reset(self, state: RatesState, which: NDArray[np.bool_]) -> RatesState:
        """Forget the evidence of some streams."""
        return self.watch.reset(state, which)

    def tell(
        self, state: RatesState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say what share breaks the schema, in which ways, and what share may."""
        return tuple(self._tell(state, look, profile, at) for at in which)

    def _tell(self, state: RatesState, look: Look, profile: Profile, at: int) -> Finding:
        one, cell = self.checked[at], profile.cells.get((self.checked[at].column, WHOLE))
        if cell is None or np.isnan(look.effect[at]):
            why = (
                "no rows in this window" if cell is None else f"no row has a value of `{one.name}`"
            )
            return Finding(
                monitor=MONITOR, component="values", column=one.name, reason=why,
                window=look.window,
            )  # fmt: skip
        lead = int(self.watch.parts(state)[at].argmax())
        x, n = float(state.hits[at, lead]), float(state.rows[at, lead])
        allowed, observed = float(self.watch.rate[at, lead]), x / max(n, 1.0)
        low, high = wilson(x, n)
        evidence = float(look.evidence[at])
        limit = self.watch.detectable(at, lead, profile.rows, look.window)
        return Finding(
            monitor=MONITOR,
            component="rule" if one.rule else KINDS[lead],
            column=one.name,
            observed=observed,
            expected=allowed,
            effect=observed - allowed,
            unit="share",
            low=low - allowed,
            high=high - allowed,
            magnitude=abs(cohen_h(observed, allowed)),
            evidence=float(np.log10(max(evidence, 1e-30))),
            detectable=None if limit is None else limit - allowed,
            n_window=int(n),
            min_effect=float(self.watch.spare[at, lead]),
            verdict=self.watch.verdict(at, evidence),
            reason=self._reason(one, lead, cell, observed, allowed),
            window=look.window,
        )

    def _reason(self, one: Checked, lead: int, cell: Cell, observed: float, allowed: float) -> str:
        """The share of all rows that are remembered, and the ways of those of the last window."""
        may = f"allowed {percent(allowed)}"
        if one.rule:
            return f"{percent(observed)} of rows break the {one.name} ({one.rule}); {may}"
        if lead == ABSENT:
            return f"`{one.name}` is in the schema and does not arrive: {percent(observed)} missing"
        said = f"{percent(observed)} of `{one.name}` break the schema"
        counts = cell.counts.counts if cell.counts else np.zeros(len(CODES), np.int64)
        own = [REQUIRED] if lead == WITHOUT else [c for c in BROKEN.tolist() if c != RULE]
        ranked = sorted((c for c in own if counts[c]), key=lambda c: (-counts[c], c))
        rows = cell.rows if lead == WITHOUT else max(cell.usable - int(counts[REQUIRED]), 1)
        parts = [f"{percent(counts[c] / rows)} {self._phrase(one, c)}" for c in ranked[:NAMED]]
        ways = ", ".join(parts) + (", ..." if len(ranked) > NAMED else "")
        alike = percent(sum(counts[c] for c in own) / rows) == percent(observed)
        if ways:
            said += f": {ways}" if alike else f", in the last window {ways}"
        return f"{said}; {may}"

    def _phrase(self, one: Checked, code: int) -> str:
        kind = CODES[code]
        return _PHRASES[kind].format(wanted(self.schema[one.name], kind))


def named(rule: str) -> str:
    """What findings about a rule have as their column."""
    return f"rule {rule}"


def _checked(baseline: Baseline, schema: Schema) -> tuple[Checked, ...]:
    """The streams of a schema, in the order of its fields, then its rules."""
    served = Served.of(schema)
    found = []
    for field in served_fields(schema):
        limits = served.judges[field.name].limits
        values = 1 - limits.mostly
        without = 0.0 if limits.required else None
        if not limits.required and limits.present is not None:
            without = 1 - limits.present
        known = field.name in baseline.schema or without is not None
        absent = None if known or not field.asked("serving") else NEVER_CAME
        found.append(Checked(check_of(field.name), field.name, allowed=(values, without, absent)))
    for name, rule in served.rules.items():
        found.append(
            Checked(check_of_rule(name), named(name), rule.check, (1 - rule.mostly, None, None))
        )
    return tuple(found)


def _counted(cell: Cell | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Violations of every kind, and the rows that could have had one."""
    if cell is None or cell.counts is None:
        return (0, 0, 0), (0, 0, 0)
    counts = cell.counts.counts
    without = cell.missing + int(counts[REQUIRED])
    values = cell.rows - without
    return (int(counts[BROKEN].sum()), without, without), (values, cell.rows, cell.rows)
