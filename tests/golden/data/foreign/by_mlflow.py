"""Record signatures of MLflow, as it saves them and as it reads them, in an environment of its own.

    python -m venv /tmp/mlf
    /tmp/mlf/bin/pip install "mlflow-skinny==3.17.2" numpy pandas
    /tmp/mlf/bin/python tests/golden/data/foreign/by_mlflow.py

It writes `MLmodel` and `tensors.MLmodel`, and to `mlflow_read.json` what it reads from
`mlflow_written.yaml`, which `vedette schema export --to mlflow` wrote.
"""

import json
from pathlib import Path

import numpy as np
import yaml
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import Array, Map, Object, Property

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Write the files."""
    kinds = ("boolean", "integer", "long", "float", "double", "string", "binary", "datetime")
    columns = [ColSpec(kind, f"a_{kind}") for kind in kinds]
    columns += [
        ColSpec("double", "may_be_absent", required=False),
        ColSpec(Array("double"), "embedding"),
        ColSpec(Array("string"), "words"),
        ColSpec(Object([Property("city", "string", required=False)]), "address"),
        ColSpec(Map("string"), "extra"),
    ]
    named = ModelSignature(
        inputs=Schema(columns),
        outputs=Schema([ColSpec("double", "risk")]),
        params=ParamSchema([ParamSpec("temperature", "double", 0.5)]),
    )
    shapes = {"row": (-1,), "column": (-1, 1), "vector": (-1, 16), "image": (-1, 28, 28)}
    tensors = ModelSignature(
        inputs=Schema([TensorSpec(np.dtype("float32"), s, name) for name, s in shapes.items()]),
        outputs=Schema([TensorSpec(np.dtype("int64"), (-1,))]),
    )
    (HERE / "MLmodel").write_text(Model(signature=named).to_yaml())
    (HERE / "tensors.MLmodel").write_text(Model(signature=tensors).to_yaml())
    said = yaml.safe_load((HERE / "mlflow_written.yaml").read_text())["signature"]
    read = ModelSignature.from_dict(said).to_dict()
    (HERE / "mlflow_read.json").write_text(json.dumps(read, indent=1) + "\n")


if __name__ == "__main__":
    main()
