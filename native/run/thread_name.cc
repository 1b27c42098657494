#include "thread_name.h"

#ifdef _WIN32
#include <windows.h>

#include <algorithm>
#include <cstring>
#else
#include <pthread.h>
#endif

namespace run {

#ifdef _WIN32
void SetThreadName(const char* name) noexcept {
  // Looked up: Windows Server 2016 has it in another library than later versions.
  using Function = HRESULT(WINAPI*)(HANDLE, PCWSTR);
  const HMODULE library = GetModuleHandleW(L"KernelBase.dll");
  if (library == nullptr) return;
  const auto set =
      reinterpret_cast<Function>(reinterpret_cast<void*>(GetProcAddress(library, "SetThreadDescription")));
  if (set == nullptr) return;
  wchar_t wide[16] = {};
  std::copy_n(name, std::min<size_t>(std::strlen(name), 15), wide);
  set(GetCurrentThread(), wide);
}
#elif defined(__APPLE__)
void SetThreadName(const char* name) noexcept { pthread_setname_np(name); }
#else
void SetThreadName(const char* name) noexcept { pthread_setname_np(pthread_self(), name); }
#endif

#ifdef __linux__
InheritedName::InheritedName(const char* name) noexcept {
  pthread_getname_np(pthread_self(), before_, sizeof before_);
  SetThreadName(name);
}
InheritedName::~InheritedName() { SetThreadName(before_); }
#else
InheritedName::InheritedName(const char*) noexcept {}
InheritedName::~InheritedName() = default;
#endif

}  // namespace run
