"""What goes wrong in an export because of the arguments of `forward`: see modules.py."""

import torch
from torch import nn

from exporting import Export
from registry import pitfall


class Scale(nn.Module):
    def forward(self, x, n):
        return x * n


class Repeat(nn.Module):
    def forward(self, x, n):
        for _ in range(n):
            x = x * 2
        return x


def with_number(model, traced, further):
    axes = {"x": {0: "batch"}, "y": {0: "batch"}}
    return Export(model, (torch.rand(2, 3), traced), ["x", "n"], ["y"], axes, [(torch.rand(4, 3), further)])


@pitfall("int-argument")
def int_argument():
    """An int that is computed with: an input of the legacy exporter's, a constant of dynamo's."""
    return with_number(Scale(), 2, 3)


@pitfall("int-count")
def int_count():
    """An int that Python counts with: a constant of both."""
    return with_number(Repeat(), 2, 3)


@pitfall("float-argument")
def float_argument():
    """A float: an input of float64 of the legacy exporter's, a constant of dynamo's."""
    return with_number(Scale(), 0.5, 1.5)


class Optional(nn.Module):
    def forward(self, x, mask=None, bias=None):
        if mask is not None:
            x = x * mask
        return x if bias is None else x + bias


@pitfall("none-argument")
def none_argument():
    """None is not an input, and names are given in order: those behind it shift."""
    axes = {"x": {0: "batch"}, "bias": {0: "batch"}, "y": {0: "batch"}}
    traced, further = [(torch.rand(n, 3), None, torch.rand(n, 3)) for n in (2, 4)]
    return Export(Optional(), traced, ["x", "mask", "bias"], ["y"], axes, [further])


class Dict(nn.Module):
    def forward(self, batch):
        return batch["ids"] * 2 + batch["mask"]


@pitfall("dict-argument")
def dict_argument():
    """A dict's values are inputs, in the dict's order, as long as it is not taken for keyword arguments."""
    axes = {"ids": {0: "batch"}, "mask": {0: "batch"}, "y": {0: "batch"}}
    traced, further = [({"ids": torch.rand(n, 3), "mask": torch.rand(n, 3)},) for n in (2, 4)]
    return Export(Dict(), traced, ["ids", "mask"], ["y"], axes, [further])


class Unused(nn.Module):
    def forward(self, x, types):
        return x * 2


@pitfall("unused-input")
def unused_input():
    """An argument that forward does not use: dropped by the legacy exporter, kept by dynamo to no effect."""
    axes = {"x": {0: "batch"}, "types": {0: "batch"}, "y": {0: "batch"}}
    traced, further = [(torch.rand(n, 3), torch.rand(n, 3)) for n in (2, 4)]
    return Export(Unused(), traced, ["x", "types"], ["y"], axes, [further])
