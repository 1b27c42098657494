#include "ep_device.h"

#include <algorithm>

#include "ep_models.h"
#include "host_memory.h"
#include "ort/environment.h"
#include "ort/tensor.h"
#include "plugins.h"

namespace device {
class EpMemory final : public Memory {
 public:
  EpMemory(EpDevice& device, void* data, size_t bytes) : Memory(data, bytes), device_(device) {}
  ~EpMemory() override { device_.Release({.allocation = data()}); }

 private:
  EpDevice& device_;
};

namespace {

// A run has ended when Download returns: the provider orders uploads before the run, and a download waits for
// what it reads.
class EpRun final : public DeviceRun {
 public:
  explicit EpRun(EpDevice& device) : device_(device) {}
  bool Begin(const RunMode& mode, const HostUse&, const std::atomic<bool>& canceled) override {
    lock_ = device_.Lock(mode.capture, canceled);
    return true;
  }
  void Upload(const std::vector<device::Copy>& copies) override { device_.Upload(copies); }
  void Run(OrtSession* session, const OrtRunOptions* options, const OrtIoBinding* binding) override {
    ort::Check(ort::api().RunWithBinding(session, options, binding));
  }
  // One at a time: a copy may read what the one before it wrote.
  void Copy(const std::vector<device::Copy>& copies) override {
    for (const device::Copy& copy : copies) CopyTensors({copy});
    copied_ = !copies.empty();
  }
  void Download(const std::vector<device::Copy>& copies) override {
    CopyTensors(copies);
    downloaded_ =
        std::any_of(copies.begin(), copies.end(), [](const device::Copy& copy) { return copy.to.bytes > 0; });
  }
  void Submit() override {
    if (downloaded_) {
      device_.Downloaded();
    } else {
      if (copied_) device_.Submit();
      device_.LimitRunsAhead();
    }
    lock_ = {};
  }
  bool Poll(bool) override { return true; }
  void Abandon() noexcept override { lock_ = {}; }

 private:
  EpDevice& device_;
  DeviceLock lock_;
  bool copied_ = false;
  bool downloaded_ = false;
};

class EpQueue final : public Queue {
 public:
  explicit EpQueue(EpDevice& device) : device_(device) {}
  std::unique_ptr<DeviceRun> MakeRun() override { return std::make_unique<EpRun>(device_); }
  bool overlaps() const noexcept override { return false; }
  void Copy(const std::vector<device::Copy>& copies) override { CopyTensors(copies); }

 private:
  EpDevice& device_;
};

}  // namespace

void CopyTensors(const std::vector<Copy>& copies) {
  std::vector<const OrtValue*> from;
  std::vector<OrtValue*> to;
  for (const Copy& copy : copies) {
    if (copy.to.bytes == 0) continue;
    from.push_back(copy.from.value);
    to.push_back(copy.to.value);
  }
  if (from.empty()) return;
  ort::Check(ort::api().CopyTensors(ort::Environment(), from.data(), to.data(), nullptr, from.size()));
}

void EpDevice::LimitRunsAhead() {
  if (++runs_ahead_ >= kMostRunsAhead) Wait();
}

ort::ValueHandle OverHostFloat(float& number) {
  return ort::TensorOver(ort::CpuMemoryInfo(), &number, sizeof number, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
                         {1});
}

// An upload submits what is pending before it.
void EpDevice::Submit() {
  float host = 0;
  const auto value = OverHostFloat(host);
  CopyTensors({{{value.get(), &host, sizeof host}, marker().view()}});
}

// A download submits too, and waits for everything that was submitted.
void EpDevice::Wait() {
  float host = 0;
  const auto value = OverHostFloat(host);
  CopyTensors({{marker().view(), {value.get(), &host, sizeof host}}});
  Downloaded();
}

const Tensor& EpDevice::marker() {
  if (!marker_.value) {
    marker_ = MakeTensor(AllocateLocked(sizeof(float)), info_, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, {1});
  }
  return marker_;
}

void EpDevice::Drain() noexcept {
  try {
    const DeviceLock lock = Lock(false);
    drained_ = true;
    Wait();
  } catch (const std::exception&) {
  }
}

EpDevice::EpDevice(std::string name, int id, const Options& options, std::vector<int> ep_devices)
    : Device(std::move(name), id), ep_devices_(std::move(ep_devices)) {
  for (const auto& option : options) {
    if (option.first != "enableGraphCapture") options_.push_back(option);
  }
  auto anchor = CreateSession(kIdentity, sizeof kIdentity, options_);
  const OrtMemoryInfo* info = nullptr;
  ort::Check(ort::api().SessionGetMemoryInfoForInputs(anchor.get(), &info, 1));
  if (!Holds(info)) {
    plugin_.reset();
    return;
  }
  ort::Check(ort::api().CreateAllocator(anchor.get(), info, &allocator_));
  info_ = info;
  anchor_ = anchor.release();
}

// With session options of its own: each counts as one use of WebGPU's context, which a session ends.
ort::SessionHandle EpDevice::CreateSession(const void* model, size_t bytes, const Options& options) {
  const auto session_options = ort::Create<ort::SessionOptionsHandle>(ort::api().CreateSessionOptions);
  ort::Check(ort::api().SetIntraOpNumThreads(session_options.get(), 1));
  Append(session_options.get(), options, nullptr);
  return ort::Create<ort::SessionHandle>(ort::api().CreateSessionFromArray, ort::Environment(), model, bytes,
                                         session_options.get());
}

void EpDevice::SessionsReleased() noexcept {
  if (drained_) return;
  // Runs ahead may still use the weights. A release waits for nobody, but the next run does.
  if (runs_ahead_ > 0) runs_ahead_ = kMostRunsAhead;
  try {
    Options options = options_;
    std::erase_if(options, [](const auto& option) { return option.first == "preferredLayout"; });
    options.emplace_back("preferredLayout", "NHWC");  // whose Conv packs its weights
    CreateSession(kConv, sizeof kConv, options);
  } catch (const std::exception&) {
    // The weights stay until the next release.
  }
}

bool EpDevice::Holds(const OrtMemoryInfo* info) const {
  OrtMemoryInfoDeviceType type = OrtMemoryInfoDeviceType_CPU;
  ort::api().MemoryInfoGetDeviceType(info, &type);
  return type != OrtMemoryInfoDeviceType_CPU;
}

void* EpDevice::Part(const TensorView& block, size_t offset, size_t bytes) const {
  if (offset == 0 && (bytes == block.bytes || bytes % kUnit == 0)) return block.data;
  throw ort::Error("ERR_NOT_SUPPORTED",
                   "a view of memory of '" + name() +
                       "' begins where the memory begins, and ends where it ends " + "or at a multiple of " +
                       std::to_string(kUnit) + " bytes; given: bytes " + std::to_string(offset) + " to " +
                       std::to_string(offset + bytes) + " of " + std::to_string(block.bytes));
}

std::shared_ptr<Memory> EpDevice::Allocate(size_t bytes) {
  const DeviceLock lock = Lock(false);
  return AllocateLocked(bytes);
}

std::shared_ptr<Memory> EpDevice::AllocateLocked(size_t bytes) {
  void* data = nullptr;
  // An empty tensor needs a buffer too.
  ort::Check(ort::api().AllocatorAlloc(allocator_, bytes > 0 ? bytes : 4, &data));
  const auto free = [this](void* block) { ort::Ignore(ort::api().AllocatorFree(allocator_, block)); };
  std::unique_ptr<void, decltype(free)> freed(data, free);  // if its owner cannot be allocated
  if (bytes > kMayFail) CheckMemory(data, bytes);
  auto memory = std::make_shared<EpMemory>(*this, data, bytes);
  static_cast<void>(freed.release());
  return memory;
}

std::shared_ptr<Memory> EpDevice::AllocatePinned(size_t) {
  throw ort::Error("ERR_NOT_SUPPORTED", "the device '" + name() + "' has no pinned memory");
}

void* EpDevice::Mapped(void*) {
  throw ort::Error("ERR_NOT_SUPPORTED", "the device '" + name() + "' cannot map host memory");
}

void EpDevice::CopyIn(const Copy& copy) {
  const DeviceLock lock = Lock(false);
  Upload({copy});
}

void EpDevice::CopyOut(const Copy& copy) {
  const DeviceLock lock = Lock(false);
  CopyTensors({copy});
}

void EpDevice::CopyWithin(const Copy& copy) {
  const DeviceLock lock = Lock(false);
  CopyTensors({copy});
  Submit();
}

void EpDevice::ReleaseOwn(const DeferredRelease& deferred) const noexcept {
  if (deferred.allocation != nullptr) ort::Ignore(ort::api().AllocatorFree(allocator_, deferred.allocation));
  if (deferred.graph_id != 0) {
    ort::Ignore(ort::api().SessionReleaseCapturedGraph(deferred.session.get(), deferred.graph_id));
  }
}

std::unique_ptr<Queue> EpDevice::MakeQueue(bool) { return std::make_unique<EpQueue>(*this); }

void EpDevice::Append(OrtSessionOptions* options, const Options& provider_options, Queue*) {
  if (!ep_devices_.empty()) {
    plugin_ = AppendForDevices(options, ep_devices_, provider_options);
    return;
  }
  const OptionArrays arrays(provider_options);
  ort::Check(ort::api().SessionOptionsAppendExecutionProvider(options, "WebGPU", arrays.keys.data(),
                                                              arrays.values.data(), arrays.keys.size()));
}

}  // namespace device
