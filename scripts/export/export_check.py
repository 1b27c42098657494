"""The check of an exported model: ONNX Runtime on the CPU against torch, on every sample."""

import copy

import numpy
import onnxruntime
import torch

from export_samples import arrays, sample_inputs
from export_spec import ExportError, first_line, leaves


def check(spec, path):
    """Prints a line for each sample. Returns torch's outputs of each, and a list of problems."""
    session = load(path)
    findings, expected = check_names(spec, session), []
    for i, sample in enumerate((spec.inputs, *spec.samples)):
        inputs = sample_inputs(spec, sample)
        title = ", ".join(f"{name} {list(array.shape)}" for name, array in inputs.items())
        title += "" if i else " (traced)"
        expected.append(torch_outputs(spec, sample, title))
        wrong, difference = check_sample(spec, session, inputs, expected[-1])
        if difference is not None:
            print(f"  {title}: largest difference {difference:.2g}")
        findings += [f"{title}: {one}" for one in wrong]
    return expected, findings


def load(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # its errors are exceptions too
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no common class
        raise ExportError(f"ONNX Runtime does not load {path}: {first_line(error)}") from error


def torch_outputs(spec, sample, title):
    """The module's outputs in eval()."""
    training = spec.model.training
    spec.model.eval()
    try:
        with torch.no_grad():
            # A copy: a forward that works in place would change ONNX Runtime's inputs and the sample file.
            results = leaves(spec.model(*copy.deepcopy(sample)))
    except Exception as error:
        raise ExportError(f"{title}: torch itself fails: {first_line(error)}") from error
    spec.model.train(training)
    if len(results) != len(spec.output_names):
        raise ExportError(f"forward gives {len(results)} values, output_names names {len(spec.output_names)}")
    return arrays(zip(spec.output_names, results))


def check_names(spec, session):
    found = [value.name for value in session.get_inputs()]
    gone = [name for name in spec.input_names if name not in found]
    findings = [f"input {name} is not in the model: its values have no effect" for name in gone]
    strangers = [name for name in found if name not in spec.input_names]
    findings += [f"input {name} of the model is not among the requested names" for name in strangers]
    outputs = [value.name for value in session.get_outputs()]
    if outputs != list(spec.output_names):
        findings.append(f"outputs are {', '.join(outputs)}, requested were {', '.join(spec.output_names)}")
    return findings


def check_sample(spec, session, inputs, expected):
    """A list of problems, and the largest difference, if there is a result."""
    names = {value.name for value in session.get_inputs()}
    feeds = {name: array for name, array in inputs.items() if name in names}
    try:
        results = session.run(None, feeds)
    except Exception as error:
        return [f"ONNX Runtime fails: {first_line(error)}"], None
    found = {value.name: result for value, result in zip(session.get_outputs(), results)}
    wrong, largest = [], 0.0
    for name in [name for name in expected if name in found]:
        given, wanted = found[name], expected[name]
        if (given.dtype, given.shape) != (wanted.dtype, wanted.shape):
            here, there = (f"{one.dtype} {list(one.shape)}" for one in (given, wanted))
            wrong.append(f"{name} is {here}, torch's is {there}")
            continue
        inexact = numpy.issubdtype(wanted.dtype, numpy.floating)
        rtol, atol = (spec.rtol, spec.atol) if inexact else (0, 0)
        difference = numpy.abs(given.astype(float) - wanted.astype(float)).max(initial=0.0)
        largest = max(largest, difference)
        if not numpy.allclose(given, wanted, rtol, atol, equal_nan=True):
            wrong.append(f"{name} differs from torch's by {difference:.2g}")
    return wrong, largest
