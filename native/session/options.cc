#include "options.h"

#include <string>
#include <vector>

#include "convert.h"
#include "env/log.h"
#include "ort/path.h"
#include "ort/run_options.h"
#include "value/value.h"

namespace {

// A setting as the argument of a C function, for the length of the call.
template <typename T>
struct Argument {
  explicit Argument(Napi::Value value) : number(value.As<Napi::Number>().Int64Value()) {}
  operator T() const { return static_cast<T>(number); }
  int64_t number;
};
template <>
struct Argument<bool> {
  explicit Argument(Napi::Value value) : on(value.As<Napi::Boolean>().Value()) {}
  operator bool() const { return on; }
  bool on;
};
template <>
struct Argument<const char*> {
  explicit Argument(Napi::Value value) : text(ToString(value)) {}
  operator const char*() const { return text.c_str(); }
  std::string text;
};
#ifdef _WIN32
// A path.
template <>
struct Argument<const wchar_t*> {
  explicit Argument(Napi::Value value) : text(ort::ToPath(ToString(value))) {}
  operator const wchar_t*() const { return text.c_str(); }
  ort::Path text;
};
#endif

template <typename Options, typename T>
void Call(OrtStatus*(ORT_API_CALL* setter)(Options*, T), Options* options, Napi::Value value) {
  ort::Check(setter(options, Argument<T>(value)));
}

template <typename Options, typename T>
void Call(OrtStatus*(ORT_API_CALL* setter)(Options*, const char*, T), Options* options, Napi::Value object) {
  for (const auto& [key, value] : ToProperties(object)) {
    ort::Check(setter(options, key.c_str(), Argument<T>(value)));
  }
}

// How a setting reaches ONNX Runtime:
// by a function that takes it, or is called for each property of it;
template <auto setter, typename Options>
void Set(Options* options, Napi::Value value) {
  Call(ort::api().*setter, options, value);
}

// by a function that switches something on or off, called where the setting is `when`;
template <auto function, bool when, typename Options>
void Switch(Options* options, Napi::Value value) {
  if (value.As<Napi::Boolean>().Value() == when) ort::Check((ort::api().*function)(options));
}

// by a function of its own.
void RecordGraphAssignment(OrtSessionOptions* options, Napi::Value value) {
  if (!value.As<Napi::Boolean>().Value()) return;
  ort::Check(ort::api().AddSessionConfigEntry(options, "session.record_ep_graph_assignment_info", "1"));
}

void AddExternalData(OrtSessionOptions* options, Napi::Value files) {
  std::vector<ort::Path> paths;
  std::vector<const ORTCHAR_T*> names;
  std::vector<char*> buffers;
  std::vector<size_t> lengths;
  for (const auto& [path, data] : ToProperties(files)) {
    const Bytes bytes = ToBytes(data);
    paths.push_back(ort::ToPath(path));
    buffers.push_back(static_cast<char*>(bytes.data));
    lengths.push_back(bytes.length);
  }
  if (paths.empty()) return;
  names.reserve(paths.size());
  for (const ort::Path& path : paths) names.push_back(path.c_str());
  ort::Check(ort::api().AddExternalInitializersFromFilesInMemory(options, names.data(), buffers.data(),
                                                                 lengths.data(), paths.size()));
}

void AddInitializers(OrtSessionOptions* options, Napi::Value values) {
  for (const auto& [name, value] : ToProperties(values)) {
    const ValueState& state = *Value::State(value);
    if (state.Borrows()) {
      throw ort::Error("ERR_NOT_SUPPORTED", "initializer '" + name +
                                                "' cannot be a wrapped typed array, which JavaScript can "
                                                "detach: use OrtValue.fromTensor");
    }
    ort::Check(ort::api().AddInitializer(options, name.c_str(), state.handle.get()));
  }
}

// In place of data in other files.
void AddExternalInitializers(OrtSessionOptions* options, Napi::Value values) {
  AddInitializers(options, values);
  for (const auto& [name, value] : ToProperties(values)) {
    const char* const names[] = {name.c_str()};
    const OrtValue* const given[] = {Value::State(value)->handle.get()};
    ort::Check(ort::api().AddExternalInitializers(options, names, given, 1));
  }
}

void RegisterCustomOps(OrtSessionOptions* options, Napi::Value paths) {
  const auto array = paths.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const ort::Path path = ort::ToPath(ToString(array[i]));
    ort::Check(ort::api().RegisterCustomOpsLibrary_V2(options, path.c_str()));
  }
}

void EnableRunProfiling(OrtRunOptions* options, Napi::Value prefix) {
  if (ort::api().RunOptionsEnableProfiling == nullptr) {
    throw ort::Error("ERR_NOT_SUPPORTED", "profiling of a run needs ONNX Runtime 1.25 or newer");
  }
  Set<&ort::Api::RunOptionsEnableProfiling>(options, prefix);
}

template <typename Options>
struct Row {
  const char* name;
  void (*apply)(Options* options, Napi::Value value);
};

constexpr Row<OrtSessionOptions> kSessionOptions[] = {
    {"intraOpNumThreads", Set<&ort::Api::SetIntraOpNumThreads>},
    {"interOpNumThreads", Set<&ort::Api::SetInterOpNumThreads>},
    {"graphOptimizationLevel", Set<&ort::Api::SetSessionGraphOptimizationLevel>},
    {"executionMode", Set<&ort::Api::SetSessionExecutionMode>},
    {"logId", Set<&ort::Api::SetSessionLogId>},
    {"logSeverityLevel", Set<&ort::Api::SetSessionLogSeverityLevel>},
    {"logVerbosityLevel", Set<&ort::Api::SetSessionLogVerbosityLevel>},
    {"enableCpuMemArena", Switch<&ort::Api::DisableCpuMemArena, false>},
    {"enableMemPattern", Switch<&ort::Api::DisableMemPattern, false>},
    {"optimizedModelFilePath", Set<&ort::Api::SetOptimizedModelFilePath>},
    {"profileFilePrefix", Set<&ort::Api::EnableProfiling>},
    {"freeDimensionOverrides", Set<&ort::Api::AddFreeDimensionOverrideByName>},
    {"freeDimensionOverridesByDenotation", Set<&ort::Api::AddFreeDimensionOverride>},
    {"useDeterministicCompute", Set<&ort::Api::SetDeterministicCompute>},
    {"config", Set<&ort::Api::AddSessionConfigEntry>},
    {"recordGraphAssignment", RecordGraphAssignment},
    {"externalData", AddExternalData},
    {"initializers", AddInitializers},
    {"externalInitializers", AddExternalInitializers},
    {"customOpLibraries", RegisterCustomOps},
    {"sharedThreads", Switch<&ort::Api::DisablePerSessionThreads, true>},
    {"providerSelectionPolicy", Set<&ort::Api::SessionOptionsSetEpSelectionPolicy>},
};

constexpr Row<OrtRunOptions> kRunOptions[] = {
    {"logSeverityLevel", Set<&ort::Api::RunOptionsSetRunLogSeverityLevel>},
    {"logVerbosityLevel", Set<&ort::Api::RunOptionsSetRunLogVerbosityLevel>},
    {"tag", Set<&ort::Api::RunOptionsSetRunTag>},
    {"terminate", Switch<&ort::Api::RunOptionsSetTerminate, true>},
    {"config", Set<&ort::Api::AddRunConfigEntry>},
    {"profileFilePrefix", EnableRunProfiling},
};

template <typename Options, size_t count>
void Apply(const Row<Options> (&rows)[count], Options* options, Napi::Object settings) {
  for (const Row<Options>& row : rows) {
    const Napi::Value value = settings.Get(row.name);
    if (!value.IsUndefined()) row.apply(options, value);
  }
}

}  // namespace

ort::SessionOptionsHandle ToSessionOptions(Napi::Object settings) {
  auto options = ort::Create<ort::SessionOptionsHandle>(ort::api().CreateSessionOptions);
  SendSessionLog(options.get());
  Apply(kSessionOptions, options.get(), settings);
  return options;
}

ort::RunOptionsHandle ToRunOptions(Napi::Object settings) {
  auto options = ort::MakeRunOptions();
  Apply(kRunOptions, options.get(), settings);
  return options;
}

bool ShrinksArena(Napi::Object settings) {
  const Napi::Value config = settings.Get("config");
  return config.IsObject() && config.As<Napi::Object>().Has("memory.enable_memory_arena_shrinkage");
}
