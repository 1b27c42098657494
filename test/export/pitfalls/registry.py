"""The list of what goes wrong in an export, in which each module registers itself."""

from collections.abc import Callable
from dataclasses import dataclass

from exporting import Export

PITFALLS = {}


@dataclass
class Pitfall:
    make: Callable[[], Export]
    options: dict  # of exporting.convert


def pitfall(name, **options):
    def register(make):
        PITFALLS[name] = Pitfall(make, options)
        return make

    return register


def vector_in_out(model, inputs, samples):
    """x [n] in, y [n] out."""
    return Export(model, inputs, ["x"], ["y"], {"x": {0: "n"}, "y": {0: "n"}}, samples)
