// The copies that a binding makes where values share memory.
#pragma once

#include <vector>

#include "device/device.h"
#include "value/state.h"

// A tensor in host memory, of the type and shape of another one.
device::Tensor MakeSecond(const OrtValue* tensor, size_t bytes);

// Tensors in host memory, in this order.
void CopyOnHost(const std::vector<device::Copy>& copies);
