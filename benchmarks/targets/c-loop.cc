// The limit that the microbenchmark compares with: a loop over RunWithBinding, without Node.js.
//
//   ort_c_loop LIBRARY MODEL THREADS (input|output NAME TYPE DIMS FILE)...
//
// TYPE is ONNX's code of the element type, DIMS are separated by commas, FILE holds an input's bytes.
// Library, session, values and run options are made by the addon's own code. It answers `open` and `measure`
// of node.mjs.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "device/host_memory.h"
#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/library.h"
#include "ort/path.h"
#include "ort/run_options.h"

namespace {

using Clock = std::chrono::steady_clock;

struct BoundTensor {
  bool is_input;
  std::string name;
  std::vector<int64_t> dims;
  std::shared_ptr<device::HostMemory> memory;
  ort::ValueHandle value;
};

std::vector<int64_t> ParseDims(const std::string& text) {
  std::vector<int64_t> dims;
  std::istringstream stream(text);
  for (std::string dim; std::getline(stream, dim, ',');) dims.push_back(std::stoll(dim));
  return dims;
}

BoundTensor MakeBoundTensor(char** arguments) {
  BoundTensor tensor{std::string(arguments[0]) == "input", arguments[1], ParseDims(arguments[3]), nullptr,
                     nullptr};
  const auto type = static_cast<ONNXTensorElementDataType>(std::stoi(arguments[2]));
  const size_t bytes = ort::ByteLength(type, tensor.dims);
  tensor.memory = device::HostMemory::Allocate(bytes, device::HostMemory::Fill::kZero);
  if (tensor.is_input) {
    std::ifstream file(ort::ToPath(arguments[4]), std::ios::binary);
    if (!file.read(static_cast<char*>(tensor.memory->data()), static_cast<std::streamsize>(bytes))) {
      throw std::runtime_error("cannot read " + std::string(arguments[4]));
    }
  }
  tensor.value = ort::Create<ort::ValueHandle>(ort::api().CreateTensorWithDataAsOrtValue,
                                               ort::CpuMemoryInfo(), tensor.memory->data(), bytes,
                                               tensor.dims.data(), tensor.dims.size(), type);
  return tensor;
}

ort::SessionHandle MakeSession(const std::string& path, int threads) {
  const auto options = ort::Create<ort::SessionOptionsHandle>(ort::api().CreateSessionOptions);
  ort::Check(ort::api().SetIntraOpNumThreads(options.get(), threads));
  return ort::Create<ort::SessionHandle>(ort::api().CreateSession, ort::Environment(),
                                         ort::ToPath(path).c_str(), options.get());
}

template <typename Call>
std::vector<int64_t> Measure(size_t count, Call call) {
  std::vector<int64_t> times(count);
  for (int64_t& time : times) {
    const auto begin = Clock::now();
    call();
    time = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count();
  }
  return times;
}

void AnswerOpen(const BoundTensor& output) {
  auto clock = Measure(10'000, [] {});
  std::nth_element(clock.begin(), clock.begin() + 5'000, clock.end());
  const auto* data = static_cast<const float*>(output.memory->data());
  double sum = 0, magnitude = 0;
  for (size_t i = 0; i < output.memory->bytes() / sizeof(float); ++i) {
    sum += static_cast<double>(data[i]);
    magnitude += std::fabs(static_cast<double>(data[i]));
  }
  std::printf("{\"clockNs\":%lld,\"sum\":%.17g,\"magnitude\":%.17g}\n", static_cast<long long>(clock[5'000]),
              sum, magnitude);
}

void AnswerTimes(const std::vector<int64_t>& times) {
  const char* separator = "{\"times\":[";
  for (const int64_t time : times) {
    std::printf("%s%lld", separator, static_cast<long long>(time));
    separator = ",";
  }
  std::printf("]}\n");
}

void Serve(int count, char** arguments) {
  ort::OpenLibrary(arguments[1]);
  const auto session = MakeSession(arguments[2], std::stoi(arguments[3]));
  const auto run_options = ort::MakeRunOptions();
  std::vector<BoundTensor> tensors;
  for (int i = 4; i + 4 < count; i += 5) tensors.push_back(MakeBoundTensor(arguments + i));
  const auto binding = ort::Create<ort::IoBindingHandle>(ort::api().CreateIoBinding, session.get());
  for (const BoundTensor& tensor : tensors) {
    const auto bind = tensor.is_input ? ort::api().BindInput : ort::api().BindOutput;
    ort::Check(bind(binding.get(), tensor.name.c_str(), tensor.value.get()));
  }
  const auto call = [&] {
    ort::Check(ort::api().RunWithBinding(session.get(), run_options.get(), binding.get()));
  };

  Measure(10, call);
  for (std::string question; std::getline(std::cin, question);) {
    size_t warmup = 0, calls = 0;
    const char* format = R"({"op":"measure","warmup":%zu,"calls":%zu})";
    if (std::sscanf(question.c_str(), format, &warmup, &calls) == 2) {
      Measure(warmup, call);
      AnswerTimes(Measure(calls, call));
    } else {
      AnswerOpen(*std::find_if(tensors.begin(), tensors.end(),
                               [](const BoundTensor& tensor) { return !tensor.is_input; }));
    }
    std::fflush(stdout);
  }
}

}  // namespace

int main(int count, char** arguments) {
  try {
    Serve(count, arguments);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
