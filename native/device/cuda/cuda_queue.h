// A session's streams. A run alone does all its work on the compute stream. A run that overlaps others copies
// on two more streams, during the kernels of the others; events order its work.
#pragma once

#include "cuda_device.h"

namespace device::cuda {

class CudaRun;

class CudaQueue final : public Queue {
 public:
  CudaQueue(CudaDevice& device, bool blocking_wait)
      : device_(device),
        blocking_wait_(blocking_wait),
        compute_(device),
        upload_(device),
        download_(device) {}

  std::unique_ptr<DeviceRun> MakeRun() override;
  bool overlaps() const noexcept override { return true; }
  bool captures() const noexcept override { return true; }
  void Settle() noexcept override;
  void Copy(const std::vector<device::Copy>& copies) override;

  CudaDevice& device() const noexcept { return device_; }
  bool blocking_wait() const noexcept { return blocking_wait_; }
  // Queues copies within the device on the compute stream.
  void QueueCopies(const std::vector<device::Copy>& copies);
  CUstream compute() const noexcept { return compute_.get(); }
  CUstream upload() const noexcept { return upload_.get(); }
  CUstream download() const noexcept { return download_.get(); }

  // Of the run thread: the runs in flight.
  std::vector<const CudaRun*>& started() noexcept { return started_; }

 private:
  CudaDevice& device_;
  const bool blocking_wait_;
  Stream compute_;
  Stream upload_;
  Stream download_;
  std::vector<const CudaRun*> started_;
};

}  // namespace device::cuda
