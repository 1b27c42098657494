#include "cuda_queue.h"

#include <algorithm>

#include "cuda_graph.h"
#include "provider.h"
#include "run/thread_check.h"

namespace device::cuda {

class CudaRun final : public DeviceRun {
 public:
  explicit CudaRun(CudaQueue& queue)
      : queue_(queue),
        uploaded_(queue.device(), false),
        computed_(queue.device(), false),
        done_(queue.device(), queue.blocking_wait()) {}

  bool Begin(const RunMode& mode, const HostUse& host, const std::atomic<bool>& canceled) override {
    DEVICE_RUN_THREAD();
    if (mode.in_place) {
      lock_ = queue_.device().TryLock();
      if (!lock_) return false;
      scope_.emplace(queue_.device());
    } else {
      KeepContext(queue_.device());
      lock_ = queue_.device().Lock(mode.capture, canceled);
    }
    overlap_ = mode.beside == Beside::kOthers;
    const bool alone = mode.beside == Beside::kNothing;
    waits_here_ = mode.in_place && alone;
    // Only an event can wake the thread, or is done before what the caller queues next on a stream of theirs.
    asks_stream_ = alone && queue_.owns_compute() && !queue_.blocking_wait();
    last_ = queue_.compute();
    host_ = &host;
    for (const CudaRun* earlier : queue_.started()) {
      if (Meet(host.at_once, earlier->host_->written) || Meet(host.at_once, earlier->host_->touched)) {
        Check(driver().cuEventSynchronize(earlier->done_.get()), "cuEventSynchronize");
      }
      if (!Meet(host.touched, earlier->host_->written)) continue;
      for (CUstream stream : {queue_.upload(), queue_.compute()}) {
        Check(driver().cuStreamWaitEvent(stream, earlier->done_.get(), 0), "cuStreamWaitEvent");
      }
    }
    return true;
  }

  void Upload(const std::vector<device::Copy>& copies) override {
    if (copies.empty()) return;
    CUstream stream = overlap_ ? queue_.upload() : queue_.compute();
    for (const device::Copy& copy : copies) {
      if (copy.to.bytes == 0) continue;
      Check(driver().cuMemcpyHtoDAsync_v2(reinterpret_cast<CUdeviceptr>(copy.to.data), copy.from.data,
                                          copy.to.bytes, stream),
            "cuMemcpyHtoDAsync");
    }
    if (overlap_) Order(uploaded_, stream, queue_.compute());
  }

  void Run(OrtSession* session, const OrtRunOptions* options, const OrtIoBinding* binding) override {
    cuda::Run(session, options, binding, queue_.compute());
  }

  void Capture(const std::function<void()>& work) override {
    graph_.reset();
    // A graph is of the compute stream alone, also where copies of its run were on others.
    const bool overlap = std::exchange(overlap_, false);
    CUstream const last = std::exchange(last_, queue_.compute());
    std::optional<ort::Error> failed;
    ort::CatchInto(failed, [&] {
      graph_ = std::make_unique<CudaGraph>(queue_.device(), queue_.compute(), *host_, work);
    });
    overlap_ = overlap;
    last_ = last;
    if (failed) throw *failed;
  }

  void Replay() override { graph_->Launch(queue_.compute()); }

  void ReleaseGraph() noexcept override { graph_.reset(); }

  void Copy(const std::vector<device::Copy>& copies) override { queue_.QueueCopies(copies); }

  void Download(const std::vector<device::Copy>& copies) override {
    if (copies.empty()) return;
    if (overlap_) {
      Order(computed_, queue_.compute(), queue_.download());
      last_ = queue_.download();
    }
    for (const device::Copy& copy : copies) {
      if (copy.to.bytes == 0) continue;
      Check(driver().cuMemcpyDtoHAsync_v2(copy.to.data, reinterpret_cast<CUdeviceptr>(copy.from.data),
                                          copy.to.bytes, last_),
            "cuMemcpyDtoHAsync");
    }
  }

  void Submit() override {
    if (!asks_stream_) Check(driver().cuEventRecord(done_.get(), last_), "cuEventRecord");
    queue_.started().push_back(this);
    lock_ = {};
    if (!waits_here_) scope_.reset();
  }

  bool Poll(bool wait) override {
    DEVICE_RUN_THREAD();
    if (!scope_) KeepContext(queue_.device());
    if (!wait && !queue_.blocking_wait()) {
      const CUresult state =
          asks_stream_ ? driver().cuStreamQuery(last_) : driver().cuEventQuery(done_.get());
      if (state == CUDA_ERROR_NOT_READY) return false;
      Check(state, asks_stream_ ? "cuStreamQuery" : "cuEventQuery");
    } else if (asks_stream_) {
      Check(driver().cuStreamSynchronize(last_), "cuStreamSynchronize");
    } else {
      Check(driver().cuEventSynchronize(done_.get()), "cuEventSynchronize");
    }
    std::erase(queue_.started(), this);
    scope_.reset();
    return true;
  }

  // Copies may still be in progress, to memory that is about to be reused. What a run of ONNX Runtime's did
  // to the thread's context is not known.
  void Abandon() noexcept override {
    queue_.Settle();
    std::erase(queue_.started(), this);
    lock_ = {};
    scope_.reset();
    ForgetContext();
  }

 private:
  static bool Meet(const std::vector<HostRange>& one, const std::vector<HostRange>& other) {
    return std::any_of(one.begin(), one.end(), [&other](const HostRange& range) {
      return std::any_of(other.begin(), other.end(),
                         [&range](const HostRange& another) { return another.Overlaps(range); });
    });
  }

  void Check(CUresult error, const char* call) { queue_.device().Check(error, call); }

  // Work that is queued on `second` from now on waits for the work on `first`.
  void Order(Event& event, CUstream first, CUstream second) {
    Check(driver().cuEventRecord(event.get(), first), "cuEventRecord");
    Check(driver().cuStreamWaitEvent(second, event.get(), 0), "cuStreamWaitEvent");
  }

  CudaQueue& queue_;
  Event uploaded_;
  Event computed_;
  Event done_;
  std::optional<ContextScope> scope_;  // of the JS thread, which may have another context current
  DeviceLock lock_;
  const HostUse* host_ = nullptr;
  bool overlap_ = false;
  bool waits_here_ = false;   // the JS thread waits for the end
  bool asks_stream_ = false;  // for the end, since nothing is queued on it meanwhile
  CUstream last_ = nullptr;   // where the run ends
  std::unique_ptr<CudaGraph> graph_;
};

void CudaQueue::QueueCopies(const std::vector<device::Copy>& copies) {
  for (const device::Copy& copy : copies) {
    if (copy.to.bytes == 0) continue;
    device_.Check(driver().cuMemcpyDtoDAsync_v2(reinterpret_cast<CUdeviceptr>(copy.to.data),
                                                reinterpret_cast<CUdeviceptr>(copy.from.data), copy.to.bytes,
                                                compute()),
                  "cuMemcpyDtoDAsync");
  }
}

void CudaQueue::Settle() noexcept {
  const ContextScope scope(device_, std::nothrow);
  if (!scope) return;
  for (CUstream stream : {upload(), compute(), download()}) {
    device_.Notice(driver().cuStreamSynchronize(stream));
  }
}

void CudaQueue::Copy(const std::vector<device::Copy>& copies) {
  const ContextScope scope(device_);
  QueueCopies(copies);
  device_.Check(driver().cuStreamSynchronize(compute()), "cuStreamSynchronize");
}

std::unique_ptr<DeviceRun> CudaQueue::MakeRun() { return std::make_unique<CudaRun>(*this); }

}  // namespace device::cuda
