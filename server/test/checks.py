"""What the clients' scripts have in common: each check is a line of JSON."""
import json

import numpy as np
from tritonclient.utils import InferenceServerException

TYPES = {
    "BOOL": np.bool_, "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64, "INT8": np.int8,
    "INT16": np.int16, "INT32": np.int32, "INT64": np.int64, "FP16": np.float16, "FP32": np.float32, "FP64": np.float64,
}
checks = []


def check(name, run):
    try:
        result = run()
        checks.append((name, result is None or bool(result), ""))
    except Exception as error:  # noqa: BLE001
        checks.append((name, False, repr(error)))


def fails(status, run):
    try:
        run()
    except InferenceServerException as error:
        return str(status) in str(error.status())
    return False


def values(datatype):
    dtype = TYPES[datatype]
    if datatype == "BOOL":
        return (np.arange(6) % 2).reshape(2, 3).astype(dtype)
    if np.issubdtype(dtype, np.integer):
        least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
        return np.array([[least, most, 0], [1, 2, most // 3]], dtype)
    return np.array([[-0.5, np.inf, 0], [1, 2, np.finfo(dtype).max]], dtype)


def report():
    for name, ok, message in checks:
        print(json.dumps({"name": name, "ok": ok, "message": message}))
