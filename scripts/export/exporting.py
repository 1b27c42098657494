"""From a PyTorch module to a checked ONNX model: shared by the commands in this folder."""

import math
import sys
import traceback
import warnings
from pathlib import Path

import onnx
import onnx_ir
import torch
from onnx_ir.passes.common import ClearMetadataAndDocStringPass

from export_check import check
from export_samples import write_data_sets, write_sample
from export_spec import Export, ExportError, first_line

__all__ = ["EXPORTERS", "Export", "ExportError", "add_arguments", "convert", "export", "run"]

EXPORTERS = ("dynamo", "legacy")


def export(spec, path, exporter="dynamo", *, data_sets=False, **options):
    """Converts, checks, and writes the sample file. Returns a list of problems."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    notes = convert(spec, path, exporter, **options)
    onnx.checker.check_model(path, full_check=True)  # by its path, so that external data count
    print(f"{path}: {exporter} exporter, {describe(path)}")
    for note in notes:
        print(f"NOTE: {note}")
    expected, findings = check(spec, path)
    write_sample(spec, expected, path.with_suffix(".sample.json"))
    if data_sets:
        write_data_sets(spec, expected, path)
    return findings


def convert(spec, path, exporter="dynamo", *, verbose=True, training=False, external_data=False):
    """torch.onnx.export, by one of the exporters. Returns notes for the user."""
    # Dropout and BatchNorm differ in training. The dynamo exporter takes the module as it is, so eval() is called
    # here; the legacy exporter evaluates unless it preserves the mode.
    if not training:
        spec.model.eval()
    # A dict in the last place would be keyword arguments; an empty dict after it prevents that.
    inputs = (*spec.inputs, {}) if spec.inputs and isinstance(spec.inputs[-1], dict) else spec.inputs
    if exporter == "legacy":
        mode = torch.onnx.TrainingMode
        options = {
            "dynamo": False,
            "dynamic_axes": spec.dynamic_axes,
            "do_constant_folding": True,
            "training": mode.PRESERVE if training else mode.EVAL,
        }
    else:
        # Constant folding is part of optimize here.
        options = {
            "dynamo": True,
            "dynamic_shapes": dynamic_shapes(spec),
            "optimize": True,
            "external_data": external_data,
        }
    with warnings.catch_warnings():
        # Two inputs that share a symbol share its name: no information is lost.
        warnings.filterwarnings("ignore", r"# The axis name: (\w+) will not be used, .* another axis: \1\.")
        try:
            program = torch.onnx.export(
                spec.model,
                inputs,
                path,
                input_names=spec.input_names,
                output_names=spec.output_names,
                opset_version=spec.opset,
                verbose=verbose,
                **options,
            )
        except Exception as error:  # the exporters raise whatever torch does
            raise ExportError(f"the {exporter} exporter refuses the module: {first_line(error)}") from error
    strip(path)
    return limits(program) if program else []


def dynamic_shapes(spec):
    """`dynamic_axes` in the structure of forward's arguments, for torch.export; the outputs' axes follow."""
    names = iter([name for name, _ in spec.named(spec.inputs)])

    def shapes(value):
        if isinstance(value, dict):
            return {key: shapes(one) for key, one in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(shapes(one) for one in value)
        return spec.dynamic_axes.get(next(names))

    return tuple(shapes(value) for value in spec.inputs)


def strip(path):
    """Removes stack traces, which both exporters may leave in a model and which contain local paths."""
    model = onnx_ir.from_proto(onnx.load(path, load_external_data=False))
    ClearMetadataAndDocStringPass()(model)
    onnx.save(onnx_ir.to_proto(model), path)


def limits(program):
    """Axes that the dynamo exporter treats as limited, because the module compares their sizes. It does not report
    them, and beyond the limit the model takes the traced branch."""
    exported, found = program.exported_program, []
    user_inputs = exported.graph_signature.user_inputs
    nodes = [node for node in exported.graph.nodes if node.op == "placeholder" and node.name in user_inputs]
    values = [node.meta["val"] for node in nodes]
    tensors = [value for value in values if isinstance(value, torch.Tensor)]
    for port, tensor in zip(program.model.graph.inputs, tensors, strict=True):
        for axis, size in enumerate(tensor.shape):
            sizes = isinstance(size, torch.SymInt) and exported.range_constraints.get(size.node.expr)
            if sizes and (sizes.lower > 1 or sizes.upper < math.inf):
                size = f"from {sizes.lower} to {sizes.upper}"
                found.append(f"{port.name} is right only where its axis {axis} is {size}")
    return found


def describe(path):
    model = onnx.load(path, load_external_data=False)
    opset = next(one.version for one in model.opset_import if one.domain == "")
    external = [entry for tensor in model.graph.initializer for entry in tensor.external_data]
    files = {path, *(path.parent / entry.value for entry in external if entry.key == "location")}
    size = sum(file.stat().st_size for file in files)
    return f"opset {opset}, {len(model.graph.node)} nodes, {size / 2**10:,.0f} KiB in {len(files)} file(s)"


def add_arguments(parser):
    """The options of all commands."""
    parser.add_argument("--out", default="model.onnx", metavar="FILE", help="the model (default: model.onnx)")
    parser.add_argument("--exporter", choices=EXPORTERS, default="dynamo", help="default: dynamo, as torch's")
    parser.add_argument("--opset", type=int, help="default: the exporter's")
    parser.add_argument("--external-data", action="store_true", help="weights in a separate file")
    parser.add_argument("--data-sets", action="store_true", help="also write samples as test_data_set_N/*.pb")
    parser.add_argument("--quiet", action="store_true", help="without the exporter's own report")
    parser.add_argument("--seed", type=int, default=0, help="of the weights and the samples (default: 0)")


def run(arguments, make, training=False):
    """Exports what `make()` returns, prints the problems, and ends the process."""
    torch.manual_seed(arguments.seed)
    try:
        spec = make()
        spec.opset = arguments.opset or spec.opset
        findings = export(
            spec,
            arguments.out,
            arguments.exporter,
            verbose=not arguments.quiet,
            training=training,
            external_data=arguments.external_data,
            data_sets=arguments.data_sets,
        )
    except ExportError as error:
        if error.__cause__:
            traceback.print_exception(error.__cause__)
        sys.exit(f"error: {error}")
    for finding in findings:
        print(f"WRONG: {finding}")
    sys.exit(1 if findings else 0)
