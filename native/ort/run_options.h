// OrtRunOptions with config entries.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "handles.h"

namespace ort {

inline RunOptionsHandle MakeRunOptions(const std::vector<std::pair<std::string, std::string>>& config = {}) {
  auto options = Create<RunOptionsHandle>(api().CreateRunOptions);
  for (const auto& [key, value] : config) {
    Check(api().AddRunConfigEntry(options.get(), key.c_str(), value.c_str()));
  }
  return options;
}

}  // namespace ort
