"""Make `v2.json` beside this file: bodies of the Open Inference Protocol as its own clients and
servers write them, with every datatype, in JSON and in the binary extension.

python -m venv ENV; ENV/bin/pip install "tritonclient[http]==2.73.0" ml_dtypes kserve==0.21.0
ENV/bin/python tests/golden/data/v2/make_v2.py

Triton's client writes requests, KServe's Python server responses.
"""

import base64
import json
from pathlib import Path

import numpy as np
import tritonclient.http as triton
from kserve.protocol.infer_type import InferOutput, InferResponse
from ml_dtypes import bfloat16

VALUES = {
    "BOOL": np.array([True, False]), "UINT8": np.array([0, 255], np.uint8),
    "UINT16": np.array([0, 65_535], np.uint16), "UINT32": np.array([0, 2**32 - 1], np.uint32),
    "UINT64": np.array([0, 2**63 - 1], np.uint64), "INT8": np.array([-128, 127], np.int8),
    "INT16": np.array([-32_768, 32_767], np.int16), "INT32": np.array([-(2**31), 7], np.int32),
    "INT64": np.array([-(2**53), 7], np.int64), "FP16": np.array([1.5, -0.25], np.float16),
    "FP32": np.array([1.5, -0.25], np.float32), "FP64": np.array([1 / 3, -0.25]),
    "BF16": np.array([1.5, -0.25], bfloat16),
    "BYTES": np.array([b"Z\xc3\xbcrich", b""], np.object_),
}  # fmt: skip


def plain(array):
    """The values of an array, as they should be read."""
    if array.dtype == bfloat16:
        array = array.astype(np.float32)
    return [one.decode() if isinstance(one, bytes) else one for one in array.ravel().tolist()]


def request(datatypes, binary):
    """A request with a column of each datatype, and a matrix where there is but one."""
    inputs = []
    for datatype in datatypes:
        array = VALUES[datatype].reshape(2, 1)
        one = triton.InferInput(datatype.lower(), [2, 1], datatype)
        one.set_data_from_numpy(array, binary_data=binary)
        inputs.append(one)
    body, _ = triton.InferenceServerClient.generate_request_body(inputs, request_id="r-1")
    return body if isinstance(body, bytes) else body.encode()


def response(datatypes, binary):
    """A response with an output of each datatype."""
    outputs = []
    for datatype in datatypes:
        one = InferOutput(datatype.lower(), [2], datatype)
        one.set_data_from_numpy(VALUES[datatype], binary_data=binary)
        outputs.append(one)
    said, _ = InferResponse("r-1", "iris", outputs, use_binary_outputs=binary).to_rest()
    return said if isinstance(said, bytes) else json.dumps(said).encode()


def main():
    """Write the file."""
    told = {}
    for binary in (True, False):
        where = "binary" if binary else "json"
        # What each can write: JSON has no half precision, KServe no BF16.
        asked = [one for one in VALUES if binary or one not in ("FP16", "BF16")]
        said = [one for one in asked if one != "BF16"]
        for side, make, names in (("request", request, asked), ("response", response, said)):
            told[f"{side} {where}"] = {
                "body": base64.b64encode(make(names, binary)).decode(),
                "values": {one.lower(): plain(VALUES[one]) for one in names},
            }
    Path(__file__).with_name("v2.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
