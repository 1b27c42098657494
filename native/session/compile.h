// Compiles a model for an execution provider: nodes that the provider compiles become an EPContext node.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "model_job.h"

// CompileSettings of lib/engine/compile.ts.
struct CompileSettings {
  explicit CompileSettings(Napi::Object settings);
  std::optional<std::string> to;  // a path; else the job's result is the compiled model
  std::optional<std::string> external_initializers_file;
  size_t external_initializers_threshold;
  bool embeds_context;
  uint32_t flags;
  GraphOptimizationLevel optimization;
  std::optional<std::pair<std::string, std::string>> context_place;  // folder, and name of the model
  bool weightless;
};

class CompileJob final : public ModelJob {
 public:
  CompileJob(Napi::Env env, Napi::Object owner, std::shared_ptr<SessionState> state, Napi::Value model,
             LoadSettings settings, CompileSettings compile, ModelJob*& in_flight);
  ~CompileJob() override;

 protected:
  void Work() override;
  Napi::Value Result(Napi::Env env) override;

 private:
  void Set(OrtModelCompilationOptions* options);

  CompileSettings compile_;
  void* compiled_ = nullptr;  // with ONNX Runtime's default allocator
  size_t length_ = 0;
};
