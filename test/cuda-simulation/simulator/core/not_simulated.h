// Functions that a library must export and that fail, with a message.
#pragma once

#include <cstdio>

#include "core/error.h"
#define NOT_SIMULATED(name, status)                                \
  SIM_EXPORT int name() {                                          \
    std::fprintf(stderr, "cudasim: " #name " is not simulated\n"); \
    return status;                                                 \
  }
