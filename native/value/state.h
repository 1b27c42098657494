// A value and its memory, as its wrapper, bindings and runs share it.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "device/device.h"
#include "device/host_memory.h"
#include "env/in_flight.h"

struct ValueState;

// What an OrtValue needs of others. ONNX Runtime's sequence operators share the elements of their inputs.
struct Shared {
  // Of an input of the run that makes the value.
  void Add(const std::shared_ptr<ValueState>& input);

  // Tensors, never sequences: a state that is fed back would be a chain of them, whose end frees all, each
  // within the next.
  std::vector<std::shared_ptr<ValueState>> elements;
  std::vector<std::shared_ptr<void>> memory;
};

// Shared by the wrapper, the bindings it is bound to and the runs in flight: the last of them to go frees the
// memory. Created and destroyed on the JS thread.
struct ValueState : device::Location {
  explicit ValueState(const device::Location& where = {}) : Location(where) {}
  ~ValueState();
  ValueState(const ValueState&) = delete;
  ValueState& operator=(const ValueState&) = delete;

  ONNXType kind = ONNX_TYPE_TENSOR;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;  // of a tensor
  std::vector<int64_t> dims;                                                 // of a tensor
  size_t bytes = 0;
  void* data = nullptr;  // of a tensor of numbers
  // JavaScript can detach the borrowed memory, or an element's, and free it, whatever uses it.
  bool detachable = false;
  bool disposed = false;  // by the user: bindings then refuse it
  // What the OrtValue points into, destroyed after it:
  std::shared_ptr<device::Memory> memory;  // memory of the addon,
  Napi::Reference<Napi::Value> borrowed;   // the ArrayBuffer of a user's typed array,
  Shared shared;                           // or what others own.
  std::shared_ptr<OrtSession> session;     // whose device allocator owns the OrtValue's memory
  ort::ValueHandle handle;

  // Whether it is not an optional without a value.
  bool HasValue() const noexcept { return kind != ONNX_TYPE_OPTIONAL; }

  bool IsString() const noexcept { return type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING; }

  // Whether a pointer, into memory at `there`, is into this tensor's memory.
  bool Holds(const void* pointer, const device::Location& there) const noexcept {
    if (data == nullptr || there.OnDevice() != OnDevice()) return false;
    return MemoryRange().Overlaps({static_cast<const char*>(pointer), 1});
  }

  device::TensorView view() const noexcept { return {handle.get(), data, bytes}; }

  // The value for a run on another thread: of detachable memory a stand-in in memory of the addon's, made
  // once. The JS thread copies in before the run and out after it.
  device::TensorView Safe() const;
  bool StandInHolds(const void* pointer) const noexcept;
  // Before the run is in flight. What an earlier one writes is in the stand-in.
  void CopyIn(const InFlight& in_flight) const;
  // The results of a run, and of all before it, unless those of a later one were copied. While another run in
  // flight writes the stand-in, nothing is copied: the last such run does it when it ends, even if it failed.
  // Throws ERR_DETACHED.
  void CopyOut(Napi::Env env, uint64_t run) const;
  // After a run that may have failed: copies what CopyOut left to it.
  void CopyOwed(uint64_t run) const noexcept;

  // Memory of a tensor. Of strings, which are objects of any size, distinct for distinct tensors.
  device::HostRange Range() const;
  // Whether a kernel can read and write the memory. Throws ERR_INVALID_ARG_VALUE; `what` is for the error.
  void CheckAligned(const std::string& what) const;
  MemoryUse Use(Access access, const void* session) const;
  // The use in flight that forbids this one; null: none does.
  const MemoryUse* Conflict(const InFlight& in_flight, Access access, const void* session) const;
  // Throws ERR_BUSY where work in flight forbids the use. `what` is for the error.
  void CheckFree(const InFlight& in_flight, Access access, const void* session,
                 const std::string& what) const;

  bool Borrows() const noexcept;

  // Throws ERR_DETACHED where JavaScript has transferred a borrowed buffer.
  void CheckAttached(Napi::Env env) const;
  // Whether `from` can be copied here.
  void CheckCopy(Napi::Env env, const ValueState& from) const;
  // Any thread: copies a tensor of the same type and shape, which is at `where`, into this one.
  void CopyFrom(const device::TensorView& from, const device::Location& where);

 private:
  // Of a tensor of numbers; an empty one has an address too.
  device::HostRange MemoryRange() const noexcept {
    if (OnDevice()) return device->Range(data, bytes > 0 ? bytes : 1);
    return {static_cast<const char*>(data), bytes > 0 ? bytes : 1};
  }

  mutable device::Tensor stand_in_;
  mutable uint64_t copied_out_ = 0;  // the last run whose results were
  mutable bool owed_ = false;        // CopyOut has left results to a run in flight
};

enum class Overlap { kNone, kPartial, kSame };

// How the memory of two values overlaps.
Overlap FindOverlap(const ValueState& one, const ValueState& other);

// Asynchronous work's uses of values, in `in_flight` for as long as it lives. JS thread.
class InUse {
 public:
  explicit InUse(std::shared_ptr<InFlight> in_flight, const void* session = nullptr)
      : in_flight_(std::move(in_flight)), id_(in_flight_->NextId()), session_(session) {}
  InUse(InUse&&) = default;
  InUse& operator=(InUse&&) = delete;
  ~InUse();
  uint64_t id() const noexcept { return id_; }
  void Add(const std::shared_ptr<ValueState>& value, Access access);
  // Memory that the JS thread writes when the run has ended: in no order with other runs.
  void AddResult(const device::HostRange& range, const Napi::Reference<Napi::Value>& array) {
    in_flight_->Add({.range = range, .access = Access::kWrite, .by = id_, .array = &array});
  }

 private:
  void AddUse(MemoryUse use);

  std::shared_ptr<InFlight> in_flight_;  // null once moved
  uint64_t id_;
  const void* session_;
  std::vector<std::shared_ptr<ValueState>> values_;
};

// The state of a tensor at a location, without memory.
std::shared_ptr<ValueState> MakeTensorState(ONNXTensorElementDataType type, std::vector<int64_t> dims,
                                            const device::Location& where = {});

// A tensor over a part of another one's memory, which it shares; `offset` is in bytes.
std::shared_ptr<ValueState> MakeView(const std::shared_ptr<ValueState>& whole, std::vector<int64_t> dims,
                                     size_t offset);

// Creates the tensor's OrtValue over memory at the state's location.
void PointAt(ValueState& state, void* data);

// Allocates memory at the state's location, uninitialized where it is not the CPU's.
void AllocateMemory(ValueState& state, device::HostMemory::Fill fill);
