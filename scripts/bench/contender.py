"""A contender in Python: contender.py ID CASE, by the protocol that contender.mjs states."""

import json
import os
import sys
from pathlib import Path
from time import perf_counter_ns as now

import numpy

TYPES = {"float32": numpy.float32, "int64": numpy.int64}


def values(ports):
    for port in ports:
        data = numpy.fromfile(port["file"], dtype=TYPES[port["type"]])
        yield port["name"], data.reshape(port["dims"])


def ort_session(case):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = case["threads"]
    return onnxruntime.InferenceSession(case["path"], options, providers=["CPUExecutionProvider"])


# Each gives a call, and what makes an array of that which the call gave.


def start_run(case):
    session = ort_session(case)
    feeds = dict(values(case["inputs"]))
    names = [port["name"] for port in case["outputs"]]
    return lambda: session.run(names, feeds), lambda results: results[0]


def start_binding(case):
    from onnxruntime import OrtValue

    session = ort_session(case)
    binding = session.io_binding()
    value_of = OrtValue.ortvalue_from_numpy
    for name, data in values(case["inputs"]):
        binding.bind_ortvalue_input(name, value_of(data))
    outputs = [value_of(numpy.zeros(port["dims"], TYPES[port["type"]])) for port in case["outputs"]]
    for port, value in zip(case["outputs"], outputs):
        binding.bind_ortvalue_output(port["name"], value)
    return lambda: session.run_with_iobinding(binding), lambda _: outputs[0].numpy()


def start_torch(case, prepare=lambda module: module):
    import torch

    torch.set_num_threads(case["threads"])
    # The class of a module that export_bert.py saved is there.
    sys.path.append(str(Path(__file__).parents[1] / "export"))
    module = prepare(torch.load(case["torch"], map_location="cpu", weights_only=False).eval())
    inputs = [torch.from_numpy(data) for _, data in values(case["inputs"])]

    @torch.inference_mode()
    def call():
        return module(*inputs)

    return call, lambda result: result.numpy()


def start_compiled(case):
    import torch

    return start_torch(case, torch.compile)


START = {
    "python-run": start_run,
    "python-binding": start_binding,
    "torch-eager": start_torch,
    "torch-compile": start_compiled,
}


def measure(call, count):
    times = [0] * count
    for i in range(count):
        begin = now()
        call()
        times[i] = now() - begin
    return times


def warm_up(call):
    """Ten calls; of a large model what a second has room for, which may be one."""
    begin = now()
    result = call()
    for _ in range(9):
        if now() - begin > 1e9:
            break
        call()
    return result


def main():
    # What a library prints would be taken for an answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    name, case = sys.argv[1], json.loads(sys.argv[2])
    call, array_of = START[name](case)
    total = float(array_of(warm_up(call)).sum())
    clock = sorted(measure(lambda: None, 10_000))[5_000]
    print("ready", clock, total, file=answers, flush=True)
    for line in sys.stdin:
        warmup, calls = map(int, line.split())
        measure(call, warmup)
        print(*measure(call, calls), file=answers, flush=True)


main()
