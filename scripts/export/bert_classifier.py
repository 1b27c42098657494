"""A text classifier on BERT, in a separate file so that a saved module can be loaded elsewhere."""

import torch
from transformers import BertConfig, BertModel


class BertClassifier(torch.nn.Module):
    """BERT, its pooled output and a linear head."""

    def __init__(self, bert, labels):
        super().__init__()
        self.bert = bert
        self.head = torch.nn.Linear(bert.config.hidden_size, labels)

    def forward(self, input_ids, attention_mask):
        return self.head(self.bert(input_ids=input_ids, attention_mask=attention_mask).pooler_output)


# transformers' plain attention exports best, by both exporters and with both axes dynamic. The fused one (sdpa) has a
# fifth more nodes, and with dynamo the rows that are masked entirely differ.
EXPORTED_ATTENTION = "eager"

# bert-base-cased, and one for tests.
CONFIGS = {
    "base": {"vocab_size": 28996},
    "tiny": {
        "vocab_size": 1000,
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 256,
        "max_position_embeddings": 128,
        # With the usual 0.02 the outputs of so small a model hardly depend on its mask.
        "initializer_range": 0.2,
    },
}


def random_classifier(size, labels):
    config = BertConfig(**CONFIGS[size], attn_implementation=EXPORTED_ATTENTION)
    model = BertClassifier(BertModel(config), labels)
    with torch.no_grad():
        for parameter in model.parameters():
            # Biases of 0 and norms of 1 would hide a missing one, and equal ones are merged.
            if parameter.dim() == 1:
                parameter.add_(0.02 * torch.randn_like(parameter))
    return model
