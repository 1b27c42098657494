#include "exit_handler.h"

#ifndef _WIN32
#include <mutex>

// Of the C++ ABI: exit handlers by a key, whose handlers __cxa_finalize runs and forgets. atexit forgets
// none: each call would take memory for good.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier)
int __cxa_atexit(void (*function)(void*), void* argument, void* key);
void __cxa_finalize(void* key);
// NOLINTEND(bugprone-reserved-identifier)
}

namespace {

std::mutex mutex;
char key;
void (*registered)() = nullptr;
thread_local bool forgetting = false;

void Run(void*) {
  if (!forgetting) registered();
}

}  // namespace

void RunFirstAtExit(void (*handler)()) noexcept {
  const std::lock_guard lock(mutex);
  forgetting = true;
  __cxa_finalize(&key);
  forgetting = false;
  registered = handler;
  __cxa_atexit(Run, nullptr, &key);
}
#endif
