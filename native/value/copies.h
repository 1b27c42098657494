// Copies of tensors.
#pragma once

#include "device/device.h"

// Any thread: copies a tensor into another one of the same type and shape, each at its location.
void CopyTensor(const device::TensorView& from, const device::Location& where, const device::TensorView& to,
                const device::Location& target);
