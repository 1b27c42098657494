"""Takes Node out of a packed base, into an archive that travels with the pack: split-base.py PART OUT

So neither transfer is near its limit. The base's own doctor needs no Node. PART is changed in place.
"""

import hashlib
import io
import json
import lzma
import sys
import tarfile
from pathlib import Path

part, out = Path(sys.argv[1]), Path(sys.argv[2])
NODE = "node/"
# As the base is packed: the first filter is for machine code.
FILTERS = [{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 128 << 20}]


def pack(entries, path):
    with lzma.open(path, "w", check=lzma.CHECK_CRC32, filters=FILTERS) as xz:
        with tarfile.open(fileobj=xz, mode="w|", format=tarfile.USTAR_FORMAT) as target:
            for entry, content in entries:
                target.addfile(entry, io.BytesIO(content))


manifest = json.loads((part / "kit.json").read_text())
runtime = next(stream for stream in manifest["streams"] if stream["name"] == "runtime")
chunks = [part / chunk["file"] for chunk in runtime["chunks"]]
packed = b"".join(chunk.read_bytes() for chunk in chunks)
with tarfile.open(fileobj=io.BytesIO(lzma.decompress(packed))) as source:
    entries = [(entry, source.extractfile(entry).read()) for entry in source if entry.isfile()]
node = [one for one in entries if one[0].name.startswith(NODE)]
if not node:
    sys.exit(f"split-base.py: {part} contains no {NODE}: expected a base of the kit that has Node")
pack(node, out)

for chunk in chunks:
    chunk.unlink()
rest = part / "runtime.new"
pack([one for one in entries if not one[0].name.startswith(NODE)], rest)
content = rest.read_bytes()
digest = hashlib.sha256(content).hexdigest()
name = f"runtime-{digest[:12]}.00"
rest.rename(part / name)
chunk = {"file": name, "part": runtime["chunks"][0]["part"], "size": len(content), "sha256": digest}
runtime.update(size=len(content), chunks=[chunk])
(part / "kit.json").write_text(json.dumps(manifest, indent=1) + "\n")
sums = [
    f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
    for file in sorted(part.iterdir())
    if file.name != "SHA256SUMS"
]
(part / "SHA256SUMS").write_text("".join(sums))
