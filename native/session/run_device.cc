// Runs of a session on a device, which may have graphs of bindings.
#include "ort/tensor.h"
#include "run.h"

// For results in device or pinned memory, which OrtApi::Run cannot ask for.
std::vector<ort::ValueHandle> RunCall::RunBound(OrtSession* session) const {
  const auto binding = ort::Create<ort::IoBindingHandle>(ort::api().CreateIoBinding, session);
  for (size_t i = 0; i < inputs_.size(); ++i) {
    ort::Check(ort::api().BindInput(binding.get(), input_names_[i], inputs_[i]));
  }
  for (size_t i = 0; i < output_names_.size(); ++i) {
    ort::Check(ort::api().BindOutputToDevice(binding.get(), output_names_[i], targets_[i].info));
  }
  ort::Check(ort::api().RunWithBinding(session, options_.get(), binding.get()));
  return ort::BoundOutputs(binding.get());
}

void RunCall::RunOnDevice(OrtSession* session) {
  session_->CheckSound();
  try {
    if (session_->graphs && session_->queue->captures()) {
      RunBesideGraphs(session);
    } else {
      outputs_ = bound_ ? RunBound(session) : Run(session);
    }
    if (bound_) OwnResults();
    if (bound_) session_->device->LimitRunsAhead();
  } catch (const ort::Error& error) {
    session_->queue->Settle();
    throw session_->Explain(error);
  }
}

void RunCall::RunBesideGraphs(OrtSession* session) {
  GraphEpoch& epoch = session_->graph_epoch;
  InputShapes shapes;
  for (size_t i = 0; i < inputs_.size(); ++i) AppendShape(shapes, input_names_[i], inputs_[i]);
  epoch.BeginRun(shapes);
  if (shrinks_) epoch.Advance();
  outputs_ = bound_ ? RunBound(session) : Run(session);
  epoch.EndRun(shapes);
}

// Results on the device that are feeds, which a later run may write, and all beside graphs: see
// DeviceBinding::OwnResults.
void RunCall::OwnResults() {
  own_results_.resize(outputs_.size());
  std::vector<device::Copy> copies;
  for (size_t i = 0; i < outputs_.size(); ++i) {
    if (!IsTensor(i) || !session_->Location(targets_[i].info).OnDevice()) continue;
    if (session_->graph_epoch.graphs == 0 && !IsFed(ort::Data(outputs_[i].get()))) continue;
    own_results_[i] = device::MakeResult(*session_->device, outputs_[i].get());
    const device::TensorView to = own_results_[i].view();
    copies.push_back({{outputs_[i].get(), ort::Data(outputs_[i].get()), to.bytes}, to});
  }
  if (!copies.empty()) session_->queue->Copy(copies);
}
