#include "host.h"

#include <algorithm>

#include "device.h"
#include "env/log.h"
#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/strings.h"
#include "overlap.h"
#include "run/float_mode.h"

namespace {

// Binds at once, and runs on whichever thread calls it.
class CpuBinding final : public BindingHost {
 public:
  CpuBinding(SessionState& session, const BoundValues& values)
      : BindingHost(session, values), seconds_(session.outputs.size()) {
    binding_ = ort::Create<ort::IoBindingHandle>(ort::api().CreateIoBinding, session.handle.get());
  }

  void BindInput(size_t index, const ValueState& value, bool) override {
    ort::Check(ort::api().BindInput(binding_.get(), InputName(index), View(value).value));
  }
  void BindOutput(const BoundOutput& output, bool) override {
    if (output.value) {
      Bind(output.index, View(*output.value).value);
    } else {
      Renew(output, nullptr);
    }
    seconds_[output.index] = {};
  }
  void UnbindInput(size_t index) override {
    if (!values_.inputs()[index]) return;
    // ONNX Runtime unbinds only all inputs.
    ClearInputs();
    for (size_t i = 0; i < values_.inputs().size(); ++i) {
      const auto& other = values_.inputs()[i];
      if (i != index && other && other->HasValue()) BindInput(i, *other, false);
    }
  }
  void ClearInputs() override { ort::api().ClearBoundInputs(binding_.get()); }
  void ClearOutputs() override {
    ort::api().ClearBoundOutputs(binding_.get());
    for (device::Tensor& second : seconds_) second = {};
  }

  void Arrange() override {
    copies_.clear();
    std::vector<device::Copy> last;
    auto returned = std::make_shared<ReturnedTensors>();
    size_t bytes = 0;
    for (const BoundOutput& output : values_.outputs()) {
      if (!output.value) {
        if (const ValueState* const input = values_.Returned(output)) {
          device::Tensor& kept = (*returned)[output.index] = MakeSecond(input->handle.get(), input->bytes);
          copies_.push_back({View(*input), kept.view()});
          bytes += input->bytes;
        }
        continue;
      }
      const ValueState& value = *output.value;
      device::Tensor& second = seconds_[output.index];
      const bool needed = values_.NeedsSecond(output);
      if (needed && !second.value) {
        device::Tensor made = MakeSecond(value.handle.get(), value.bytes);
        Bind(output.index, made.value.get());
        second = std::move(made);
      } else if (!needed && second.value) {
        Bind(output.index, View(value).value);
        second = {};
      }
      const ValueState* const passed = values_.Passed(output);
      // Two values of the same memory have two stand-ins.
      const bool same = passed == &value || (passed != nullptr && !using_stand_ins_ &&
                                             FindOverlap(*passed, value) != Overlap::kNone);
      if (passed != nullptr && !same) {
        copies_.push_back({View(*passed), needed ? second.view() : View(value)});
        bytes += value.bytes;
      }
      if (!needed) continue;
      last.push_back({second.view(), View(value)});
      bytes += value.bytes;
    }
    // Inputs that are outputs are read before any of these is written.
    copies_.insert(copies_.end(), last.begin(), last.end());
    returned_ = std::move(returned);
    if (!copies_.empty()) LogCopies(bytes);
  }

  void UseStandIns(bool use) override {
    if (stand_ins_ == use) return;
    for (const auto& input : values_.inputs()) {
      if (input) input->Safe();  // throws before anything changes
    }
    for (const BoundOutput& output : values_.outputs()) {
      if (output.value) output.value->Safe();
    }
    stand_ins_.reset();  // bound again, should this fail
    using_stand_ins_ = use;
    for (size_t i = 0; i < values_.inputs().size(); ++i) {
      const auto& input = values_.inputs()[i];
      if (input && input->detachable) BindInput(i, *input, false);
    }
    for (const BoundOutput& output : values_.outputs()) {
      if (output.value && output.value->detachable && !seconds_[output.index].value)
        Bind(output.index, View(*output.value).value);
    }
    stand_ins_ = use;
    Arrange();
  }

  void Start(device::Beside) override {
    const run::DenormalsAsZero mode(session_.denormals_as_zero);
    BeginResults();
    for (const size_t index : session_.inputs_copied) {
      const auto& input = values_.inputs()[index];
      if (input && input->HasValue()) BindInput(index, *input, false);
    }
    if (values_.renews()) {
      for (const BoundOutput& output : values_.outputs()) Renew(output, seconds_[output.index].value.get());
    }
    ort::Check(ort::api().RunWithBinding(session_.handle.get(), options_->get(BindingOptions::kPlain),
                                         binding_.get()));
    if (!copies_.empty()) [[unlikely]]
      CopyOnHost(copies_);
    EndResults();
  }

 private:
  void Bind(size_t output, const OrtValue* value) {
    ort::Check(ort::api().BindOutput(binding_.get(), OutputName(output), value));
  }

  // As bound now.
  device::TensorView View(const ValueState& value) const {
    return using_stand_ins_ ? value.Safe() : value.view();
  }

  bool using_stand_ins_ = false;
  std::optional<bool> stand_ins_ = false;  // the form that is bound, unless a change failed
  std::vector<device::Tensor> seconds_;    // by the output's index: what ONNX Runtime writes in its place
  std::vector<device::Copy> copies_;       // after each run
};

}  // namespace

std::unique_ptr<BindingHost> BindingHost::Make(SessionState& session, const BoundValues& values) {
  if (session.device == nullptr) return std::make_unique<CpuBinding>(session, values);
  return std::make_unique<DeviceBinding>(session, values);
}

BindingHost::BindingHost(SessionState& session, const BoundValues& values)
    : session_(session),
      values_(values),
      own_options_(std::make_shared<BindingOptions>(session.device, session.graphs)),
      options_(own_options_) {}

void BindingHost::CheckCapturable(const CaptureMode&) const {
  throw ort::Error("ERR_GRAPH_CAPTURE", "the session runs on the CPU, which captures no graphs");
}

std::vector<ort::ValueHandle> BindingHost::Outputs() {
  if (!binding_) return std::move(kept_);
  return ort::BoundOutputs(binding_.get());
}

OrtValue* BindingHost::Returned(size_t output) const noexcept {
  if (!returned_by_run_) return nullptr;
  const auto found = returned_by_run_->find(output);
  return found == returned_by_run_->end() ? nullptr : found->second.value.get();
}

void BindingHost::KeepOutputs() noexcept {
  if (session_.device != nullptr || !values_.renews() || results_of_ == 0) return;
  std::optional<ort::Error> error;  // leaves none to read
  ort::CatchInto(error, [this] { kept_ = Outputs(); });
}

void BindingHost::Renew(const BoundOutput& output, OrtValue* second) const {
  if (!output.value) {
    ort::Check(ort::api().BindOutputToDevice(binding_.get(), OutputName(output.index), output.info));
  } else if (output.value->IsString()) {
    // ONNX Runtime writes nothing where the output is that input itself.
    if (second == nullptr && values_.SharesInput(*output.value)) return;
    ort::ClearStrings(second != nullptr ? second : output.value->handle.get(),
                      ort::ElementCount(output.value->dims));
  }
}

void BindingHost::LogCopies(size_t bytes) {
  if (std::exchange(copies_logged_, true)) return;
  WriteLog(
      ORT_LOGGING_LEVEL_INFO,
      "a binding copies " + std::to_string(bytes) +
          " bytes after each run: the model returns an input, or an input and an output have the same memory "
          "(let two values take turns, or bind with inPlace: 'alias' if the model allows it)");
}
