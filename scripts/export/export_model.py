"""Exports a module of yours: `module:function`, of which the function returns an Export.

In my_model.py:

    import torch
    from exporting import Export

    def classifier():
        return Export(
            model=MyClassifier(),
            inputs=(torch.rand(2, 16),),
            input_names=["x"],
            output_names=["scores"],
            dynamic_axes={"x": {0: "batch_size"}, "scores": {0: "batch_size"}},
            samples=[(torch.rand(1, 16),), (torch.rand(5, 16),)],
        )

Then, in its folder: python scripts/export/export_model.py my_model:classifier --out my_model.onnx
"""

import argparse
import importlib
import sys
from pathlib import Path

from exporting import Export, ExportError, add_arguments, run


def make(target):
    module_name, _, function_name = target.partition(":")
    if not module_name or not function_name:
        raise ExportError(f"expected module:function, such as my_model:classifier, given {target}")
    sys.path.append(str(Path.cwd()))
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        # For a module that the user's module imports, the traceback is the better message.
        if error.name != module_name.split(".")[0] and error.name != module_name:
            raise
        raise ExportError(f"there is no module {module_name} in {Path.cwd()} or on PYTHONPATH") from None
    function = getattr(module, function_name, None)
    if not callable(function):
        raise ExportError(f"{module.__file__} has no function {function_name}")
    spec = function()
    if not isinstance(spec, Export):
        kind = type(spec).__name__
        raise ExportError(f"{target} returned a {kind}, expected an Export (from exporting import Export)")
    return spec


def main():
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("target", metavar="module:function", help="in this folder or on PYTHONPATH")
    add_arguments(parser)
    parser.add_argument(
        "--keep-training",
        action="store_true",
        help="do not call eval(): dropout stays in, and the check, which compares with eval(), reports it",
    )
    arguments = parser.parse_args()
    run(arguments, lambda: make(arguments.target), training=arguments.keep_training)


if __name__ == "__main__":
    main()
