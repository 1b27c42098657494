"""Exports a text classifier: BERT with the sizes of bert-base-cased, its pooled output and a linear head.

    python scripts/export/export_bert.py --out bert.onnx
    python scripts/export/export_bert.py --size tiny --exporter legacy --out tiny.onnx

input_0 are token ids [batch_size, sequence], input_1 is the attention mask, output_0 the labels' scores.
"""

import argparse
from pathlib import Path

import torch
from transformers import BertModel

from bert_classifier import EXPORTED_ATTENTION, BertClassifier, random_classifier
from exporting import Export, ExportError, add_arguments, run


def make(arguments):
    model = pretrained(arguments) if arguments.pretrained else None
    model = (model or random_classifier(arguments.size, arguments.labels)).eval()
    if arguments.half:
        model.half()
    if arguments.torch:
        save_module(model, arguments.torch)
    config, fixed = model.bert.config, arguments.fixed_sequence
    if fixed and fixed > config.max_position_embeddings:
        longest = config.max_position_embeddings
        raise ExportError(f"--fixed-sequence {fixed} is longer than the model's longest, {longest}")
    axes = {0: "batch_size"} if fixed else {0: "batch_size", 1: "sequence"}
    shapes = [(2, 16), (1, 32), (3, 24), (1, 1), (5, config.max_position_embeddings)]
    traced, *further = [sample(batch, fixed or sequence, config.vocab_size) for batch, sequence in shapes]
    return Export(
        model,
        traced,
        ["input_0", "input_1"],
        ["output_0"],
        {"input_0": axes, "input_1": axes, "output_0": {0: "batch_size"}},
        further,
        **({"rtol": 1e-2, "atol": 1e-2} if arguments.half else {}),
    )


def sample(batch, sequence, vocabulary):
    """Token ids, and a mask with padding at the end of every row but the first."""
    ids = torch.randint(1, vocabulary, (batch, sequence))
    mask = torch.ones_like(ids)
    for row in range(1, batch):
        length = int(torch.randint(1, sequence + 1, ()))
        ids[row, length:] = mask[row, length:] = 0
    return ids, mask


def pretrained(arguments):
    try:
        bert = BertModel.from_pretrained(arguments.pretrained, attn_implementation=EXPORTED_ATTENTION)
    except OSError as error:
        reason = str(error).splitlines()[0]
        print(f"{arguments.pretrained} could not be loaded, random weights instead: {reason}")
        return None
    return BertClassifier(bert, arguments.labels)


def save_module(model, path):
    """For benchmarks: the module with transformers' default attention, which is fused."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    model.bert.set_attn_implementation("sdpa")
    torch.save(model, path)
    model.bert.set_attn_implementation(EXPORTED_ATTENTION)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_arguments(parser)
    parser.add_argument("--size", choices=("base", "tiny"), default="base", help="default: base")
    parser.add_argument("--labels", type=int, default=2, help="of the classifier (default: 2)")
    parser.add_argument(
        "--pretrained",
        nargs="?",
        const="bert-base-cased",
        metavar="NAME",
        help="weights from the Hugging Face hub (bert-base-cased); random ones where they cannot be downloaded",
    )
    parser.add_argument("--fixed-sequence", type=int, metavar="N", help="leave only batch_size dynamic")
    parser.add_argument("--half", action="store_true", help="float16 weights, for CUDA")
    parser.add_argument("--torch", metavar="FILE", help="also save the module by torch.save")
    arguments = parser.parse_args()
    run(arguments, lambda: make(arguments))


if __name__ == "__main__":
    main()
