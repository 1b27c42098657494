// Node-API's functions on Windows where the addon is not linked by MSVC, whose delayed loading finds them:
// what the compiler calls through (`__imp_` and the name) is filled in from the program that has loaded the
// addon, whatever it is called (node.exe, electron.exe). Static initializers run before Node asks for the
// addon's entry.
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <initializer_list>

extern "C" {
#define NODE_API_FUNCTION(name) FARPROC __imp_##name = nullptr;
#include "node_api_functions.inc"
#undef NODE_API_FUNCTION
}

namespace {

// Null where the host is older than the function: nothing calls it then.
FARPROC FindInHost(const char* name) noexcept {
  // A program that embeds Node has it in a DLL.
  for (const wchar_t* host : {static_cast<const wchar_t*>(nullptr), L"libnode.dll", L"node.dll"}) {
    const HMODULE module = GetModuleHandleW(host);
    if (module == nullptr) continue;
    if (const FARPROC function = GetProcAddress(module, name)) return function;
  }
  return nullptr;
}

[[maybe_unused]] const bool filled = [] {
#define NODE_API_FUNCTION(name) __imp_##name = FindInHost(#name);
#include "node_api_functions.inc"
#undef NODE_API_FUNCTION
  return true;
}();

}  // namespace
