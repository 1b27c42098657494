"""tritonclient's gRPC against a running server: `python client_grpc.py URL`. Prints one line of JSON for each check."""
import asyncio
import queue
import sys

import grpc as core
import numpy as np
import tritonclient.grpc as grpc
import tritonclient.grpc.aio as aio
from tritonclient.grpc import service_pb2, service_pb2_grpc

from checks import TYPES, check, fails, report, values

client = grpc.InferenceServerClient(sys.argv[1])
stub = service_pb2_grpc.GRPCInferenceServiceStub(core.insecure_channel(sys.argv[1]))

check("live", client.is_server_live)
check("ready", client.is_server_ready)
check("model ready", lambda: client.is_model_ready("identity_FP32"))
check("version ready", lambda: client.is_model_ready("identity_FP32", "1"))
check("unknown model is not ready", lambda: not client.is_model_ready("none"))
check("unknown version is not ready", lambda: not client.is_model_ready("identity_FP32", "2"))
check("server metadata", lambda: client.get_server_metadata().name == "onnxruntime-iobinding-server")
check("model metadata", lambda: client.get_model_metadata("identity_FP32", as_json=True)["inputs"] == [{"name": "x", "datatype": "FP32", "shape": ["-1", "3"]}])
check("unknown metadata", lambda: fails("NOT_FOUND", lambda: client.get_model_metadata("none")))
check("config", lambda: client.get_model_config("batched").config.max_batch_size == 4)
check("config of tensors", lambda: [list(t.dims) for t in client.get_model_config("batched").config.input] == [[3]] and client.get_model_config("batched").config.output[0].data_type == 11)
check("index", lambda: len(client.get_model_repository_index().models) == 16 and all(m.state == "READY" for m in client.get_model_repository_index().models))


def tensor(array, datatype, name="x"):
    one = grpc.InferInput(name, list(array.shape), datatype)
    one.set_data_from_numpy(array)
    return one


def infer(model, array, datatype, name="x", output="y", **options):
    return client.infer(model, [tensor(array, datatype, name)], outputs=[grpc.InferRequestedOutput(output)], **options)


def same(array, datatype, **options):
    result = infer(f"identity_{datatype}", array, datatype, **options).as_numpy("y")
    return result.dtype == array.dtype and np.array_equal(result, array)


CONTENTS = {
    "BOOL": "bool_contents", "INT8": "int_contents", "INT16": "int_contents", "INT32": "int_contents", "INT64": "int64_contents",
    "UINT8": "uint_contents", "UINT16": "uint_contents", "UINT32": "uint_contents", "UINT64": "uint64_contents",
    "FP32": "fp32_contents", "FP64": "fp64_contents",
}


def request(datatype, shape, elements, field):
    message = service_pb2.ModelInferRequest(model_name=f"identity_{datatype}")
    one = message.inputs.add(name="x", datatype=datatype, shape=shape)
    getattr(one.contents, field).extend(elements)
    return message


def code(expected, message, **options):
    try:
        stub.ModelInfer(message, **options)
    except core.RpcError as error:
        return error.code() == expected
    return False


def typed(datatype):
    array = values(datatype)
    response = stub.ModelInfer(request(datatype, array.shape, array.flatten().tolist(), CONTENTS[datatype]))
    return list(response.outputs[0].shape) == [2, 3] and response.raw_output_contents[0] == array.tobytes()


INVALID = core.StatusCode.INVALID_ARGUMENT
for datatype in TYPES:
    check(f"{datatype} raw", lambda: same(values(datatype), datatype))
    if datatype in CONTENTS:
        check(f"{datatype} contents", lambda: typed(datatype))
        check(f"{datatype} contents of no element", lambda: stub.ModelInfer(request(datatype, [0, 3], [], CONTENTS[datatype])).raw_output_contents[0] == b"")
        check(f"{datatype} contents too short", lambda: code(INVALID, request(datatype, [1, 3], [1, 1], CONTENTS[datatype])))
        check(f"{datatype} contents too long", lambda: code(INVALID, request(datatype, [1, 3], [1, 1, 1, 1], CONTENTS[datatype])))
        other = "bytes_contents" if datatype == "FP32" else "fp32_contents"
        check(f"{datatype} contents of another type", lambda: code(INVALID, request(datatype, [1, 1], [b"1"] if datatype == "FP32" else [1.0], other)))
for datatype, beyond in (("INT8", 128), ("INT8", -129), ("UINT8", 256), ("INT16", 1 << 15), ("UINT16", 1 << 16)):
    check(f"{datatype} contents {beyond}", lambda: code(INVALID, request(datatype, [1, 3], [0, 0, beyond], CONTENTS[datatype])))
check("FP16 contents", lambda: code(INVALID, request("FP16", [1, 3], [1, 2, 3], "fp32_contents")))


def bfloat16():
    array = np.array([[1, -2, 0.5]], np.float32)
    message = service_pb2.ModelInferRequest(model_name="identity_BF16", raw_input_contents=[(array.view(np.uint32) >> 16).astype(np.uint16).tobytes()])
    message.inputs.add(name="x", datatype="BF16", shape=[1, 3])
    response = stub.ModelInfer(message)
    return response.outputs[0].datatype == "BF16" and response.raw_output_contents[0] == message.raw_input_contents[0]


check("BF16 raw", bfloat16)
texts = np.array([["a", "", "é"], ["b", "c" * 1000, "d"]], dtype=np.object_)
encoded = [text.encode() for text in texts.flat]
check("BYTES raw", lambda: list(infer("identity_BYTES", texts, "BYTES").as_numpy("y").flat) == encoded)
check("BYTES contents", lambda: stub.ModelInfer(request("BYTES", [2, 3], encoded, "bytes_contents")).raw_output_contents[0] == b"".join(len(t).to_bytes(4, "little") + t for t in encoded))
check("BYTES not UTF-8", lambda: code(INVALID, request("BYTES", [1, 1], [b"\xff"], "bytes_contents")))
floats = values("FP32")
for algorithm in ("gzip", "deflate"):
    check(f"request {algorithm}", lambda: same(floats, "FP32", compression_algorithm=algorithm))
check("id", lambda: infer("identity_FP32", floats, "FP32", request_id="42").get_response().id == "42")
check("name and version", lambda: infer("identity_FP32", floats, "FP32", model_version="1").get_response().model_version == "1")
check("timeout is long enough", lambda: same(floats, "FP32", timeout=5_000_000))
check("client timeout is long enough", lambda: same(floats, "FP32", client_timeout=5))
check("parameters", lambda: same(floats, "FP32", parameters={"a": 1, "b": "c", "d": True}))
check("all outputs", lambda: np.array_equal(client.infer("identity_FP32", [tensor(floats, "FP32")]).as_numpy("y"), floats))
check("unknown version", lambda: fails("NOT_FOUND", lambda: infer("identity_FP32", floats, "FP32", model_version="9")))
check("unknown model", lambda: fails("NOT_FOUND", lambda: infer("none", floats, "FP32")))
check("unknown input", lambda: fails("INVALID_ARGUMENT", lambda: infer("identity_FP32", floats, "FP32", name="z")))
check("unknown output", lambda: fails("INVALID_ARGUMENT", lambda: infer("identity_FP32", floats, "FP32", output="z")))
check("wrong type", lambda: fails("INVALID_ARGUMENT", lambda: infer("identity_FP32", floats.astype(np.float64), "FP64")))
check("wrong shape", lambda: fails("INVALID_ARGUMENT", lambda: infer("identity_FP32", np.zeros((2, 4), np.float32), "FP32")))
check("batch too large", lambda: fails("INVALID_ARGUMENT", lambda: infer("batched", np.zeros((5, 3), np.float32), "FP32")))
check("sequences are refused", lambda: fails("UNIMPLEMENTED", lambda: infer("identity_FP32", floats, "FP32", sequence_id=1)))
check("load is refused", lambda: fails("UNIMPLEMENTED", lambda: client.load_model("identity_FP32")))
check("unload is refused", lambda: fails("UNIMPLEMENTED", lambda: client.unload_model("identity_FP32")))
check("shared memory is refused", lambda: fails("UNIMPLEMENTED", lambda: client.register_system_shared_memory("a", "/b", 4)))
check("CUDA shared memory is refused", lambda: fails("UNIMPLEMENTED", lambda: client.get_cuda_shared_memory_status()))
check("traces are refused", lambda: fails("UNIMPLEMENTED", lambda: client.get_trace_settings()))
check("logs are refused", lambda: fails("UNIMPLEMENTED", lambda: client.get_log_settings()))
check("statistics", lambda: client.get_inference_statistics("identity_FP32").model_stats[0].inference_stats.success.count >= 8)
check("statistics of all", lambda: len(client.get_inference_statistics().model_stats) == 16)


def slow(client_timeout=None, timeout=None):
    trips = tensor(np.array(10**9), "INT64", "trips")
    return client.infer("slow", [trips, tensor(np.ones((96, 96), np.float32), "FP32")], client_timeout=client_timeout, timeout=timeout)


check("client timeout", lambda: fails("DEADLINE_EXCEEDED", lambda: slow(client_timeout=0.1)))
check("timeout", lambda: fails("DEADLINE_EXCEEDED", lambda: slow(timeout=20_000)))


def asynchronous():
    answers = queue.Queue()
    for i in range(16):
        client.async_infer("identity_FP32", [tensor(np.full((1, 3), i, np.float32), "FP32")], lambda result, error: answers.put((result, error)), request_id=str(i))
    for _ in range(16):
        result, error = answers.get(timeout=10)
        if error is not None or result.as_numpy("y")[0, 0] != int(result.get_response().id):
            return False
    return True


def cancelled():
    answers = queue.Queue()
    trips = tensor(np.array(10**9), "INT64", "trips")
    call = client.async_infer("slow", [trips, tensor(np.ones((96, 96), np.float32), "FP32")], lambda result, error: answers.put(error))
    call.cancel()
    return "CANCELLED" in str(answers.get(timeout=10).status())


def streamed(count, stream):
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)), **stream)
    for i in range(count):
        model = "none" if i % 10 == 5 else "identity_FP32"
        client.async_stream_infer(model, [tensor(np.full((1, 3), i, np.float32), "FP32")], request_id=str(i))
    ok = True
    for i in range(count):
        result, error = answers.get(timeout=20)
        if i % 10 == 5:
            ok = ok and error is not None
        else:
            response = result.get_response()
            ok = ok and error is None and response.id == str(i) and result.as_numpy("y")[0, 2] == i and response.parameters["triton_final_response"].bool_param
    client.stop_stream()
    return ok


check("async", asynchronous)
check("cancel", cancelled)
check("stream", lambda: streamed(200, {}))
check("stream with compression", lambda: streamed(20, {"compression_algorithm": "gzip"}))
check("stream with a deadline", lambda: streamed(20, {"stream_timeout": 20}))


async def from_aio():
    async with aio.InferenceServerClient(sys.argv[1]) as one:
        async def row(i):
            result = await one.infer("identity_FP32", [tensor(np.full((1, 3), i, np.float32), "FP32")])
            return result.as_numpy("y")[0, 0] == i
        return await one.is_model_ready("identity_FP32") and all(await asyncio.gather(*(row(i) for i in range(32))))


async def streamed_aio():
    async def requests():
        for i in range(50):
            yield {"model_name": "identity_FP32", "inputs": [tensor(np.full((1, 3), i, np.float32), "FP32")], "request_id": str(i)}
    async with aio.InferenceServerClient(sys.argv[1]) as one:
        at = 0
        async for result, error in one.stream_infer(requests()):
            if error is not None or result.as_numpy("y")[0, 0] != at:
                return False
            at += 1
        return at == 50


check("aio", lambda: asyncio.run(from_aio()))
check("aio stream", lambda: asyncio.run(streamed_aio()))
report()
