"""What an exporter needs to know about a module."""

from dataclasses import dataclass, field

import torch


class ExportError(Exception):
    """A message for the user."""


@dataclass
class Export:
    """A module and what its exporter needs to know.

    `inputs` are forward's arguments, with which it is traced; `input_names` has a name for each of their
    values, those inside of dicts and lists too (None may go without). `dynamic_axes` says which axes vary,
    and their symbols: {name: {axis: symbol}}. `samples` are further arguments, best of other shapes.
    """

    model: torch.nn.Module
    inputs: tuple
    input_names: list[str]
    output_names: list[str]
    dynamic_axes: dict[str, dict[int, str]] = field(default_factory=dict)
    samples: list[tuple] = field(default_factory=list)
    opset: int | None = None
    rtol: float = 1e-3
    atol: float = 1e-4

    def __post_init__(self):
        for sample in (self.inputs, *self.samples):
            if not isinstance(sample, tuple):
                kind = type(sample).__name__
                raise ExportError(f"inputs and each sample are tuples of forward's arguments, not a {kind}")
            values = leaves(sample)
            tensors = [value for value in values if value is not None]
            if len(self.input_names) not in (len(values), len(tensors)):
                named = len(self.input_names)
                raise ExportError(f"{named} input_names for {len(values)} values: each needs a name")
        strangers = self.dynamic_axes.keys() - {*self.input_names, *self.output_names}
        if strangers:
            raise ExportError(f"dynamic_axes has {', '.join(sorted(strangers))}: no such input or output")

    def named(self, sample):
        """(name, value) of every value in the arguments of forward."""
        values = leaves(sample)
        if len(values) == len(self.input_names):
            return list(zip(self.input_names, values))
        names = iter(self.input_names)
        return [(None if value is None else next(names), value) for value in values]


def leaves(value):
    """The values inside of tuples, lists and dicts, in their order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [leaf for one in value for leaf in leaves(one)]
    return [value]


def first_line(error):
    """The first line of an error's root cause."""
    while error.__cause__:
        error = error.__cause__
    first, *more = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    # A heading needs its first item.
    text = " ".join([first, *more[:1]]) if first.endswith((":", "the following indices")) else first
    return f"{type(error).__name__}: {text}"
