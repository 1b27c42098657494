// The kernel of ONNX Runtime's CUDA provider that fills memory with a number: (float* memory, float value,
// int count), by blocks of 256 threads with four elements each.
#pragma once

extern const void* const fill_kernel;

// Registers it from the provider's file, as a program of nvcc registers its own; false where it is not found.
// The provider itself cannot be loaded without ONNX Runtime.
bool RegisterFill(const char* provider);
