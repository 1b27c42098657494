// Copies of tensors, from any memory to any.
#pragma once

#include "value.h"

// From one memory to another of the same type and shape. Any thread.
void CopyTensor(const device::TensorView& from, const device::Location& from_where,
                const device::TensorView& to, const device::Location& to_where);
