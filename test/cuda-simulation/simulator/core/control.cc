#include "core/control.h"

#include <cstdio>

#include "core/fault.h"
#include "core/state.h"

using namespace sim;

void cudasim_arm(const char* fail) {
  const std::lock_guard lock(state().mutex);
  ArmedFault() = ParseFault(fail);
}

void cudasim_null(int on) { sim::null_mode = on != 0; }
void cudasim_interleave(unsigned seed) { state().interleave = seed; }
void cudasim_reset() {
  const std::lock_guard lock(state().mutex);
  state().counts.clear();
  state().violations.clear();
}

std::size_t cudasim_count(const char* name) {
  const std::lock_guard lock(state().mutex);
  const auto found = state().counts.find(name);
  return found != state().counts.end() ? found->second : 0;
}

void cudasim_print(const char* title) {
  const std::lock_guard lock(state().mutex);
  std::fprintf(stderr, "== %s\n", title);
  for (const auto& [name, count] : state().counts) {
    std::fprintf(stderr, "   %-48s %llu\n", name.c_str(), static_cast<unsigned long long>(count));
  }
}

std::size_t cudasim_violations() { return state().violations.size(); }
std::size_t cudasim_violation(std::size_t index, char* text, std::size_t capacity) {
  const std::lock_guard lock(state().mutex);
  if (index >= state().violations.size()) return 0;
  std::snprintf(text, capacity, "%s", state().violations[index].c_str());
  return state().violations[index].size();
}
