// A session's streams, of which the compute stream may be the caller's. A run alone does all its work on the
// compute stream. A run that overlaps others copies on two more streams, during the kernels of the others;
// events order its work.
#pragma once

#include "cuda_device.h"

namespace device::cuda {

class CudaRun;

class CudaQueue final : public Queue {
 public:
  CudaQueue(CudaDevice& device, bool blocking_wait)
      : device_(device), blocking_wait_(blocking_wait), upload_(device), download_(device) {}

  std::unique_ptr<DeviceRun> MakeRun() override;
  bool overlaps() const noexcept override { return true; }
  bool captures() const noexcept override { return true; }
  void Settle() noexcept override;
  void Copy(const std::vector<device::Copy>& copies) override;

  // Before the first run. `users`: the caller's stream, in place of one of the queue's own; may be null.
  void Open(CUstream users) {
    if (users == nullptr) own_compute_ = std::make_unique<Stream>(device_);
    compute_ = users == nullptr ? own_compute_->get() : users;
  }

  CudaDevice& device() const noexcept { return device_; }
  bool blocking_wait() const noexcept { return blocking_wait_; }
  // Whether nobody else queues work on the compute stream.
  bool owns_compute() const noexcept { return own_compute_ != nullptr; }
  // Queues copies within the device on the compute stream.
  void QueueCopies(const std::vector<device::Copy>& copies);
  CUstream compute() const noexcept { return compute_; }
  CUstream upload() const noexcept { return upload_.get(); }
  CUstream download() const noexcept { return download_.get(); }

  // Of the run thread: the runs in flight.
  std::vector<const CudaRun*>& started() noexcept { return started_; }

 private:
  CudaDevice& device_;
  const bool blocking_wait_;
  std::unique_ptr<Stream> own_compute_;
  CUstream compute_ = nullptr;
  Stream upload_;
  Stream download_;
  std::vector<const CudaRun*> started_;
};

}  // namespace device::cuda
