"""A derivation is added by one module and one row: proved in a copy.

Owns: the promise that nothing else has to be touched for it to reach a finding.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "vedette"

TOY = '''"""The last digit of a whole number.

Owns: one column per integer column.  Does not own: anything else.
"""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from vedette.core.schema import Field


class LastDigit:
    """One numeric column per integer column."""

    def adds(self, field: Field) -> tuple[Field, ...]:
        """The field `NAME.last_digit`."""
        is_whole = field.kind == "integer"
        return (Field(f"{field.name}.last_digit", "integer", field.role),) if is_whole else ()

    def apply(self, column: pa.Array, field: Field) -> Mapping[str, pa.Array]:
        """The remainder by ten."""
        tens = pc.multiply(pc.divide(column, 10), 10)
        return {f"{field.name}.last_digit": pc.subtract(column, tens)}
'''

COMPARE = """
import vedette as vd
before = {"n": [i for i in range(2000)]}
after = {"n": [i - i % 10 for i in range(2000)]}
result = vd.compare(before, after)
print([f.column for f in result.alarms if f.column == "n.last_digit"][:1], vd.__file__)
"""


def test_one_module_and_one_row_make_a_derivation(tmp_path):
    copy = tmp_path / "vedette"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "derive" / "toy.py").write_text(TOY)
    catalog = copy / "derive" / "catalog.py"
    text = catalog.read_text("utf-8")
    row = "DERIVATIONS: tuple[Derivation, ...] = (\n"
    assert row in text
    added = f"from vedette.derive.toy import LastDigit\n\n{row}    LastDigit(),\n"
    catalog.write_text(text.replace(row, added), "utf-8")
    run = subprocess.run(
        [sys.executable, "-c", COMPARE],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.startswith("['n.last_digit']"), run.stdout + run.stderr
    assert str(tmp_path) in run.stdout
