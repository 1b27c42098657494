#include "state.h"

#include "binding/state.h"
#include "env/async_job.h"
#include "ort/environment.h"

SessionState::SessionState(AddonData& addon, const run::InlineBounds& bounds,
                           std::unique_ptr<run::Runner> jobs, bool runs_in_parallel)
    : runner(std::move(jobs)), parallel(runs_in_parallel), policies(bounds, addon.burst), addon_(&addon) {
  addon_->Add(this);
}

SessionState::~SessionState() {
  if (addon_ != nullptr) addon_->Remove(this);
  // Before any member goes: the jobs use them.
  runner->Stop();
}

void SessionState::End() noexcept {
  ending_ = true;
  closed = true;
  runner->End();
  // The runs on the JS thread, which are not jobs.
  const std::lock_guard lock(release_mutex);
  for (BindingState* binding : bindings) binding->host->Terminate();
  if (!inline_options) return;
  ort::Ignore(ort::api().RunOptionsSetTerminate(inline_options.get()));
}

run::Place SessionState::Choose(run::InlinePolicy& policy) const {
  const run::Place place = policy.Choose(addon_->HasJobs());
  if (place == run::Place::kInline && (device != nullptr || runner->Idle())) return place;
  // Behind those that wait for the turn.
  const bool holds = place != run::Place::kRunThread && runner->CanHold() && addon_->completions.CanTurn();
  return holds ? run::Place::kNextTurn : run::Place::kRunThread;
}

Napi::Promise SessionState::Start(std::unique_ptr<AsyncJob> job, run::InlinePolicy& policy,
                                  run::Place place) const {
  // Reading the arguments may have run JavaScript, which calls.
  if (place == run::Place::kNextTurn && runner->CanHold())
    return AsyncJob::Hold(std::move(job), *runner, policy);
  const Napi::Promise promise = AsyncJob::Start(std::move(job), *runner);
  Expect(policy);
  return promise;
}

void SessionState::CheckOpen() const {
  if (!closed && handle) [[likely]]
    return;
  if (ending_) throw run::ExitingError();
  throw ort::Error("ERR_DISPOSED", "the session was released");
}

void SessionState::CheckDevice(const device::Device* other, const char* side, const std::string& name) const {
  if (other == nullptr || other == device) return;
  const auto text = [](const device::Device* one) {
    return one == nullptr ? std::string("the CPU") : one->name() + " " + std::to_string(one->id());
  };
  throw ort::Error("ERR_DEVICE_MISMATCH", std::string(side) + " '" + name + "': the session runs on " +
                                              text(device) + ", the value's memory is on " + text(other));
}

ort::Error SessionState::Explain(const ort::Error& error) {
  bool spoiled = false;
  ort::Error explained = device->Explain(error, spoiled);
  if (spoiled && !spoiled_) {
    spoiled_.emplace(
        "ERR_SESSION_FAILED",
        std::string("an earlier run of the session failed in CUDA, and its kernels may have kept "
                    "what that run did not finish: ") +
            error.what());
  }
  return explained;
}

device::Location SessionState::Location(const OrtMemoryInfo* info) const {
  if (device == nullptr) return {};
  if (info == device->memory_info()) return {device, false};
  if (info == device->pinned_memory_info()) return {device, true};
  return {};
}

const OrtMemoryInfo* SessionState::MemoryInfo(const device::Location& where,
                                              const std::string& output) const {
  if (where.device == nullptr) return ort::CpuMemoryInfo();
  CheckDevice(where.device, "output", output);
  if (!where.pinned) return device->memory_info();
  if (device->pinned_memory_info() != nullptr) return device->pinned_memory_info();
  throw ort::Error("ERR_NOT_SUPPORTED",
                   "output '" + output + "': " + device->name() + " has no pinned memory");
}
