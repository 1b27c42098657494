#include "telemetry.h"

#include <atomic>
#include <cstdlib>

namespace ort {
namespace {

constexpr const char* kVariable = "ORT_DISABLE_TELEMETRY";

std::atomic<bool> is_allowed = false;
// The variable is ours.
std::atomic<bool> is_set = false;

bool HasVariable() {
  const char* value = std::getenv(kVariable);
  return value != nullptr && *value != '\0';
}

// An empty value removes the variable.
void SetVariable(const char* value) {
#ifdef _WIN32
  _putenv_s(kVariable, value);
#else
  if (*value == '\0') {
    unsetenv(kVariable);
  } else {
    setenv(kVariable, value, 1);
  }
#endif
}

}  // namespace

void AllowTelemetry(bool allowed) {
  is_allowed = allowed;
  if (allowed && is_set) {
    SetVariable("");
    is_set = false;
  } else if (!allowed && !HasVariable()) {
    SetVariable("1");
    is_set = true;
  }
}

bool TelemetryAllowed() { return is_allowed; }

bool DisablesTelemetryEvents() { return is_set; }

}  // namespace ort
