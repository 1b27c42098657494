"""A target in Python: target.py ID, by the protocol that node.mjs lists. `target.py probe DEVICE` reports the versions."""

import importlib.metadata
import json
import os
import platform
import sys
from pathlib import Path
from time import perf_counter_ns as now

TYPES = {"float32": "float32", "float16": "float16", "int64": "int64", "int32": "int32", "bool": "bool_"}
REHEARSAL = os.environ.get("GPU_SUITE_REHEARSAL") == "1"
# For the class of a module that export_bert.py saved.
sys.path.append(str(Path(__file__).parents[2] / "scripts" / "export"))


def probe(device):
    found = {"python": platform.python_version()}
    for package in ("numpy", "openvino"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            pass
    try:
        import onnxruntime

        found["onnxruntime"] = onnxruntime.__version__
        found["onnxruntime-cuda"] = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    except ImportError:
        pass
    try:
        found["torch"] = importlib.metadata.version("torch")
        if device == "cuda":  # the import takes seconds
            import torch

            found["torch-cuda"] = torch.cuda.is_available()
    except (ImportError, importlib.metadata.PackageNotFoundError):
        found.pop("torch", None)
    print(json.dumps(found))


def arrays(tensors):
    import numpy

    return [numpy.fromfile(tensor["file"], dtype=TYPES[tensor["type"]]).reshape(tensor["dims"]) for tensor in tensors]


def torch_device(case):
    return "cpu" if REHEARSAL else case["device"]


def ort_session(case, graph=False):
    import onnxruntime

    if graph and REHEARSAL:
        raise RuntimeError("the CPU has no graphs")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    providers = []
    if case["device"] == "cpu":
        options.intra_op_num_threads = case["threads"]
    else:
        for name, size in case["freeDimensionOverrides"].items():
            options.add_free_dimension_override_by_name(name, size)
        cuda = {"use_tf32": str(int(case["useTf32"])), "enable_cuda_graph": str(int(graph))}
        providers = [] if REHEARSAL else [("CUDAExecutionProvider", cuda)]
    session = onnxruntime.InferenceSession(case["path"], options, providers=[*providers, "CPUExecutionProvider"])
    if providers and session.get_providers()[0] != "CUDAExecutionProvider":
        raise RuntimeError("onnxruntime fell back to the CPU")
    return session


# Each start function returns a call, and a function from the call's result to the first output.


def start_run(case):
    session = ort_session(case)
    feeds = dict(zip((tensor["name"] for tensor in case["inputs"]), arrays(case["inputs"])))
    names = [tensor["name"] for tensor in case["outputs"]]
    return lambda: session.run(names, feeds), lambda results: results[0]


def start_binding(case, graph=False):
    """On a GPU from numpy arrays to numpy arrays, through values on the GPU."""
    import numpy
    from onnxruntime import OrtValue

    session, device = ort_session(case, graph), torch_device(case)
    binding = session.io_binding()
    given = arrays(case["inputs"])
    inputs = [OrtValue.ortvalue_from_numpy(data, device, 0) for data in given]
    outputs = [
        OrtValue.ortvalue_from_shape_and_type(tensor["dims"], getattr(numpy, TYPES[tensor["type"]]), device, 0)
        for tensor in case["outputs"]
    ]
    for tensor, value in zip(case["inputs"], inputs):
        binding.bind_ortvalue_input(tensor["name"], value)
    for tensor, value in zip(case["outputs"], outputs):
        binding.bind_ortvalue_output(tensor["name"], value)

    def copied():
        for value, data in zip(inputs, given):
            value.update_inplace(data)
        session.run_with_iobinding(binding)
        for value in outputs:
            value.numpy()

    in_place = case["device"] == "cpu"
    return (lambda: session.run_with_iobinding(binding)) if in_place else copied, lambda _: outputs[0].numpy()


def start_openvino(case):
    """OpenVINO without ONNX Runtime: static shapes and fp32, as ONNX Runtime computes."""
    import openvino

    core = openvino.Core()
    model = core.read_model(case["path"])
    model.reshape({tensor["name"]: tensor["dims"] for tensor in case["inputs"]})
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": case["threads"],
        "INFERENCE_PRECISION_HINT": "f32",
    }
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    for tensor, data in zip(case["inputs"], arrays(case["inputs"])):
        request.set_tensor(tensor["name"], openvino.Tensor(data))
    output = case["outputs"][0]["name"]
    return request.infer, lambda _: request.get_tensor(output).data


def start(name, case):
    if name == "python-run":
        return start_run(case)
    if name == "python-openvino":
        return start_openvino(case)
    if name.startswith("python"):
        return start_binding(case, name == "python-graph")
    import torch_targets

    inputs = arrays(case["inputs"])
    return torch_targets.start(case, name.split("-")[1], inputs, torch_device(case))


def measure(call, count):
    times = [0] * count
    for i in range(count):
        begin = now()
        call()
        times[i] = now() - begin
    return times


def warm_up(call):
    """Ten calls; of a large model as many as a second has room for, at least one."""
    begin = now()
    result = call()
    for _ in range(9):
        if now() - begin > 1e9:
            break
        call()
    return result


def pace(call, hz, ms):
    times = []
    begin = now()
    due, step, end = begin, 1e9 / hz, begin + ms * 1e6
    while due < end:
        while now() < due:
            pass
        call()
        times.append(round(now() - due))
        due += step
    return times


def main(name):
    call = None

    def answer(op, question):
        nonlocal call
        if op == "open":
            call, result = start(name, question["case"])
            numbers = result(warm_up(call)).astype("float64")
            clock = sorted(measure(lambda: None, 10_001))[5_000]
            found = {"clockNs": clock, "sum": float(numbers.sum()), "magnitude": float(abs(numbers).sum())}
            return {**found, "output": numbers.ravel().tolist()} if numbers.size <= 1024 else found
        if op == "measure":
            measure(call, question["warmup"])
            return {"times": measure(call, question["calls"])}
        if op == "pace":
            return {"times": pace(call, question["hz"], question["ms"])}
        if op == "copy":
            import torch_targets

            copy = torch_targets.copy_call(question["direction"], question["bytes"], REHEARSAL)
            measure(copy, 3)
            times, end = [], now() + question["ms"] * 1e6
            while now() < end or len(times) < 5:
                times += measure(copy, 1)
            return {"times": times}
        if op == "close":
            call = None
            return {}
        raise RuntimeError(f"a Python target has no operation {op}")

    # Whatever a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        question = json.loads(line)
        try:
            found = answer(question["op"], question)
        except Exception as error:  # of whatever kind: the other targets continue
            found = {"error": f"{type(error).__name__}: {error}".split("\n")[0]}
        print(json.dumps(found), file=answers, flush=True)


if sys.argv[1] == "probe":
    probe(sys.argv[2])
else:
    main(sys.argv[1])
