#include "compatibility.h"

#include <optional>
#include <utility>

#include "convert.h"
#include "device/plugins.h"
#include "ort/path.h"
#include "pool_worker.h"

namespace {

class Question {
 public:
  // `model`: a path, bytes, or undefined where the information is given.
  Question(Napi::Value model, Napi::Value info, std::string provider, std::vector<int> devices)
      : provider_(std::move(provider)), devices_(std::move(devices)) {
    if (info.IsString()) info_ = ToString(info);
    if (model.IsString()) path_ = ToString(model);
    if (!model.IsTypedArray()) return;
    bytes_ = ToBytes(model);
    keep_ = Napi::Persistent(model.As<Napi::Object>());
  }

  void operator()() {
    if (!info_) Read();
    if (info_) status_ = device::Compatibility(devices_, *info_);
  }

  Napi::Value Result(Napi::Env env) const {
    const auto result = Napi::Array::New(env);
    result.Set(0u, static_cast<int>(status_));
    if (info_) result.Set(1u, *info_);
    return result;
  }

 private:
  void Read() {
    char* raw = nullptr;
    if (bytes_.data != nullptr) {
      ort::Check(ort::api().GetCompatibilityInfoFromModelBytes(bytes_.data, bytes_.length, provider_.c_str(),
                                                               ort::DefaultAllocator(), &raw));
    } else {
      ort::Check(ort::api().GetCompatibilityInfoFromModel(ort::ToPath(path_).c_str(), provider_.c_str(),
                                                          ort::DefaultAllocator(), &raw));
    }
    const ort::Allocated<char> text(raw);
    if (text != nullptr) info_ = text.get();
  }

  std::string path_;
  Bytes bytes_{};
  Napi::ObjectReference keep_;
  std::string provider_;
  std::vector<int> devices_;
  std::optional<std::string> info_;
  OrtCompiledModelCompatibility status_ = OrtCompiledModelCompatibility_EP_NOT_APPLICABLE;
};

}  // namespace

// modelCompatibility(model: string | Uint8Array | undefined, info: string | undefined, provider: string,
// devices: number[]): Promise<[status: number, info?: string]> - GetCompatibilityInfoFromModel(Bytes),
// GetModelCompatibilityForEpDevices
Napi::Value ModelCompatibility(const Napi::CallbackInfo& info) {
  return PoolWorker<Question>::Start(info.Env(),
                                     Question(info[0], info[1], ToString(info[2]), ToIds(info[3])));
}
