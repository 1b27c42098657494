// OrtRunOptions with config entries.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "handles.h"

namespace ort {

inline void AddEntries(OrtRunOptions* options,
                       const std::vector<std::pair<std::string, std::string>>& config) {
  for (const auto& [key, value] : config) {
    Check(api().AddRunConfigEntry(options, key.c_str(), value.c_str()));
  }
}

inline RunOptionsHandle MakeRunOptions() { return Create<RunOptionsHandle>(api().CreateRunOptions); }

}  // namespace ort
