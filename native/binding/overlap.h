// Whether two values share memory, and the copies that a binding makes for that.
#pragma once

#include <vector>

#include "device/device.h"
#include "value/state.h"

enum class Overlap { kNone, kPartial, kSame };

Overlap OverlapOf(const ValueState& one, const ValueState& other);

// A tensor in host memory, of the type and shape of another one.
device::Tensor MakeSecond(const OrtValue* tensor, size_t bytes);

// Tensors in host memory, in this order.
void CopyOnHost(const std::vector<device::Copy>& copies);
