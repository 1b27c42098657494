"""Makes BERT-base for a GPU, in fp32 and fp16, for ONNX Runtime and for torch: make-bert.py FOLDER

As export_bert.py does, without its check on the CPU, which takes minutes in fp16: the race compares the outputs.
"""

import sys
from argparse import Namespace
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parents[1] / "export"))
from export_bert import make  # noqa: E402
from exporting import convert  # noqa: E402

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name, half in (("bert", False), ("bert-half", True)):
    torch.manual_seed(0)
    # The race needs both files: the model appears when the module exists.
    made = folder / f"{name}.part.onnx"
    spec = make(
        Namespace(size="base", labels=2, pretrained=None, fixed_sequence=None, half=half, torch=folder / f"{name}.pt")
    )
    for note in convert(spec, made, "legacy", verbose=False):
        print(f"NOTE: {note}")
    made.rename(folder / f"{name}.onnx")
    print(f"{name}.onnx made", flush=True)
