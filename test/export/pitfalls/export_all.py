"""Exports every module of modules.py and arguments.py with both exporters: the fixtures of the tests.

    python test/export/pitfalls/export_all.py --out test/export/fixtures

PITFALL.EXPORTER.onnx is the model, PITFALL.EXPORTER.json what torch computes. `findings.json` holds the exporters'
warnings and what the check found wrong, `refused.json` the exporters' refusals.
"""

import argparse
import json
import sys
import warnings
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parents[3] / "scripts" / "export"))
from export_check import check
from export_samples import write_sample
from export_spec import first_line
from exporting import EXPORTERS, ExportError, convert
from registry import PITFALLS
import arguments  # noqa: F401  each registers its modules
import modules  # noqa: F401


def export_all(folder):
    findings, refused = {}, {}
    for name, one in sorted(PITFALLS.items()):
        for exporter in EXPORTERS:
            title = f"{name}.{exporter}"
            torch.manual_seed(0)
            spec, path = one.make(), folder / f"{title}.onnx"
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                warnings.simplefilter("ignore", DeprecationWarning)  # which every legacy export has
                try:
                    notes = convert(spec, path, exporter, verbose=False, **one.options)
                except ExportError as error:
                    refused[title] = first_line(error)
                    print(f"{title}: {error}")
                    continue
            print(f"{title}:")
            expected, wrong = check(spec, path)
            write_sample(spec, expected, folder / f"{title}.json")
            findings[title] = {"warnings": distinct(caught), "notes": notes, "wrong": wrong}
            for kind, lines in findings[title].items():
                for line in lines:
                    print(f"  {kind}: {line}")
    return findings, refused


def distinct(caught):
    texts = [f"{one.category.__name__}: {str(one.message).strip().splitlines()[0]}" for one in caught]
    return list(dict.fromkeys(texts))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="test/export/fixtures")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    findings, refused = export_all(folder)
    for name, content in (("findings", findings), ("refused", refused)):
        (folder / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
