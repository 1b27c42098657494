// A value's memory, as its wrapper, bindings and runs share it.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "device/device.h"
#include "ort/handles.h"

// Shared by the wrapper, the bindings it is bound to and the runs in flight: memory goes when the last of
// them goes. Made and destroyed on the JS thread.
struct ValueState : device::Location {
  ValueState() = default;
  ~ValueState();
  ValueState(const ValueState&) = delete;
  ValueState& operator=(const ValueState&) = delete;

  ONNXType kind = ONNX_TYPE_TENSOR;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;  // of a tensor
  std::vector<int64_t> dims;                                                 // of a tensor
  size_t bytes = 0;
  void* data = nullptr;   // of a tensor that has memory: not of strings
  bool disposed = false;  // by its user: bindings refuse it from then on
  // Asynchronous work that uses it meanwhile.
  int readers = 0;  // runs that have it for an input, copies from it
  int writers = 0;  // runs that have it for an output, copies to it
  int copies = 0;   // of these the copies
  bool InUse() const noexcept { return readers + writers > 0; }
  // Destroyed before what it points into.
  std::shared_ptr<device::Memory> memory;             // memory the addon owns
  Napi::Reference<Napi::Value> borrowed;              // or the ArrayBuffer of a user's typed array
  std::vector<std::shared_ptr<ValueState>> elements;  // or a sequence made here shares its elements' memory
  std::vector<std::shared_ptr<void>> shared;          // what else it may point into: see KeepAlive
  std::shared_ptr<OrtSession> session;                // whose allocator on the device it is; goes after the
  ort::ValueHandle handle;                            // memory ONNX Runtime owns

  bool IsString() const noexcept { return type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING; }

  // Whether a pointer, of memory that is there, is into this tensor's memory.
  bool Holds(const void* pointer, const device::Location& there) const noexcept {
    if (data == nullptr || there.OnDevice() != OnDevice()) return false;
    // On a device it may be a handle, which is no place among others.
    if (OnDevice()) return pointer == data;
    const auto* first = static_cast<const char*>(data);
    return pointer >= first && pointer < first + (bytes > 0 ? bytes : 1);
  }

  device::TensorView view() const noexcept { return {handle.get(), data, bytes}; }

  bool Borrows() const noexcept;

  // A borrowed buffer that JavaScript has transferred away is no longer ours to read or write.
  void CheckAttached(Napi::Env env) const;
};

// Asynchronous work's use of values, for as long as it lives. JS thread.
class InUse {
 public:
  enum class By { kRun, kCopy };
  explicit InUse(By by) : by_(by) {}
  InUse(InUse&&) = default;
  InUse& operator=(InUse&&) = delete;
  ~InUse();
  void Read(std::shared_ptr<ValueState> value);
  void Write(std::shared_ptr<ValueState> value);

 private:
  By by_;
  std::vector<std::shared_ptr<ValueState>> read_;
  std::vector<std::shared_ptr<ValueState>> written_;
};

// A tensor's state, without memory.
std::shared_ptr<ValueState> MakeTensorState(ONNXTensorElementDataType type, std::vector<int64_t> dims);

// Has the tensor's OrtValue point at memory that is where the state says.
void PointAt(ValueState& state, void* data);

// Memory where the state says, which nobody has written to.
void AllocateThere(ValueState& state);
