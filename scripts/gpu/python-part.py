"""Takes the Python part of ONNX Runtime's GPU wheel, without the libraries that the base has: python-part.py WHEEL OUT"""

import io
import re
import sys
import tarfile
import zipfile

wheel, out = sys.argv[1:]
# TensorRT's provider is not used; the Python module holds ONNX Runtime itself.
LIBRARIES = re.compile(r"/libonnxruntime(_providers_\w+)?\.so")
UNUSED = re.compile(r"^onnxruntime/(tools|transformers|quantization|datasets)/")
with zipfile.ZipFile(wheel) as source, tarfile.open(out, "w:xz") as target:
    for entry in source.infolist():
        if entry.is_dir() or LIBRARIES.search(entry.filename) or UNUSED.search(entry.filename):
            continue
        info = tarfile.TarInfo(entry.filename)
        info.size, info.mode = entry.file_size, 0o644
        target.addfile(info, io.BytesIO(source.read(entry)))
