#include "convert.h"

#include <iterator>
#include <limits>

#include "env/js_error.h"
#include "ort/strings.h"

namespace {

// By napi_typedarray_type: Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array,
// Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array.
constexpr size_t kElementSizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};

// V8 ends the process for an array that is longer: FixedArray::kMaxLength, less than 2^27.
constexpr size_t kMaxStrings = (size_t{1} << 27) - 128;

// A dynamic dimension's name in place of its size.
Napi::Array FromDimensions(Napi::Env env, const std::vector<ort::Dimension>& dims) {
  return MakeArray(env, dims.size(), [&](uint32_t i) -> Napi::Value {
    if (dims[i].size < 0) return Napi::String::New(env, dims[i].name);
    return Napi::Number::New(env, static_cast<double>(dims[i].size));
  });
}

}  // namespace

ONNXTensorElementDataType ToElementType(Napi::Value value) {
  return static_cast<ONNXTensorElementDataType>(value.As<Napi::Number>().Int32Value());
}

std::vector<int64_t> ToDims(Napi::Value array) {
  const auto numbers = array.As<Napi::Array>();
  std::vector<int64_t> dims(numbers.Length());
  for (uint32_t i = 0; i < dims.size(); ++i) {
    dims[i] = static_cast<Napi::Value>(numbers[i]).As<Napi::Number>().Int64Value();
  }
  return dims;
}

std::vector<int> ToIds(Napi::Value array) {
  std::vector<int> ids;
  if (!array.IsArray()) return ids;
  const auto numbers = array.As<Napi::Array>();
  for (uint32_t i = 0; i < numbers.Length(); ++i) {
    const Napi::Value number = numbers[i];
    ids.push_back(number.As<Napi::Number>().Int32Value());
  }
  return ids;
}

Napi::Array FromDims(Napi::Env env, const std::vector<int64_t>& dims) {
  return MakeArray(env, dims.size(), [&](uint32_t i) { return static_cast<double>(dims[i]); });
}

std::vector<std::pair<std::string, Napi::Value>> ToProperties(Napi::Value object) {
  std::vector<std::pair<std::string, Napi::Value>> properties;
  if (object.IsUndefined()) return properties;
  napi_value names = nullptr;
  CheckStatus(object.Env(), napi_get_all_property_names(
                                object.Env(), object, napi_key_own_only,
                                static_cast<napi_key_filter>(napi_key_enumerable | napi_key_skip_symbols),
                                napi_key_numbers_to_strings, &names));
  const Napi::Array keys(object.Env(), names);
  for (uint32_t i = 0; i < keys.Length(); ++i) {
    const Napi::Value key = keys[i];
    properties.emplace_back(ToString(key), object.As<Napi::Object>().Get(key));
  }
  return properties;
}

std::vector<std::pair<std::string, std::string>> ToEntries(Napi::Value object_of_strings) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto& [key, value] : ToProperties(object_of_strings)) entries.emplace_back(key, ToString(value));
  return entries;
}

device::Location ToLocation(Napi::Value name, Napi::Value id) {
  constexpr std::string_view kPinned = "-pinned";
  std::string device = ToString(name);
  if (device == "cpu") return {};
  const bool pinned = device.ends_with(kPinned);
  if (pinned) device.resize(device.size() - kPinned.size());
  return {&device::Open(device, id.As<Napi::Number>().Int32Value(), {}), pinned};
}

Napi::Array FromValueInfos(Napi::Env env, const std::vector<ort::ValueInfo>& values,
                           const std::vector<bool>& on_device) {
  return MakeArray(env, values.size(), [&](uint32_t i) {
    const ort::ValueInfo& value = values[i];
    const auto object = Napi::Object::New(env);
    object.Set("name", value.name);
    object.Set("kind", static_cast<int>(value.kind));
    object.Set("type", static_cast<int>(value.type));
    object.Set("form", value.form);
    if (!value.denotation.empty()) object.Set("denotation", value.denotation);
    object.Set("onDevice", static_cast<bool>(on_device[i]));
    if (value.has_shape) object.Set("shape", FromDimensions(env, value.dims));
    if (value.overridable) object.Set("overridable", true);
    return object;
  });
}

Napi::Object FromModelMetadata(Napi::Env env, const ort::ModelMetadata& metadata) {
  const auto object = Napi::Object::New(env);
  for (const auto& [name, text] : metadata.texts) object.Set(name, text);
  // ONNX Runtime reports this for a model without a version.
  if (metadata.version != std::numeric_limits<int64_t>::max()) {
    object.Set("version", static_cast<double>(metadata.version));
  }
  const auto custom = Napi::Object::New(env);
  // Defined, because setting a property of the name `__proto__` sets none.
  for (const auto& [key, value] : metadata.custom) {
    constexpr auto kPlain =
        static_cast<napi_property_attributes>(napi_writable | napi_enumerable | napi_configurable);
    custom.DefineProperty(
        Napi::PropertyDescriptor::Value(Napi::String::New(env, key), Napi::String::New(env, value), kPlain));
  }
  object.Set("customMetadata", custom);
  return object;
}

Bytes ToBytes(Napi::Value typed_array) {
  napi_typedarray_type type{};
  size_t length = 0;
  Bytes bytes{};
  CheckStatus(typed_array.Env(), napi_get_typedarray_info(typed_array.Env(), typed_array, &type, &length,
                                                          &bytes.data, nullptr, nullptr));
  // An array class that is newer than the table counts as bytes: shorter than it is.
  bytes.length = length * (static_cast<size_t>(type) < std::size(kElementSizes) ? kElementSizes[type] : 1);
  return bytes;
}

Napi::Array ReadStrings(Napi::Env env, const OrtValue* tensor, size_t count) {
  if (count > kMaxStrings) {
    throw ort::Error("ERR_NOT_SUPPORTED", "a JavaScript array holds at most " + std::to_string(kMaxStrings) +
                                              " strings, and the tensor has " + std::to_string(count) +
                                              ": divide it in the model");
  }
  if (count == 0) return Napi::Array::New(env);
  const ort::Strings texts(tensor, count);
  return MakeArray(env, count, [&](uint32_t i) -> Napi::Value {
    napi_value text = nullptr;
    if (napi_create_string_utf8(env, texts[i].data(), texts[i].size(), &text) != napi_ok) {
      throw ort::Error("ERR_NOT_SUPPORTED",
                       "element " + std::to_string(i) +
                           " is too long for a string of V8: " + std::to_string(texts[i].size()) + " bytes");
    }
    return {env, text};
  });
}

std::vector<std::string> ToStrings(Napi::Value array, size_t count) {
  const auto strings = array.As<Napi::Array>();
  if (strings.Length() != count) {
    throw ort::Error("ERR_INVALID_LENGTH", "expected " + std::to_string(count) + " strings, got " +
                                               std::to_string(strings.Length()));
  }
  std::vector<std::string> texts;
  texts.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    const Napi::Value text = strings[i];
    if (!text.IsString()) {
      throw ort::Error("ERR_INVALID_ARG_TYPE", "element " + std::to_string(i) + " is not a string");
    }
    texts.push_back(ToString(text));
  }
  return texts;
}
