#include "shared_library.h"

#include "path.h"

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace ort {

#ifdef _WIN32
void* OpenShared(const std::string& path, std::string& reason) {
  // A full path brings its own folder into the search for what it needs; a bare name is looked for where the
  // system does.
  const DWORD flags = path.find_first_of("/\\") != std::string::npos
                          ? LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS
                          : 0;
  HMODULE module = LoadLibraryExW(ToPath(path).c_str(), nullptr, flags);
  if (module == nullptr) reason = "LoadLibraryEx failed with error " + std::to_string(GetLastError());
  return module;
}
void* FindSymbol(void* library, const char* name) noexcept {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name));
}
void CloseShared(void* library) noexcept { FreeLibrary(static_cast<HMODULE>(library)); }
#else
void* OpenShared(const std::string& path, std::string& reason) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* message = dlerror();
    reason = message != nullptr ? message : "dlopen failed";
  }
  return library;
}
void* FindSymbol(void* library, const char* name) noexcept { return dlsym(library, name); }
void CloseShared(void* library) noexcept { dlclose(library); }
#endif

}  // namespace ort
