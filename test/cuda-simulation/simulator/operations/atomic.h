// Atomic operations, a kind of memory instructions.
#pragma once

#include "operations/address.h"

namespace sim {

Handler AtomicHandlerOf(Instr& i);

}  // namespace sim
