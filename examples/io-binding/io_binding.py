"""IO binding side by side with io-binding.mjs: python io_binding.py [cpu|cuda] [MODEL]"""

import json
import pathlib
import sys

import numpy
import onnxruntime

DEVICE = sys.argv[1] if len(sys.argv) > 1 else "cpu"
HERE = pathlib.Path(__file__).parent
MODEL = sys.argv[2] if len(sys.argv) > 2 else str(HERE / "../models/language.onnx")
PROVIDERS = {"cpu": ["CPUExecutionProvider"], "cuda": ["CUDAExecutionProvider", "CPUExecutionProvider"]}

# Two texts as token ids. The second is shorter and padded: its mask is zero there.
ids = numpy.array([[101, 7, 42, 9, 210, 102], [101, 23, 5, 102, 0, 0]], dtype=numpy.int64)
mask = numpy.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]], dtype=numpy.int64)

# [session]
session = onnxruntime.InferenceSession(MODEL, providers=PROVIDERS[DEVICE])
# [binding]
binding = session.io_binding()
# [inputs]
input_0 = onnxruntime.OrtValue.ortvalue_from_numpy(ids, DEVICE, 0)
input_1 = onnxruntime.OrtValue.ortvalue_from_numpy(mask, DEVICE, 0)
binding.bind_ortvalue_input("input_0", input_0)
binding.bind_ortvalue_input("input_1", input_1)
# [output]
binding.bind_output("output_0")
# [run]
session.run_with_iobinding(binding)
# [result]
logits = binding.copy_outputs_to_cpu()[0]
# [again]
input_0.update_inplace(ids[:, ::-1].copy())
session.run_with_iobinding(binding)
reversed_logits = binding.copy_outputs_to_cpu()[0]
# [end]

print(json.dumps({"providers": session.get_providers(), "first": logits.tolist(), "second": reversed_logits.tolist()}))
