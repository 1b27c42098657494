// Resolved run options, and the OrtRunOptions made of them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "handles.h"

namespace ort {

struct RunSettings {
  std::optional<int> log_severity_level;
  std::optional<int> log_verbosity_level;
  std::optional<std::string> tag;
  bool terminate = false;
  std::vector<std::pair<std::string, std::string>> config;  // AddRunConfigEntry
};

inline RunOptionsHandle MakeRunOptions(const RunSettings& settings = {}) {
  auto handle = Create<RunOptionsHandle>(api().CreateRunOptions);
  OrtRunOptions* options = handle.get();
  if (settings.log_severity_level) {
    Check(api().RunOptionsSetRunLogSeverityLevel(options, *settings.log_severity_level));
  }
  if (settings.log_verbosity_level) {
    Check(api().RunOptionsSetRunLogVerbosityLevel(options, *settings.log_verbosity_level));
  }
  if (settings.tag) Check(api().RunOptionsSetRunTag(options, settings.tag->c_str()));
  if (settings.terminate) Check(api().RunOptionsSetTerminate(options));
  for (const auto& [key, value] : settings.config) {
    Check(api().AddRunConfigEntry(options, key.c_str(), value.c_str()));
  }
  return handle;
}

}  // namespace ort
