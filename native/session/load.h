// Loads a model, as the session's first job.
#pragma once

#include <memory>

#include "model_job.h"

class LoadJob final : public ModelJob {
 public:
  using ModelJob::ModelJob;

 protected:
  void Work() override;
  void OnDone() noexcept override;

 private:
  ort::SessionHandle Create() const;
  void CheckGraphs(const device::Device* device) const;
};
