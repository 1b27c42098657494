"""Checks the GPU code of the base's CUDA provider: check-provider.py KIT NVDISASM

The headers of its fatbins are well-formed, and NVIDIA's disassembler reads every kernel. A driver may still refuse it.
"""

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

kit, nvdisasm = Path(sys.argv[1]), sys.argv[2]
sys.path.append(str(kit))
import fatbin  # noqa: E402

CUBIN = 2
data = (kit / "ort" / "libonnxruntime_providers_cuda.so").read_bytes()
zstd = fatbin.Zstd(str(kit / "lib" / "libzstd.so.1"))
offset, size = fatbin.section(data)
regions = list(fatbin.regions(data, offset, size))  # raises where a header is malformed
entries = [entry for _, found, _ in regions for entry in found]
print(f"{len(regions)} fatbins, {len(entries)} entries, architectures {sorted({one['arch'] for _, one in entries})}")

_, length = fatbin.section(data, ".nvFatBinSegment")
print(f"{length // 24} wrappers in .nvFatBinSegment, one for each fatbin")


def disassemble(entry):
    position, head = entry
    begin = position + head["head"]
    code = data[begin : begin + head["size"]]
    if head["flags"] & fatbin.ZSTD_FLAG:
        code = zstd.decompress(code, head["plain"])
    if head["kind"] != CUBIN:
        return "not a cubin", 0
    if code[:4] != b"\x7fELF":
        return f"entry at {position:#x}: not ELF", 0
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(code)
        file.flush()
        done = subprocess.run([nvdisasm, "-c", file.name], capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        return f"entry at {position:#x}: {done.stderr.decode().strip()}", 0
    lines = done.stdout.splitlines()
    return "read", sum(line.startswith(b".text.") and line.endswith(b":") for line in lines)


with ThreadPoolExecutor(2) as pool:
    results = list(pool.map(disassemble, entries))
kinds = {}
for outcome, _ in results:
    kinds[outcome] = kinds.get(outcome, 0) + 1
kernels = sum(count for _, count in results)
for outcome, count in sorted(kinds.items()):
    print(f"{count} {outcome}")
print(f"{kernels} functions disassembled")
sys.exit(0 if set(kinds) == {"read"} and kernels > 0 else 1)
