#include "pin.h"

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

void PinModule() noexcept {
  HMODULE module = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                     reinterpret_cast<LPCWSTR>(&PinModule), &module);
}
#else
#include <dlfcn.h>

void PinModule() noexcept {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&PinModule), &info) == 0) return;
  dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
}
#endif
