#include "convert.h"

#include <limits>

#include "ort/strings.h"

namespace {

void Check(Napi::Env env, napi_status status) {
  if (status != napi_ok) throw Napi::Error::New(env);
}

template <typename T>
std::optional<T> Optional(Napi::Object object, const char* key) {
  const Napi::Value value = object.Get(key);
  if (value.IsUndefined()) return std::nullopt;
  if constexpr (std::is_same_v<T, bool>) {
    return value.As<Napi::Boolean>().Value();
  } else if constexpr (std::is_same_v<T, std::string>) {
    return value.As<Napi::String>().Utf8Value();
  } else {
    return value.As<Napi::Number>().Int32Value();
  }
}

// Own properties of an object of strings, in order; an absent object has none.
template <typename Add>
void ForEach(Napi::Value value, Add add) {
  if (value.IsUndefined()) return;
  const auto object = value.As<Napi::Object>();
  napi_value names = nullptr;
  Check(value.Env(),
        napi_get_all_property_names(value.Env(), object, napi_key_own_only,
                                    static_cast<napi_key_filter>(napi_key_enumerable | napi_key_skip_symbols),
                                    napi_key_numbers_to_strings, &names));
  const Napi::Array keys(value.Env(), names);
  for (uint32_t i = 0; i < keys.Length(); ++i) {
    const Napi::Value key = keys[i];
    add(key.As<Napi::String>().Utf8Value(), object.Get(key));
  }
}

size_t ElementSize(napi_typedarray_type type) {
  switch (type) {
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    default:
      return 1;
  }
}

}  // namespace

std::vector<int64_t> ToDims(Napi::Value value) {
  const auto array = value.As<Napi::Array>();
  std::vector<int64_t> dims(array.Length());
  for (uint32_t i = 0; i < dims.size(); ++i) {
    dims[i] = static_cast<Napi::Value>(array[i]).As<Napi::Number>().Int64Value();
  }
  return dims;
}

Napi::Array FromDims(Napi::Env env, const std::vector<int64_t>& dims) {
  const auto array = Napi::Array::New(env, dims.size());
  for (uint32_t i = 0; i < dims.size(); ++i)
    array.Set(i, Napi::Number::New(env, static_cast<double>(dims[i])));
  return array;
}

std::vector<std::pair<std::string, std::string>> ToEntries(Napi::Value object) {
  std::vector<std::pair<std::string, std::string>> entries;
  ForEach(object, [&entries](std::string key, Napi::Value value) {
    entries.emplace_back(std::move(key), value.As<Napi::String>().Utf8Value());
  });
  return entries;
}

device::Location ToLocation(Napi::Value name, Napi::Value id) {
  constexpr std::string_view kPinned = "-pinned";
  std::string device = name.As<Napi::String>().Utf8Value();
  if (device == "cpu") return {};
  const bool pinned = device.ends_with(kPinned);
  if (pinned) device.resize(device.size() - kPinned.size());
  return {&device::Open(device, id.As<Napi::Number>().Int32Value(), {}), pinned};
}

ort::SessionSettings ToSessionSettings(Napi::Object options) {
  ort::SessionSettings settings;
  settings.intra_op_num_threads = Optional<int>(options, "intraOpNumThreads");
  settings.inter_op_num_threads = Optional<int>(options, "interOpNumThreads");
  settings.graph_optimization_level = Optional<int>(options, "graphOptimizationLevel");
  settings.execution_mode = Optional<int>(options, "executionMode");
  settings.log_severity_level = Optional<int>(options, "logSeverityLevel");
  settings.log_verbosity_level = Optional<int>(options, "logVerbosityLevel");
  settings.enable_cpu_mem_arena = Optional<bool>(options, "enableCpuMemArena");
  settings.enable_mem_pattern = Optional<bool>(options, "enableMemPattern");
  settings.log_id = Optional<std::string>(options, "logId");
  settings.optimized_model_file_path = Optional<std::string>(options, "optimizedModelFilePath");
  settings.profile_file_prefix = Optional<std::string>(options, "profileFilePrefix");
  ForEach(options.Get("freeDimensionOverrides"), [&](std::string name, Napi::Value size) {
    settings.free_dimension_overrides.emplace_back(std::move(name), size.As<Napi::Number>().Int64Value());
  });
  settings.config = ToEntries(options.Get("config"));
  if (options.Get("provider").IsObject()) {
    const auto provider = options.Get("provider").As<Napi::Object>();
    settings.provider = {provider.Get("name").As<Napi::String>().Utf8Value(),
                         provider.Get("deviceId").As<Napi::Number>().Int32Value(),
                         ToEntries(provider.Get("options"))};
  }
  settings.enable_graph_capture = Optional<bool>(options, "enableGraphCapture").value_or(false);
  settings.record_graph_assignment = Optional<bool>(options, "recordGraphAssignment").value_or(false);
  settings.blocking_wait = Optional<bool>(options, "blockingWait").value_or(false);
  ForEach(options.Get("externalData"), [&](std::string path, Napi::Value view) {
    const Bytes bytes = ToBytes(view);
    settings.external_data.push_back({std::move(path), static_cast<char*>(bytes.data), bytes.length});
  });
  return settings;
}

ort::RunSettings ToRunSettings(Napi::Object options) {
  ort::RunSettings settings;
  settings.log_severity_level = Optional<int>(options, "logSeverityLevel");
  settings.log_verbosity_level = Optional<int>(options, "logVerbosityLevel");
  settings.tag = Optional<std::string>(options, "tag");
  settings.terminate = Optional<bool>(options, "terminate").value_or(false);
  settings.config = ToEntries(options.Get("config"));
  return settings;
}

Napi::Array FromValueInfos(Napi::Env env, const std::vector<ort::ValueInfo>& values) {
  const auto array = Napi::Array::New(env, values.size());
  for (uint32_t i = 0; i < values.size(); ++i) {
    const ort::ValueInfo& value = values[i];
    const auto shape = Napi::Array::New(env, value.dims.size());
    for (uint32_t d = 0; d < value.dims.size(); ++d) {
      const ort::Dimension& dim = value.dims[d];
      if (dim.size >= 0) {
        shape.Set(d, Napi::Number::New(env, static_cast<double>(dim.size)));
      } else {
        shape.Set(d, Napi::String::New(env, dim.name));
      }
    }
    const auto object = Napi::Object::New(env);
    object.Set("name", value.name);
    object.Set("kind", static_cast<int>(value.kind));
    object.Set("type", static_cast<int>(value.type));
    if (value.has_shape) object.Set("shape", shape);
    array.Set(i, object);
  }
  return array;
}

Napi::Object FromModelMetadata(Napi::Env env, const ort::ModelMetadata& metadata) {
  const auto object = Napi::Object::New(env);
  object.Set("producerName", metadata.producer_name);
  object.Set("graphName", metadata.graph_name);
  object.Set("graphDescription", metadata.graph_description);
  object.Set("domain", metadata.domain);
  object.Set("description", metadata.description);
  // ONNX Runtime's value for a model that states none.
  if (metadata.version != std::numeric_limits<int64_t>::max()) {
    object.Set("version", static_cast<double>(metadata.version));
  }
  const auto custom = Napi::Object::New(env);
  for (const auto& [key, value] : metadata.custom) custom.Set(key, value);
  object.Set("customMetadata", custom);
  return object;
}

Bytes ToBytes(Napi::Value view) {
  napi_typedarray_type type{};
  size_t length = 0;
  Bytes bytes{};
  if (napi_get_typedarray_info(view.Env(), view, &type, &length, &bytes.data, nullptr, nullptr) != napi_ok) {
    throw ort::Error("ERR_INVALID_ARG_TYPE", "expected a typed array");
  }
  bytes.length = length * ElementSize(type);
  return bytes;
}

Napi::Value BufferOf(Napi::Value view) {
  napi_value buffer = nullptr;
  Check(view.Env(), napi_get_typedarray_info(view.Env(), view, nullptr, nullptr, nullptr, &buffer, nullptr));
  return {view.Env(), buffer};
}

Napi::Array ReadStrings(Napi::Env env, const OrtValue* tensor, size_t count) {
  const auto array = Napi::Array::New(env, count);
  if (count == 0) return array;
  const ort::StringContent content = ort::ReadStrings(tensor, count);
  for (uint32_t i = 0; i < count; ++i) {
    const std::string_view text = content[i];
    array.Set(i, Napi::String::New(env, text.data(), text.size()));
  }
  return array;
}

void WriteStrings(OrtValue* tensor, size_t count, Napi::Array strings) {
  if (strings.Length() != count) {
    throw ort::Error("ERR_INVALID_LENGTH", "expected " + std::to_string(count) + " strings, got " +
                                               std::to_string(strings.Length()));
  }
  // All are checked before the first is written, so that a failure leaves the tensor as it was.
  for (uint32_t i = 0; i < count; ++i) {
    const Napi::Value text = strings[i];
    if (!text.IsString()) {
      throw ort::Error("ERR_INVALID_ARG_TYPE", "element " + std::to_string(i) + " is not a string");
    }
  }
  for (uint32_t i = 0; i < count; ++i) {
    ort::WriteString(tensor, i, static_cast<Napi::Value>(strings[i]).As<Napi::String>().Utf8Value());
  }
}
