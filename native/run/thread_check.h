// Thread contracts, asserted in the sanitizer build and free in any other:
//
//   JS_THREAD();   at the entry of a function that only a thread of an environment may call
//   RUN_THREAD();  at the entry of a function that only a run thread may call
#pragma once

#ifdef ORT_IOBINDING_THREAD_CHECKS
#include <cstdio>
#include <cstdlib>

namespace run {

enum class ThreadRole { kOther, kJs, kRun };
inline thread_local ThreadRole thread_role = ThreadRole::kOther;

inline void CheckThread(ThreadRole expected, const char* function) noexcept {
  if (thread_role == expected) return;
  std::fprintf(stderr, "%s was called on the wrong thread\n", function);
  std::abort();
}

}  // namespace run

#define SET_THREAD_ROLE(role) ::run::thread_role = ::run::ThreadRole::role
#define JS_THREAD() ::run::CheckThread(::run::ThreadRole::kJs, __func__)
#define RUN_THREAD() ::run::CheckThread(::run::ThreadRole::kRun, __func__)
#else
#define SET_THREAD_ROLE(role) static_cast<void>(0)
#define JS_THREAD() static_cast<void>(0)
#define RUN_THREAD() static_cast<void>(0)
#endif
