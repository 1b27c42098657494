#include "ep_device.h"

#include <algorithm>

#include "host_memory.h"
#include "ort/environment.h"
#include "ort/tensor.h"

namespace device {
namespace {

// The anchor's model: y = Identity(x) over float[1], as protobuf.
constexpr unsigned char kIdentity[] = {
    0x08, 0x08,                                                              // ir_version 8
    0x3a, 0x37,                                                              // graph
    0x0a, 0x10, 0x0a, 0x01, 'x',  0x12, 0x01, 'y',  0x22, 0x08, 'I',  'd',   // node
    'e',  'n',  't',  'i',  't',  'y',                                       //
    0x12, 0x01, 'g',                                                         // name
    0x5a, 0x0f, 0x0a, 0x01, 'x',  0x12, 0x0a, 0x0a, 0x08, 0x08, 0x01, 0x12,  // input
    0x04, 0x0a, 0x02, 0x08, 0x01,                                            //
    0x62, 0x0f, 0x0a, 0x01, 'y',  0x12, 0x0a, 0x0a, 0x08, 0x08, 0x01, 0x12,  // output
    0x04, 0x0a, 0x02, 0x08, 0x01,                                            //
    0x42, 0x04, 0x0a, 0x00, 0x10, 0x11,                                      // opset 17
};

}  // namespace

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
  void Begin(bool, bool capture, const HostUse&, const std::atomic<bool>& canceled) override {
    lock_ = device_.Lock(capture, canceled);
  }
  void Upload(const std::vector<device::Copy>& copies) override { CopyTensors(copies); }
  void Run(OrtSession* session, const OrtRunOptions* options, const OrtIoBinding* binding) override {
    ort::Check(ort::api().RunWithBinding(session, options, binding));
  }
  // One at a time: a copy may read what the one before it wrote.
  void Copy(const std::vector<device::Copy>& copies) override {
    for (const device::Copy& copy : copies) CopyTensors({copy});
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
      device_.LimitRunsAhead();
    }
    lock_ = {};
  }
  bool Poll(bool) override { return true; }
  void Abandon() noexcept override { lock_ = {}; }

 private:
  EpDevice& device_;
  DeviceLock lock_;
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

namespace {
std::mutex webgpu_mutex;
EpDevice* webgpu = nullptr;
}  // namespace

Device& EpDevice::OpenWebGpu(const Options& options) {
  const std::lock_guard lock(webgpu_mutex);
  if (webgpu == nullptr) {
    webgpu = new EpDevice("webgpu", options);
    if (after_open != nullptr) after_open();
  }
  return *webgpu;
}

void EpDevice::DrainWebGpu() noexcept {
  const std::lock_guard lock(webgpu_mutex);
  if (webgpu != nullptr) webgpu->Drain();
}

void EpDevice::LimitRunsAhead() {
  if (++runs_ahead_ >= kMostRunsAhead) Wait();
}

// A download waits for everything that was submitted before it.
void EpDevice::Wait() {
  if (!marker_.value) {
    marker_ = MakeTensor(AllocateLocked(sizeof(float)), info_, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, {1});
  }
  float host = 0;
  const auto to =
      ort::TensorOver(ort::CpuMemoryInfo(), &host, sizeof host, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, {1});
  CopyTensors({{marker_.view(), {to.get(), &host, sizeof host}}});
  Downloaded();
}

void EpDevice::Drain() noexcept {
  try {
    const DeviceLock lock = Lock(false);
    Wait();
  } catch (const std::exception&) {
  }
}

EpDevice::EpDevice(std::string name, const Options& options) : Device(std::move(name), 0) {
  const auto session_options = ort::Create<ort::SessionOptionsHandle>(ort::api().CreateSessionOptions);
  Options own;
  for (const auto& option : options) {
    if (option.first != "enableGraphCapture") own.push_back(option);
  }
  Append(session_options.get(), own, nullptr);
  auto anchor = ort::Create<ort::SessionHandle>(ort::api().CreateSessionFromArray, ort::Environment(),
                                                kIdentity, sizeof kIdentity, session_options.get());
  const OrtMemoryInfo* info = nullptr;
  ort::Check(ort::api().SessionGetMemoryInfoForInputs(anchor.get(), &info, 1));
  if (!Holds(info)) {
    throw ort::Error("ERR_PROVIDER_UNAVAILABLE",
                     "the execution provider '" + this->name() + "' runs nothing on its device");
  }
  ort::Check(ort::api().CreateAllocator(anchor.get(), info, &allocator_));
  info_ = info;
  anchor_ = anchor.release();
}

bool EpDevice::Holds(const OrtMemoryInfo* info) const {
  OrtMemoryInfoDeviceType type = OrtMemoryInfoDeviceType_CPU;
  ort::api().MemoryInfoGetDeviceType(info, &type);
  return type != OrtMemoryInfoDeviceType_CPU;
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
  std::unique_ptr<void, decltype(free)> freed(data, free);  // where there is no memory for its owner
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

void EpDevice::CopyAll(const std::vector<Copy>& copies) {
  const DeviceLock lock = Lock(false);
  CopyTensors(copies);
}

void EpDevice::ReleaseOwn(const DeferredRelease& deferred) const noexcept {
  if (deferred.allocation != nullptr) ort::Ignore(ort::api().AllocatorFree(allocator_, deferred.allocation));
  if (deferred.graph_id != 0) {
    ort::Ignore(ort::api().SessionReleaseCapturedGraph(deferred.session.get(), deferred.graph_id));
  }
}

std::unique_ptr<Queue> EpDevice::MakeQueue(bool) { return std::make_unique<EpQueue>(*this); }

void EpDevice::Append(OrtSessionOptions* options, const Options& provider_options, Queue*) {
  const OptionArrays arrays(provider_options);
  ort::Check(ort::api().SessionOptionsAppendExecutionProvider(options, "WebGPU", arrays.keys.data(),
                                                              arrays.values.data(), arrays.keys.size()));
}

}  // namespace device
