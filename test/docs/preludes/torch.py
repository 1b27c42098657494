"""A text classifier and what forward takes, for the call of the exporter."""

import torch
from torch import nn


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(100, 8)
        self.head = nn.Linear(8, 2)

    def forward(self, ids, mask):
        weights = mask.unsqueeze(2).to(torch.float32)
        return self.head((self.words(ids) * weights).sum(1) / weights.sum(1))


model = Classifier().eval()
ids = torch.randint(0, 100, (2, 6))
mask = torch.ones_like(ids)
