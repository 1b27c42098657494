"""What goes wrong in an export because of what `forward` does, in minimal modules, and some done right.

A factory's docstring describes the problem; docs/exporting-from-pytorch.md which exporter has it.
"""

import torch
from torch import nn

from exporting import Export
from registry import pitfall, vector_in_out


def signs():
    """A traced vector whose sum is positive; one whose sum is not, and one more that has."""
    return (torch.tensor([1.0, 2.0]),), [(torch.tensor([-1.0, -2.0, -3.0]),), (torch.tensor([3.0]),)]


class Branch(nn.Module):
    def forward(self, x):
        return x * 2 if x.sum() > 0 else x - 1


@pitfall("branch")
def branch():
    """An `if` on a tensor's value: the branch that was traced is the model."""
    return vector_in_out(Branch(), *signs())


class BranchWhere(nn.Module):
    def forward(self, x):
        return torch.where(x.sum() > 0, x * 2, x - 1)


@pitfall("branch-where")
def branch_where():
    """The same done right: both are computed, one is taken."""
    return vector_in_out(BranchWhere(), *signs())


class BranchCond(nn.Module):
    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda x: x * 2, lambda x: x - 1, (x,))


@pitfall("branch-cond")
def branch_cond():
    """The same done right: ONNX's If, of which one branch is run."""
    return vector_in_out(BranchCond(), *signs())


class BranchOnSize(nn.Module):
    def forward(self, x):
        if x.size(1) > 4:
            x = x[:, :4]
        return x.sum(1)


@pitfall("branch-on-size")
def branch_on_size():
    """An `if` on an axis's size: baked in as well."""
    axes = {"x": {0: "batch", 1: "length"}, "y": {0: "batch"}}
    samples = [(torch.rand(3, 4),), (torch.rand(2, 6),)]
    return Export(BranchOnSize(), (torch.rand(2, 3),), ["x"], ["y"], axes, samples)


class SizeToInt(nn.Module):
    def forward(self, x):
        return x.reshape(int(x.size(0)), -1)


@pitfall("size-to-int")
def size_to_int():
    """A size that is made an int (or `len(x)`) is the traced one for ever."""
    axes = {"x": {0: "batch"}, "y": {0: "batch"}}
    return Export(SizeToInt(), (torch.rand(2, 3, 4),), ["x"], ["y"], axes, [(torch.rand(4, 3, 4),)])


class ValueLoop(nn.Module):
    def forward(self, x, n):
        for _ in range(int(n)):
            x = x * 2
        return x


@pitfall("value-loop")
def value_loop():
    """A loop over a tensor's value: as many turns as were traced."""
    axes = {"x": {0: "batch"}, "y": {0: "batch"}}
    x, y = torch.rand(2), torch.rand(3)
    return Export(ValueLoop(), (x, torch.tensor(3)), ["x", "n"], ["y"], axes, [(y, torch.tensor(5))])


class AxisLoop(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.Linear(3, 3)

    def forward(self, x):
        h = torch.zeros(x.size(0), 3)
        for t in range(x.size(1)):
            h = torch.tanh(self.cell(x[:, t]) + h)
        return h


def sequences(model):
    """Traced with five steps; more batches, more steps, fewer steps."""
    axes = {"x": {0: "batch", 1: "time"}, "y": {0: "batch"}}
    samples = [(torch.rand(batch, time, 3),) for batch, time in ((3, 5), (2, 8), (2, 3))]
    return Export(model, (torch.rand(2, 5, 3),), ["x"], ["y"], axes, samples)


@pitfall("axis-loop")
def axis_loop():
    """A loop over an axis: unrolled as often as was traced."""
    return sequences(AxisLoop())


class AxisGru(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(3, 3, batch_first=True)

    def forward(self, x):
        return self.gru(x)[1][0]


@pitfall("axis-gru")
def axis_gru():
    """A loop over an axis done right: torch's own recurrent layers are one node."""
    return sequences(AxisGru())


class Loss(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(3, 2)

    def logits(self, x):
        return self.head(x)

    def forward(self, x, labels):
        return nn.functional.cross_entropy(self.logits(x), labels)


@pitfall("loss")
def loss():
    """`forward` is the only entry: one that computes the loss wants labels, and gives a number."""
    axes = {"x": {0: "batch"}, "labels": {0: "batch"}}
    traced, further = [(torch.rand(n, 3), torch.randint(2, (n,))) for n in (2, 4)]
    return Export(Loss(), traced, ["x", "labels"], ["y"], axes, [further])


class Logits(Loss):
    def forward(self, x):
        return self.logits(x)


@pitfall("logits")
def logits():
    """The same done right: `forward` is what the service asks for, the loss is another method."""
    axes = {"x": {0: "batch"}, "y": {0: "batch"}}
    return Export(Logits(), (torch.rand(2, 3),), ["x"], ["y"], axes, [(torch.rand(4, 3),)])


@pitfall("training", training=True)
def training():
    """train() left on: dropout in the model. The legacy exporter must be told to preserve it."""
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5)).train()
    axes = {"x": {0: "batch"}, "y": {0: "batch"}}
    return Export(model, (torch.rand(2, 4),), ["x"], ["y"], axes, [(torch.rand(3, 4),)])


class Embed(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(10, 4)
        self.positions = nn.Embedding(16, 4)

    def forward(self, ids):
        return (self.words(ids) + self.positions(torch.arange(ids.size(1)))).mean(1)


@pitfall("fixed-sequence")
def fixed_sequence():
    """Only the batch is dynamic: another length is refused."""
    axes = {"ids": {0: "batch"}, "y": {0: "batch"}}
    samples = [(torch.randint(10, (batch, length)),) for batch, length in ((3, 8), (2, 5))]
    return Export(Embed(), (torch.randint(10, (2, 8)),), ["ids"], ["y"], axes, samples)


class Total(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("total", torch.zeros(()))

    def forward(self, x):
        self.total += x.sum()
        return x + self.total


@pitfall("state")
def state():
    """A module that remembers: the model does not. Its state must be an input and an output."""
    return vector_in_out(Total(), (torch.ones(2),), [(torch.ones(3),)])


class Positive(nn.Module):
    def forward(self, x):
        return x[x > 0]


@pitfall("data-dependent-output")
def data_dependent_output():
    """As many outputs as the data say: an axis of them must not share the inputs' symbol."""
    return vector_in_out(Positive(), (torch.tensor([1.0, -1.0, 2.0]),), [(torch.tensor([-1.0, 4.0]),)])


@pitfall("external-data", external_data=True)
def external_data():
    """Weights in a file beside the model: both must be shipped."""
    axes = {"x": {0: "batch"}, "y": {0: "batch"}}
    return Export(nn.Linear(16, 16), (torch.rand(2, 16),), ["x"], ["y"], axes, [(torch.rand(3, 16),)])
