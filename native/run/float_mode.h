// The floating-point mode of the session option session.set_denormal_as_zero, which belongs to a thread.
//
// ONNX Runtime sets it on the threads of a session's pools, and on the thread that creates the process's
// first session. The thread that runs a session computes as well, and must compute the same bits. ONNX
// Runtime has the mode on x86 alone: elsewhere its own threads ignore the option, and so does this.
#pragma once

#if defined(__SSE__) || defined(_M_X64)
#include <xmmintrin.h>
#define ORT_IOBINDING_HAS_DENORMAL_MODE
#endif

namespace run {

// Of the calling thread, as long as the object lives and `on` is set.
class DenormalsAsZero {
 public:
#ifdef ORT_IOBINDING_HAS_DENORMAL_MODE
  explicit DenormalsAsZero(bool on) noexcept : on_(on) {
    if (!on_) return;
    before_ = _mm_getcsr();
    _mm_setcsr(before_ | kFlushToZero | kDenormalsAreZero);
  }
  ~DenormalsAsZero() {
    if (on_) _mm_setcsr(before_);
  }

 private:
  static constexpr unsigned kFlushToZero = 0x8000;
  static constexpr unsigned kDenormalsAreZero = 0x0040;
  bool on_;
  unsigned before_ = 0;

 public:
#else
  explicit DenormalsAsZero(bool) noexcept {}
#endif
  DenormalsAsZero(const DenormalsAsZero&) = delete;
  DenormalsAsZero& operator=(const DenormalsAsZero&) = delete;
};

}  // namespace run
