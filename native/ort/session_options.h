// Resolved session options, and the OrtSessionOptions made of them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "handles.h"

namespace ort {

// The bytes are the caller's, and stay until the session is made.
struct ExternalFile {
  std::string path;
  char* data;
  size_t size;
};

// The execution provider of a session with a device, and its options under ONNX Runtime's own keys.
struct ProviderSettings {
  std::string name;
  int device_id;
  std::vector<std::pair<std::string, std::string>> options;
};

// Every field was validated by the facade; an empty optional leaves ONNX Runtime's own default.
struct SessionSettings {
  std::optional<int> intra_op_num_threads;
  std::optional<int> inter_op_num_threads;
  std::optional<int> graph_optimization_level;
  std::optional<int> execution_mode;
  std::optional<int> log_severity_level;
  std::optional<int> log_verbosity_level;
  std::optional<bool> enable_cpu_mem_arena;
  std::optional<bool> enable_mem_pattern;
  std::optional<std::string> log_id;
  std::optional<std::string> optimized_model_file_path;
  std::optional<std::string> profile_file_prefix;  // set: profiling is on
  std::vector<std::pair<std::string, int64_t>> free_dimension_overrides;
  std::vector<std::pair<std::string, std::string>> config;  // AddSessionConfigEntry
  std::vector<ExternalFile> external_data;
  std::optional<ProviderSettings> provider;  // appended by its device
  bool enable_graph_capture = false;
  bool record_graph_assignment = false;
  bool blocking_wait = false;
};

SessionOptionsHandle MakeSessionOptions(const SessionSettings& settings);

}  // namespace ort
