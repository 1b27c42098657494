#include "core/state.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace sim {
namespace {

std::size_t EnvSize(const char* name, std::size_t otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != 0 ? std::strtoull(value, nullptr, 0) : otherwise;
}

// The file that a variable names, to which all processes append; -1 without one.
int OpenLog(const char* variable) {
  const char* path = std::getenv(variable);
  return path != nullptr && *path != 0 ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
}

}  // namespace

Thread& thread() {
  static std::atomic<std::uint64_t> numbers{0};
  thread_local Thread thread;
  if (thread.number == 0) thread.number = ++numbers;
  return thread;
}

State& state() {
  static State* const state = new State;
  return *state;
}

bool null_mode = false;
State::State() {
  if (std::getenv("CUDASIM_NULL_SIGUSR2") != nullptr)
    std::signal(SIGUSR2, [](int) { null_mode = !null_mode; });
  if (const char* seed = std::getenv("CUDASIM_INTERLEAVE"))
    interleave = static_cast<unsigned>(std::strtoul(seed, nullptr, 0));
  devices = static_cast<int>(EnvSize("CUDASIM_DEVICES", 1));
  device_bytes = EnvSize("CUDASIM_MEMORY", std::size_t{4} << 30);
  strict_loss = EnvSize("CUDASIM_STRICT_LOSS", 0) != 0;
  trace_ = OpenLog("CUDASIM_TRACE");
  violation_log_ = OpenLog("CUDASIM_VIOLATIONS");
}

void State::Log(const char* name, const std::string& detail, CUresult result) {
  ++counts[name];
  ++sequence_;
  if (trace_ < 0) return;
  const std::string line = Format("%llu t%llu %s", static_cast<unsigned long long>(sequence_),
                                  static_cast<unsigned long long>(thread().number), name) +
                           (detail.empty() ? "" : " " + detail) +
                           (result != CUDA_SUCCESS ? Format(" -> %s", ErrorName(result)) : "") + "\n";
  (void)!write(trace_, line.data(), line.size());
}

void State::Violation(const std::string& text) {
  if (violations.size() < 1000) violations.push_back(text);
  const std::string line = "VIOLATION " + text + "\n";
  for (const int log : {trace_, violation_log_}) {
    if (log >= 0) (void)!write(log, line.data(), line.size());
  }
}

void State::Break(const Error& error, const std::string& what) {
  if (broken != CUDA_SUCCESS) return;
  broken = error.code;
  broken_why = what + ": " + error.text;
  std::fprintf(stderr, "cudasim: %s (%s)\n", broken_why.c_str(), ErrorName(error.code));
  Violation(broken_why);
}

void State::Admit(unsigned rules) {
  if (broken != CUDA_SUCCESS && (rules & kSurvives) == 0) throw Error{broken, ""};
  if ((rules & kUnsafe) == 0 || captures_.empty() || thread().mode == CU_STREAM_CAPTURE_MODE_RELAXED) return;
  for (const auto& capture : captures_) {
    const bool own = capture->thread == thread().number && capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED;
    const bool global =
        capture->mode == CU_STREAM_CAPTURE_MODE_GLOBAL && thread().mode == CU_STREAM_CAPTURE_MODE_GLOBAL;
    if (!own && !global) continue;
    capture->invalid = "an unsafe call";
    throw Error{CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "unsafe while a capture is going on"};
  }
}

}  // namespace sim
