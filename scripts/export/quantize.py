"""Writes a model with int8 weights, by ONNX Runtime's quantize_dynamic: quantize.py MODEL OUT."""

import sys

from onnxruntime.quantization import QuantType, quantize_dynamic

quantize_dynamic(sys.argv[1], sys.argv[2], weight_type=QuantType.QInt8)
