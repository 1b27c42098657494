"""A contender in Python: contender.py ID, by the protocol that contender.mjs states. `contender.py probe` says what
there is to measure."""

import json
import os
import platform
import sys
from time import perf_counter_ns as now

TYPES = {"float32": "float32", "float16": "float16", "int64": "int64", "int32": "int32", "bool": "bool_"}
REHEARSAL = os.environ.get("GPU_SUITE_REHEARSAL") == "1"
DEVICE = "cpu" if REHEARSAL else "cuda"


def probe():
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
        import torch

        found["torch"] = torch.__version__
        found["torch-cuda"] = torch.cuda.is_available()
    except ImportError:
        pass
    print(json.dumps(found))


def arrays(ports):
    import numpy

    for port in ports:
        yield numpy.fromfile(port["file"], dtype=TYPES[port["type"]]).reshape(port["dims"])


def ort_session(case, graph=False):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    for name, size in case["freeDimensionOverrides"].items():
        options.add_free_dimension_override_by_name(name, size)
    cuda = {"use_tf32": str(int(case["useTf32"])), "enable_cuda_graph": str(int(graph))}
    providers = [] if REHEARSAL else [("CUDAExecutionProvider", cuda)]
    session = onnxruntime.InferenceSession(case["path"], options, providers=[*providers, "CPUExecutionProvider"])
    if not REHEARSAL and session.get_providers()[0] != "CUDAExecutionProvider":
        raise RuntimeError("onnxruntime fell back to the CPU")
    return session


def python_run(case):
    session = ort_session(case)
    feeds = {port["name"]: data for port, data in zip(case["inputs"], arrays(case["inputs"]))}
    names = [port["name"] for port in case["outputs"]]
    return lambda: session.run(names, feeds), lambda: session.run(names, feeds)[0]


def python_binding(case, graph=False):
    """From numpy arrays to numpy arrays, by values that stay on the GPU."""
    import onnxruntime

    if graph and REHEARSAL:
        raise RuntimeError("the CPU has no graphs")
    session = ort_session(case, graph)
    binding = session.io_binding()
    value_of = onnxruntime.OrtValue
    given = list(arrays(case["inputs"]))
    inputs = [value_of.ortvalue_from_numpy(data, DEVICE, 0) for data in given]
    for port, value in zip(case["inputs"], inputs):
        binding.bind_ortvalue_input(port["name"], value)
    outputs = []
    for port in case["outputs"]:
        dtype = getattr(__import__("numpy"), TYPES[port["type"]])
        outputs.append(value_of.ortvalue_from_shape_and_type(port["dims"], dtype, DEVICE, 0))
        binding.bind_ortvalue_output(port["name"], outputs[-1])

    def call():
        for value, data in zip(inputs, given):
            value.update_inplace(data)
        session.run_with_iobinding(binding)
        for value in outputs:
            value.numpy()

    return call, lambda: outputs[0].numpy()


def torch_module(case):
    """The model as a module of torch: a file of one, or one node, or the MLP of its weights."""
    import torch

    if "torch" in case:
        try:
            return torch.jit.load(case["torch"], map_location=DEVICE).eval()
        except RuntimeError:
            return torch.load(case["torch"], map_location=DEVICE, weights_only=False).eval()
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError:
        raise RuntimeError("Python has no onnx to read the weights with") from None
    graph = onnx.load(case["path"]).graph
    weights = {one.name: torch.tensor(numpy_helper.to_array(one)).to(DEVICE) for one in graph.initializer}
    kinds = [node.op_type for node in graph.node]
    if kinds == ["Add"]:
        return lambda x: x + weights["one"]
    if set(kinds) != {"Gemm", "Relu"}:
        raise RuntimeError("there is no module of torch for this model (--torch)")

    def mlp(x):
        for i in range(len(kinds) // 2):
            x = torch.relu(torch.addmm(weights[f"bias{i}"], x, weights[f"weight{i}"]))
        return x

    return mlp


def torch_start(case, way):
    import torch

    torch.backends.cuda.matmul.allow_tf32 = case["useTf32"]
    torch.backends.cudnn.allow_tf32 = case["useTf32"]
    if REHEARSAL and way in ("graph", "replay"):
        raise RuntimeError("the CPU has no graphs")
    if way == "compile" and "torch" not in case:
        raise RuntimeError("compiling takes long, and is for a model of --torch")
    module = torch_module(case)
    if way == "compile":
        # Else a second shape is compiled for any shape, which is slower.
        torch._dynamo.reset()
        module = torch.compile(module, mode="reduce-overhead")
    pin = (lambda tensor: tensor) if REHEARSAL else (lambda tensor: tensor.pin_memory())
    given = [pin(torch.from_numpy(data)) for data in arrays(case["inputs"])]
    inputs = [tensor.to(DEVICE, copy=True) for tensor in given]
    synchronize = (lambda: None) if REHEARSAL else torch.cuda.current_stream().synchronize

    def forward():
        results = module(*inputs)
        if isinstance(results, dict):
            results = tuple(results.values())
        return results if isinstance(results, (tuple, list)) else (results,)

    with torch.inference_mode():
        results = forward()
        made = [pin(torch.empty_like(result, device="cpu")) for result in results]
    replay = None
    if way in ("graph", "replay"):
        side = torch.cuda.Stream()
        with torch.inference_mode(), torch.cuda.stream(side):
            for _ in range(3):
                forward()
        side.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.inference_mode(), torch.cuda.graph(graph):
            results = forward()
        replay = graph.replay

    def call():
        if way == "replay":
            replay()
            synchronize()
            return
        for tensor, data in zip(inputs, given):
            tensor.copy_(data, non_blocking=True)
        if replay is None:
            current = forward()
        else:
            replay()
            current = results
        for host, result in zip(made, current):
            host.copy_(result, non_blocking=True)
        synchronize()

    def guarded():
        with torch.inference_mode():
            call()

    def result():
        if way == "replay":
            return results[0].cpu().numpy()
        return made[0].numpy()

    return guarded, result


def start(name, case):
    if name == "python-run":
        return python_run(case)
    if name.startswith("python"):
        return python_binding(case, name == "python-graph")
    return torch_start(case, name.split("-")[1])


def measure(call, count):
    times = [0] * count
    for i in range(count):
        begin = now()
        call()
        times[i] = now() - begin
    return times


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
    device = host.to(DEVICE, copy=True)
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
    call = result = None
    # What a library prints would be taken for an answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        question = json.loads(line)
        op = question["op"]
        try:
            answer = {}
            if op == "open":
                call, result = start(name, question["case"])
                measure(call, 10)
                clock = sorted(measure(lambda: None, 10_001))[5_000]
                numbers = result().astype("float64")
                answer = {"clockNs": clock, "sum": float(numbers.sum()), "magnitude": float(abs(numbers).sum())}
            elif op == "measure":
                measure(call, question["warmup"])
                answer = {"times": measure(call, question["calls"])}
            elif op == "pace":
                answer = {"times": pace(call, question["hz"], question["ms"])}
            elif op == "copy":
                answer = {"times": copy(question["direction"], question["bytes"], question["ms"])}
            elif op == "close":
                call = result = None
            else:
                raise RuntimeError(f"{op} is not asked of Python")
        except Exception as error:  # whatever it is, the others go on
            answer = {"error": f"{type(error).__name__}: {error}".split("\n")[0]}
        print(json.dumps(answer), file=answers, flush=True)


if sys.argv[1] == "probe":
    probe()
else:
    main(sys.argv[1])
