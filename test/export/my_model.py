"""What a user might export: for export.test.ts."""

import torch

from exporting import Export


class Ranker(torch.nn.Module):
    """Scores of items for a query."""

    def __init__(self):
        super().__init__()
        self.query = torch.nn.Linear(4, 8)
        self.item = torch.nn.Linear(4, 8)

    def forward(self, query, items):
        return torch.softmax(self.query(query) @ self.item(items).T, dim=-1)


def ranker():
    return Export(
        model=Ranker(),
        inputs=(torch.rand(2, 4), torch.rand(3, 4)),
        input_names=["query", "items"],
        output_names=["scores"],
        dynamic_axes={"query": {0: "queries"}, "items": {0: "items"}, "scores": {0: "queries", 1: "items"}},
        samples=[(torch.rand(1, 4), torch.rand(7, 4))],
    )


class Branching(torch.nn.Module):
    def forward(self, x):
        return x * 2 if x.sum() > 0 else x


def branching():
    axes = {"x": {0: "n"}, "y": {0: "n"}}
    return Export(Branching(), (torch.ones(4),), ["x"], ["y"], axes, samples=[(-torch.ones(3),)])
