#include "host.h"

#include <algorithm>

#include "device.h"
#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/strings.h"
#include "run/float_mode.h"

namespace {

// Binds at once, and runs on whichever thread calls it.
class CpuBinding final : public BindingHost {
 public:
  CpuBinding(SessionState& session, const BoundValues& values) : BindingHost(session, values) {
    binding_ = ort::Create<ort::IoBindingHandle>(ort::api().CreateIoBinding, session.handle.get());
  }

  void BindInput(size_t index, const ValueState& value, bool) override {
    ort::Check(ort::api().BindInput(binding_.get(), InputName(index), value.handle.get()));
  }
  void BindOutput(const BoundOutput& output, bool) override {
    if (output.value) {
      ort::Check(ort::api().BindOutput(binding_.get(), OutputName(output.index), output.value->handle.get()));
    } else {
      Renew(output);
    }
  }
  void ClearInputs() override { ort::api().ClearBoundInputs(binding_.get()); }
  void ClearOutputs() override { ort::api().ClearBoundOutputs(binding_.get()); }

  void Start(bool) override {
    const run::DenormalsAsZero mode(session_.denormals_as_zero);
    BeginResults();
    if (values_.renews()) {
      for (const BoundOutput& output : values_.outputs()) Renew(output);
    }
    ort::Check(ort::api().RunWithBinding(session_.handle.get(), options_.get(BindingOptions::kPlain),
                                         binding_.get()));
    EndResults();
  }
};

}  // namespace

std::unique_ptr<BindingHost> BindingHost::Make(SessionState& session, const BoundValues& values) {
  if (session.device == nullptr) return std::make_unique<CpuBinding>(session, values);
  return std::make_unique<DeviceBinding>(session, values);
}

BindingHost::BindingHost(SessionState& session, const BoundValues& values)
    : session_(session), values_(values), options_(session.device, session.graphs) {}

void BindingHost::CheckCapturable() const {
  throw ort::Error("ERR_GRAPH_CAPTURE", "the session runs on the CPU, which captures no graphs");
}

std::vector<ort::ValueHandle> BindingHost::Outputs() const {
  if (!binding_) return {};
  return ort::BoundOutputs(binding_.get());
}

void BindingHost::Renew(const BoundOutput& output) const {
  const char* name = OutputName(output.index);
  if (!output.value) {
    ort::Check(ort::api().BindOutputToDevice(binding_.get(), name, output.info));
  } else if (output.value->IsString()) {
    const auto& inputs = values_.inputs();
    if (std::find(inputs.begin(), inputs.end(), output.value) != inputs.end()) {
      throw ort::Error("ERR_NOT_SUPPORTED", "output '" + std::string(name) +
                                                "': one string value cannot be an input and an output");
    }
    ort::ClearStrings(output.value->handle.get(), ort::ElementCount(output.value->dims));
  }
}
