"""Sample files: the arguments of forward and its outputs."""

import json
import math

import numpy
import onnx
import torch

from export_spec import ExportError

# The types that torch's legacy exporter gives to numbers that become inputs.
NUMBERS = {bool: "bool", int: "int64", float: "float64"}


def arrays(pairs):
    """{name: array} of (name, value), also of numbers. None is omitted: ONNX has no tensor for it."""
    found = {}
    for name, value in pairs:
        if isinstance(value, torch.Tensor):
            if value.dtype == torch.bfloat16:
                raise ExportError(f"{name} is bfloat16, which numpy does not have: convert it in forward")
            # A copy: a module may return a buffer of its own, which the next call changes.
            found[name] = value.detach().cpu().numpy().copy()
        elif type(value) in NUMBERS:
            found[name] = numpy.array(value, NUMBERS[type(value)])
        elif value is not None:
            kind = type(value).__name__
            raise ExportError(f"{name} is a {kind}, expected a tensor, a number or None")
    return found


def sample_inputs(spec, sample):
    return arrays(spec.named(sample))


def write_sample(spec, expected, path):
    """The sample file: every argument, including those that the exporter dropped."""
    samples = [
        {"inputs": plain(sample_inputs(spec, sample)), "outputs": plain(outputs)}
        for sample, outputs in zip((spec.inputs, *spec.samples), expected, strict=True)
    ]
    content = {"tolerance": {"rtol": spec.rtol, "atol": spec.atol}, "samples": samples}
    path.write_text(json.dumps(content) + "\n")


def plain(found):
    def tensor(array):
        data = [number(one) for one in array.flat]
        return {"type": array.dtype.name, "dims": list(array.shape), "data": data}

    return {name: tensor(array) for name, array in found.items()}


def number(value):
    """For JSON; a float32 as the shortest text that reads back to it."""
    if isinstance(value, numpy.floating):
        if math.isfinite(value):
            return float(str(value))
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    value = value.item()
    return str(value) if type(value) is int and abs(value) > 2**53 else value


def write_data_sets(spec, expected, path):
    """The layout of ONNX's backend tests, in the order of the model's own inputs and outputs."""
    graph = onnx.load(path, load_external_data=False).graph
    for i, (sample, outputs) in enumerate(zip((spec.inputs, *spec.samples), expected, strict=True)):
        folder = path.parent / f"test_data_set_{i}"
        folder.mkdir(exist_ok=True)
        found = {**sample_inputs(spec, sample), **outputs}
        for kind, ports in (("input", graph.input), ("output", graph.output)):
            for j, port in enumerate(ports):
                tensor = onnx.numpy_helper.from_array(found[port.name], port.name)
                onnx.save_tensor(tensor, folder / f"{kind}_{j}.pb")
