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
    try:
        import numpy
        import onnxruntime

        found["numpy"] = numpy.__version__
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


def arrays(ports):
    import numpy

    return [numpy.fromfile(port["file"], dtype=TYPES[port["type"]]).reshape(port["dims"]) for port in ports]


def device_of(case):
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
    feeds = dict(zip((port["name"] for port in case["inputs"]), arrays(case["inputs"])))
    names = [port["name"] for port in case["outputs"]]
    return lambda: session.run(names, feeds), lambda results: results[0]


def start_binding(case, graph=False):
    """On a GPU from numpy arrays to numpy arrays, through values on the GPU."""
    import numpy
    from onnxruntime import OrtValue

    session, device = ort_session(case, graph), device_of(case)
    binding = session.io_binding()
    given = arrays(case["inputs"])
    inputs = [OrtValue.ortvalue_from_numpy(data, device, 0) for data in given]
    outputs = [
        OrtValue.ortvalue_from_shape_and_type(port["dims"], getattr(numpy, TYPES[port["type"]]), device, 0)
        for port in case["outputs"]
    ]
    for port, value in zip(case["inputs"], inputs):
        binding.bind_ortvalue_input(port["name"], value)
    for port, value in zip(case["outputs"], outputs):
        binding.bind_ortvalue_output(port["name"], value)

    def copied():
        for value, data in zip(inputs, given):
            value.update_inplace(data)
        session.run_with_iobinding(binding)
        for value in outputs:
            value.numpy()

    in_place = case["device"] == "cpu"
    return (lambda: session.run_with_iobinding(binding)) if in_place else copied, lambda _: outputs[0].numpy()


def torch_module(case):
    """The model as a torch module: from a file, or one node, or the MLP of its weights."""
    import torch

    device = device_of(case)
    if "torch" in case:
        try:
            return torch.jit.load(case["torch"], map_location=device).eval()
        except RuntimeError:
            return torch.load(case["torch"], map_location=device, weights_only=False).eval()
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError:
        raise RuntimeError("Python has no onnx to read the weights with") from None
    graph = onnx.load(case["path"]).graph
    weights = {one.name: torch.tensor(numpy_helper.to_array(one)).to(device) for one in graph.initializer}
    kinds = [node.op_type for node in graph.node]
    if kinds == ["Add"]:
        return lambda x: x + weights["one"]
    if set(kinds) != {"Gemm", "Relu"}:
        raise RuntimeError("no torch module of this model is given (--torch FILE)")

    def mlp(x):
        for i in range(len(kinds) // 2):
            x = torch.relu(torch.addmm(weights[f"bias{i}"], x, weights[f"weight{i}"]))
        return x

    return mlp


def start_torch_cpu(case, form):
    import torch

    torch.set_num_threads(case["threads"])
    module = torch_module(case)
    module = torch.compile(module) if form == "compile" else module
    inputs = [torch.from_numpy(data) for data in arrays(case["inputs"])]

    @torch.inference_mode()
    def call():
        return module(*inputs)

    return call, lambda result: result.numpy()


def start_torch(case, form):
    """On a GPU from pinned tensors to pinned tensors; `replay` alone copies nothing."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = case["useTf32"]
    torch.backends.cudnn.allow_tf32 = case["useTf32"]
    captures = form in ("graph", "replay")
    if REHEARSAL and captures:
        raise RuntimeError("the CPU has no graphs")
    if form == "compile" and "torch" not in case:
        raise RuntimeError("torch.compile takes long: it is for a model of --torch")
    module = torch_module(case)
    if form == "compile":
        # Otherwise torch compiles a second shape for any shape, which is slower.
        torch._dynamo.reset()
        module = torch.compile(module, mode="reduce-overhead")
    pin = (lambda tensor: tensor) if REHEARSAL else (lambda tensor: tensor.pin_memory())
    given = [pin(torch.from_numpy(data)) for data in arrays(case["inputs"])]
    inputs = [tensor.to(device_of(case), copy=True) for tensor in given]
    synchronize = (lambda: None) if REHEARSAL else torch.cuda.current_stream().synchronize

    def forward():
        results = module(*inputs)
        if isinstance(results, dict):
            results = tuple(results.values())
        return results if isinstance(results, (tuple, list)) else (results,)

    with torch.inference_mode():
        results = forward()
        host = [pin(torch.empty_like(result, device="cpu")) for result in results]
    if captures:
        side = torch.cuda.Stream()
        with torch.inference_mode(), torch.cuda.stream(side):
            for _ in range(3):
                forward()
        side.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.inference_mode(), torch.cuda.graph(graph):
            results = forward()

    def run():
        if not captures:
            return forward()
        graph.replay()
        return results

    @torch.inference_mode()
    def call():
        if form == "replay":
            run()
        else:
            for tensor, data in zip(inputs, given):
                tensor.copy_(data, non_blocking=True)
            for tensor, result in zip(host, run()):
                tensor.copy_(result, non_blocking=True)
        synchronize()

    return call, lambda _: (results[0].cpu() if form == "replay" else host[0]).numpy()


def start(name, case):
    if name == "python-run":
        return start_run(case)
    if name.startswith("python"):
        return start_binding(case, name == "python-graph")
    return (start_torch_cpu if case["device"] == "cpu" else start_torch)(case, name.split("-")[1])


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


def copy(direction, size, ms):
    import torch

    host = torch.zeros(size, dtype=torch.uint8)
    device = host.to("cpu" if REHEARSAL else "cuda", copy=True)
    if not REHEARSAL:
        host = host.pin_memory()
    source, target = (host, device) if direction == "in" else (device, host)
    synchronize = (lambda: None) if REHEARSAL else torch.cuda.current_stream().synchronize

    def call():
        target.copy_(source, non_blocking=True)
        synchronize()

    measure(call, 3)
    times, end = [], now() + ms * 1e6
    while now() < end or len(times) < 5:
        times += measure(call, 1)
    return times


def main(name):
    call = None

    def answer(op, question):
        nonlocal call
        if op == "open":
            call, result = start(name, question["case"])
            numbers = result(warm_up(call)).astype("float64")
            clock = sorted(measure(lambda: None, 10_001))[5_000]
            return {"clockNs": clock, "sum": float(numbers.sum()), "magnitude": float(abs(numbers).sum())}
        if op == "measure":
            measure(call, question["warmup"])
            return {"times": measure(call, question["calls"])}
        if op == "pace":
            return {"times": pace(call, question["hz"], question["ms"])}
        if op == "copy":
            return {"times": copy(question["direction"], question["bytes"], question["ms"])}
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
