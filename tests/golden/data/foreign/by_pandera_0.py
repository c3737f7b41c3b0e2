"""Record a schema as Pandera 0.20 saved it, in an environment of its own.

    python -m venv /tmp/pa0
    /tmp/pa0/bin/pip install "pandera[io]==0.20.4" "pandas<2.3" "numpy<2"
    /tmp/pa0/bin/python tests/golden/data/foreign/by_pandera_0.py

It writes `pandera_0.yaml`.
"""

from pathlib import Path

import pandera as pa

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Write the file."""
    schema = pa.DataFrameSchema(
        {
            "age": pa.Column(float, [pa.Check.ge(0), pa.Check.le(120)], nullable=True),
            "grade": pa.Column(str, pa.Check.isin(["A", "B", "C", "D"]), nullable=True),
            "code": pa.Column(str, [pa.Check.str_matches("^[KLMN]"), pa.Check.str_length(5, 5)]),
            "small": pa.Column("int32", pa.Check.in_range(0, 50, include_max=False), coerce=True),
            "gone": pa.Column(float, required=False),
        },
        strict=False,
        unique=["age", "code"],
    )
    (HERE / "pandera_0.yaml").write_text(schema.to_yaml())


if __name__ == "__main__":
    main()
