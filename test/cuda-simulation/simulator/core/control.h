// For tests: what was called, what is alive, what was wrong.
#pragma once

#include <cstddef>

#include "core/error.h"

// Sets what CUDASIM_FAIL sets.
SIM_EXPORT void cudasim_arm(const char* fail);
SIM_EXPORT void cudasim_reset();
SIM_EXPORT void cudasim_null(int on);
SIM_EXPORT void cudasim_interleave(unsigned seed);
SIM_EXPORT std::size_t cudasim_count(const char* name);
SIM_EXPORT void cudasim_print(const char* title);
SIM_EXPORT std::size_t cudasim_violations();
SIM_EXPORT std::size_t cudasim_violation(std::size_t index, char* text, std::size_t capacity);
