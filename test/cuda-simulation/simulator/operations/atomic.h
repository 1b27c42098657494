// Atomic operations, a kind of memory instructions.
#pragma once

#include "operations/address.h"

namespace sim {

Handler FindAtomicHandler(Instr& i);

}  // namespace sim
