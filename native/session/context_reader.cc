#include "context_reader.h"

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>

#include "convert.h"
#include "env/js_error.h"

namespace {

// OrtReadNamedBufferFunc, of ONNX Runtime's experimental functions.
using ReadFunction = OrtStatus*(ORT_API_CALL*)(void* state, const char* name, OrtAllocator* allocator,
                                               void** buffer, size_t* size);
using SetReadFunction = OrtStatus*(ORT_API_CALL*)(OrtSessionOptions * options, ReadFunction read,
                                                  void* state);

constexpr char kSetReadFunction[] = "OrtApi_SessionOptions_SetEpContextDataReadFunc_SinceV28";

// A call, which waits for the JS thread.
struct Request {
  const char* name;
  OrtAllocator* allocator;
  void* buffer = nullptr;
  size_t size = 0;
  std::string error;
  bool ended = false;
};

}  // namespace

struct ContextReader::State {
  const std::thread::id js_thread = std::this_thread::get_id();
  std::mutex mutex;
  std::condition_variable changed;
  napi_threadsafe_function function = nullptr;  // null once its environment has ended
  bool canceled = false;

  static void Finalize(napi_env, void* data, void*) {
    const std::unique_ptr<std::shared_ptr<State>> state(static_cast<std::shared_ptr<State>*>(data));
    const std::lock_guard lock((*state)->mutex);
    (*state)->function = nullptr;
    (*state)->canceled = true;
    (*state)->changed.notify_all();
  }

  // What a queued call needs, also where the caller has given up.
  struct Call {
    std::shared_ptr<State> state;
    std::shared_ptr<Request> request;
    std::string name;
  };

  // JS thread. A caller that has given up has no allocator any more.
  static void Answer(napi_env env, napi_value callback, void*, void* data) {
    const std::unique_ptr<Call> call(static_cast<Call*>(data));
    State& state = *call->state;
    std::string error = "the process ends";
    Bytes bytes{};
    std::optional<Napi::HandleScope> scope;
    if (env != nullptr) {
      scope.emplace(Napi::Env(env));
      try {
        bytes = ToBytes(Napi::Function(env, callback).Call({Napi::String::New(env, call->name)}));
        error.clear();
      } catch (const Napi::Error& thrown) {
        error = thrown.Message().empty() ? "it threw" : thrown.Message();
      } catch (const std::exception& thrown) {
        error = thrown.what();
      }
    }
    const std::lock_guard lock(state.mutex);
    Request& request = *call->request;
    if (request.ended) return;
    if (error.empty() && bytes.length > 0) {
      OrtStatus* const status = ort::api().AllocatorAlloc(request.allocator, bytes.length, &request.buffer);
      if (status != nullptr || request.buffer == nullptr) {
        ort::Ignore(status);
        error = "cannot allocate " + std::to_string(bytes.length) + " bytes";
      } else {
        std::memcpy(request.buffer, bytes.data, bytes.length);
        request.size = bytes.length;
      }
    }
    request.error = std::move(error);
    request.ended = true;
    state.changed.notify_all();
  }

  std::string Ask(const std::shared_ptr<State>& self, const std::shared_ptr<Request>& request) {
    if (std::this_thread::get_id() == js_thread) return "it cannot be called on the thread of JavaScript";
    std::unique_lock lock(mutex);
    auto call = std::make_unique<Call>(Call{self, request, request->name});
    if (canceled || function == nullptr ||
        napi_call_threadsafe_function(function, call.get(), napi_tsfn_nonblocking) != napi_ok) {
      return "the load was canceled";
    }
    static_cast<void>(call.release());
    changed.wait(lock, [&] { return request->ended || canceled; });
    if (request->ended) return request->error;
    request->ended = true;
    return "the load was canceled";
  }

  // Any thread. No exception may pass ONNX Runtime's C frames.
  static OrtStatus* ORT_API_CALL Read(void* state, const char* name, OrtAllocator* allocator, void** buffer,
                                      size_t* size) noexcept try {
    const std::shared_ptr<State>& self = *static_cast<std::shared_ptr<State>*>(state);
    *buffer = nullptr;
    *size = 0;
    const auto request =
        std::make_shared<Request>(Request{.name = name, .allocator = allocator, .error = {}});
    const std::string error = self->Ask(self, request);
    if (!error.empty()) {
      const std::string text = "'epContextDataRead' gave no data of '" + std::string(name) + "': " + error;
      return ort::api().CreateStatus(ORT_FAIL, text.c_str());
    }
    *buffer = request->buffer;
    *size = request->size;
    return nullptr;
  } catch (...) {
    return ort::api().CreateStatus(ORT_FAIL, "'epContextDataRead' gave no data");
  }
};

ContextReader::ContextReader(Napi::Env env, Napi::Function callback) : state_(std::make_shared<State>()) {
  auto shared = std::make_unique<std::shared_ptr<State>>(state_);
  const Napi::String name = Napi::String::New(env, "onnxruntime EPContext data");
  CheckStatus(
      env, napi_create_threadsafe_function(env, callback, nullptr, name, 0, 1, shared.get(), State::Finalize,
                                           nullptr, State::Answer, &state_->function));
  static_cast<void>(shared.release());
  // The load keeps the event loop alive.
  CheckStatus(env, napi_unref_threadsafe_function(env, state_->function));
}

ContextReader::~ContextReader() {
  Cancel();
  const std::lock_guard lock(state_->mutex);
  if (state_->function != nullptr) napi_release_threadsafe_function(state_->function, napi_tsfn_release);
  state_->function = nullptr;
}

void ContextReader::Serve(OrtSessionOptions* options) const {
  const auto find = ort::api().GetExperimentalFunction;
  const auto set = find != nullptr ? reinterpret_cast<SetReadFunction>(find(kSetReadFunction)) : nullptr;
  if (set == nullptr) {
    throw ort::Error(
        "ERR_NOT_SUPPORTED",
        "'epContextDataRead' needs ONNX Runtime 1.28 to 1.30, whose experimental function it calls");
  }
  ort::Check(set(options, State::Read, const_cast<std::shared_ptr<State>*>(&state_)));
}

void ContextReader::Cancel() noexcept {
  const std::lock_guard lock(state_->mutex);
  state_->canceled = true;
  state_->changed.notify_all();
}
