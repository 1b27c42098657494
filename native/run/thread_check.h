// Thread contracts, asserted in the sanitizer build and free in any other:
//
//   JS_THREAD();   at the entry of a function that only a thread of an environment may call
//   RUN_THREAD();  at the entry of a function that only a run thread may call
//   DEVICE_RUN_THREAD();  the same, and the JS thread in its place: see run::InPlace
#pragma once

#ifdef ORT_IOBINDING_THREAD_CHECKS
#include <cstdio>
#include <cstdlib>

namespace run {

enum class ThreadRole { kOther, kJs, kRun, kJsInPlace };
inline thread_local ThreadRole thread_role = ThreadRole::kOther;

inline void CheckThread(ThreadRole expected, ThreadRole or_this, const char* function) noexcept {
  if (thread_role == expected || thread_role == or_this) return;
  std::fprintf(stderr, "%s was called on the wrong thread\n", function);
  std::abort();
}

}  // namespace run

#define SET_THREAD_ROLE(role) ::run::thread_role = ::run::ThreadRole::role
#define CHECK_THREAD(role, or_this) \
  ::run::CheckThread(::run::ThreadRole::role, ::run::ThreadRole::or_this, __func__)
#define JS_THREAD() CHECK_THREAD(kJs, kJsInPlace)
#define RUN_THREAD() CHECK_THREAD(kRun, kRun)
#define DEVICE_RUN_THREAD() CHECK_THREAD(kRun, kJsInPlace)
#else
#define SET_THREAD_ROLE(role) static_cast<void>(0)
#define JS_THREAD() static_cast<void>(0)
#define RUN_THREAD() static_cast<void>(0)
#define DEVICE_RUN_THREAD() static_cast<void>(0)
#endif
