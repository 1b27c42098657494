"""A contender in Python: contender.py ID CASE, by the protocol that contender.mjs states."""

import json
import sys
from time import perf_counter_ns as now

import numpy
import onnxruntime

TYPES = {"float32": numpy.float32, "int64": numpy.int64}


def values(ports):
    for port in ports:
        data = numpy.fromfile(port["file"], dtype=TYPES[port["type"]])
        yield port["name"], data.reshape(port["dims"])


def start_run(session, case):
    feeds = dict(values(case["inputs"]))
    names = [port["name"] for port in case["outputs"]]
    return lambda: session.run(names, feeds), lambda: session.run(names, feeds)[0]


def start_binding(session, case):
    binding = session.io_binding()
    value_of = onnxruntime.OrtValue.ortvalue_from_numpy
    for name, data in values(case["inputs"]):
        binding.bind_ortvalue_input(name, value_of(data))
    outputs = [value_of(numpy.zeros(port["dims"], TYPES[port["type"]])) for port in case["outputs"]]
    for port, value in zip(case["outputs"], outputs):
        binding.bind_ortvalue_output(port["name"], value)
    return lambda: session.run_with_iobinding(binding), lambda: outputs[0].numpy()


def measure(call, count):
    times = [0] * count
    for i in range(count):
        begin = now()
        call()
        times[i] = now() - begin
    return times


def main():
    name, case = sys.argv[1], json.loads(sys.argv[2])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = case["threads"]
    session = onnxruntime.InferenceSession(case["path"], options, providers=["CPUExecutionProvider"])
    start = {"python-run": start_run, "python-binding": start_binding}[name]
    call, result = start(session, case)
    measure(call, 10)
    clock = sorted(measure(lambda: None, 10_000))[5_000]
    print("ready", clock, float(result().sum()), flush=True)
    for line in sys.stdin:
        warmup, calls = map(int, line.split())
        measure(call, warmup)
        print(*measure(call, calls), flush=True)


main()
