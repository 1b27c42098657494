"""tritonclient's HTTP against a running server: `python client.py URL`. Prints one line of JSON for each check."""
import asyncio
import sys

import numpy as np
import tritonclient.http as http
import tritonclient.http.aio as aio

from checks import TYPES, check, fails, report

client = http.InferenceServerClient(sys.argv[1], concurrency=4)
check("live", client.is_server_live)
check("ready", client.is_server_ready)
check("model ready", lambda: client.is_model_ready("identity_FP32"))
check("unknown model is not ready", lambda: not client.is_model_ready("none"))
check("server metadata", lambda: client.get_server_metadata()["name"] == "onnxruntime-iobinding-server")
check("model metadata", lambda: client.get_model_metadata("identity_FP32")["inputs"][0] == {"name": "x", "datatype": "FP32", "shape": [-1, 3]})
check("config", lambda: client.get_model_config("batched")["max_batch_size"] == 4)
check("index", lambda: all(m["state"] == "READY" for m in client.get_model_repository_index()))

def infer(model, array, datatype, binary_in, binary_out, name="x", output="y", **options):
    tensor = http.InferInput(name, list(array.shape), datatype)
    tensor.set_data_from_numpy(array, binary_data=binary_in)
    wanted = http.InferRequestedOutput(output, binary_data=binary_out)
    return client.infer(model, [tensor], outputs=[wanted], **options)


def same(model, array, datatype, binary_in, binary_out, **options):
    result = infer(model, array, datatype, binary_in, binary_out, **options).as_numpy("y")
    return result.dtype == array.dtype and np.array_equal(result, array)


for datatype, dtype in TYPES.items():
    array = (np.arange(6) % 2 if datatype == "BOOL" else np.arange(6)).reshape(2, 3).astype(dtype)
    check(f"{datatype} binary", lambda: same(f"identity_{datatype}", array, datatype, True, True))
    if datatype != "FP16":
        check(f"{datatype} JSON", lambda: same(f"identity_{datatype}", array, datatype, False, False))
        check(f"{datatype} binary to JSON", lambda: same(f"identity_{datatype}", array, datatype, True, False))
texts = np.array([["a", "", "é"], ["b", "c" * 1000, "d"]], dtype=np.object_)


def texts_same(binary_in, binary_out):
    result = infer("identity_BYTES", texts, "BYTES", binary_in, binary_out).as_numpy("y")
    return [t.decode() if isinstance(t, bytes) else t for t in result.flat] == list(texts.flat)


for binary_in in (True, False):
    for binary_out in (True, False):
        check(f"BYTES {binary_in} {binary_out}", lambda: texts_same(binary_in, binary_out))
floats = np.random.rand(2, 3).astype(np.float32)
for algorithm in ("gzip", "deflate"):
    check(f"request {algorithm}", lambda: same("identity_FP32", floats, "FP32", True, True, request_compression_algorithm=algorithm))
    check(f"response {algorithm}", lambda: same("identity_FP32", floats, "FP32", True, True, response_compression_algorithm=algorithm))
check("id", lambda: infer("identity_FP32", floats, "FP32", True, True, request_id="42").get_response()["id"] == "42")
check("version", lambda: same("identity_FP32", floats, "FP32", True, True, model_version="1"))
check("timeout is long enough", lambda: same("identity_FP32", floats, "FP32", True, True, timeout=5_000_000))


def all_outputs():
    tensor = http.InferInput("x", [2, 3], "FP32")
    tensor.set_data_from_numpy(floats)
    return np.array_equal(client.infer("identity_FP32", [tensor]).as_numpy("y"), floats)


def asynchronous():
    tensor = http.InferInput("x", [2, 3], "FP32")
    tensor.set_data_from_numpy(floats)
    pending = [client.async_infer("identity_FP32", [tensor]) for _ in range(8)]
    return all(np.array_equal(one.get_result().as_numpy("y"), floats) for one in pending)


check("all outputs", all_outputs)
check("async", asynchronous)
check("unknown version", lambda: fails(404, lambda: infer("identity_FP32", floats, "FP32", True, True, model_version="9")))
check("unknown model", lambda: fails(404, lambda: infer("none", floats, "FP32", True, True)))
check("unknown input", lambda: fails(400, lambda: infer("identity_FP32", floats, "FP32", True, True, name="z")))
check("unknown output", lambda: fails(400, lambda: infer("identity_FP32", floats, "FP32", True, True, output="z")))
check("wrong type", lambda: fails(400, lambda: infer("identity_FP32", floats.astype(np.float64), "FP64", True, True)))
check("wrong shape", lambda: fails(400, lambda: infer("identity_FP32", np.zeros((2, 4), np.float32), "FP32", True, True)))
check("batch too large", lambda: fails(400, lambda: infer("batched", np.zeros((5, 3), np.float32), "FP32", True, True)))
check("int64 beyond 2^53 in JSON", lambda: fails(400, lambda: infer("identity_INT64", np.full((1, 3), 2**60), "INT64", True, False)))
check("int64 beyond 2^53 in binary", lambda: same("identity_INT64", np.full((1, 3), 2**60), "INT64", True, True))
check("NaN in JSON", lambda: fails(400, lambda: infer("identity_FP32", np.full((1, 3), np.nan, np.float32), "FP32", True, False)))
check("FP16 in JSON", lambda: fails(400, lambda: infer("identity_FP16", np.zeros((1, 3), np.float16), "FP16", True, False)))
check("load is refused", lambda: fails(501, lambda: client.load_model("identity_FP32")))
check("shared memory is refused", lambda: fails(501, lambda: client.register_system_shared_memory("a", "/b", 4)))
check("statistics", lambda: client.get_inference_statistics("identity_FP32")["model_stats"][0]["inference_stats"]["success"]["count"] >= 8)
check("statistics of all", lambda: len(client.get_inference_statistics()["model_stats"]) == len(TYPES) + 4)



async def from_aio(compression):
    async with aio.InferenceServerClient(sys.argv[1]) as one:
        async def row(i):
            tensor = http.InferInput("x", [1, 3], "FP32")
            tensor.set_data_from_numpy(np.full((1, 3), i, np.float32))
            result = await one.infer("identity_FP32", [tensor], request_compression_algorithm=compression, response_compression_algorithm=compression)
            return np.array_equal(result.as_numpy("y"), np.full((1, 3), i, np.float32))
        ready = await one.is_model_ready("identity_FP32")
        return ready and all(await asyncio.gather(*(row(i) for i in range(32))))


for compression in (None, "gzip", "deflate"):
    check(f"aio {compression}", lambda: asyncio.run(from_aio(compression)))
report()
