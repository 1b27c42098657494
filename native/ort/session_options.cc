#include "session_options.h"

#include "path.h"

namespace ort {
namespace {

void AddExternalData(OrtSessionOptions* options, const std::vector<ExternalFile>& files) {
  std::vector<std::filesystem::path> paths;
  std::vector<const ORTCHAR_T*> names;
  std::vector<char*> buffers;
  std::vector<size_t> lengths;
  for (const ExternalFile& file : files) paths.push_back(ToPath(file.path));
  for (size_t i = 0; i < files.size(); ++i) {
    names.push_back(paths[i].c_str());
    buffers.push_back(files[i].data);
    lengths.push_back(files[i].size);
  }
  Check(api().AddExternalInitializersFromFilesInMemory(options, names.data(), buffers.data(), lengths.data(),
                                                       files.size()));
}

}  // namespace

SessionOptionsHandle MakeSessionOptions(const SessionSettings& settings) {
  auto handle = Create<SessionOptionsHandle>(api().CreateSessionOptions);
  OrtSessionOptions* options = handle.get();
  const auto set = [options](auto function, const auto& value) {
    if (value) Check(function(options, *value));
  };
  set(api().SetIntraOpNumThreads, settings.intra_op_num_threads);
  set(api().SetInterOpNumThreads, settings.inter_op_num_threads);
  set(api().SetSessionLogSeverityLevel, settings.log_severity_level);
  set(api().SetSessionLogVerbosityLevel, settings.log_verbosity_level);
  if (settings.graph_optimization_level) {
    Check(api().SetSessionGraphOptimizationLevel(
        options, static_cast<GraphOptimizationLevel>(*settings.graph_optimization_level)));
  }
  if (settings.execution_mode) {
    Check(api().SetSessionExecutionMode(options, static_cast<ExecutionMode>(*settings.execution_mode)));
  }
  // Both are on unless switched off.
  if (settings.enable_cpu_mem_arena == false) Check(api().DisableCpuMemArena(options));
  if (settings.enable_mem_pattern == false) Check(api().DisableMemPattern(options));
  if (settings.log_id) Check(api().SetSessionLogId(options, settings.log_id->c_str()));
  if (settings.optimized_model_file_path) {
    Check(api().SetOptimizedModelFilePath(options, ToPath(*settings.optimized_model_file_path).c_str()));
  }
  if (settings.profile_file_prefix) {
    Check(api().EnableProfiling(options, ToPath(*settings.profile_file_prefix).c_str()));
  }
  for (const auto& [name, size] : settings.free_dimension_overrides) {
    Check(api().AddFreeDimensionOverrideByName(options, name.c_str(), size));
  }
  for (const auto& [key, value] : settings.config) {
    Check(api().AddSessionConfigEntry(options, key.c_str(), value.c_str()));
  }
  if (settings.record_graph_assignment) {
    Check(api().AddSessionConfigEntry(options, "session.record_ep_graph_assignment_info", "1"));
  }
  if (!settings.external_data.empty()) AddExternalData(options, settings.external_data);
  return handle;
}

}  // namespace ort
