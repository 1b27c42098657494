#include "shared_library.h"

#include "path.h"

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <cstdlib>
#include <string_view>
#else
#include <dlfcn.h>
#include <sys/stat.h>
#endif

namespace ort {

#ifdef _WIN32
namespace {

// The system's own words are in the user's language, and name no file.
std::string Describe(DWORD error) {
  std::string described = "LoadLibraryEx failed with error " + std::to_string(error);
  wchar_t words[256];
  const DWORD flags =
      FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
  DWORD length = FormatMessageW(flags, nullptr, error, 0, words, 256, nullptr);
  while (length > 0 && (words[length - 1] == L' ' || words[length - 1] == L'.')) --length;
  char text[4 * 256];
  const int size = static_cast<int>(length);
  if (const int bytes = WideCharToMultiByte(CP_UTF8, 0, words, size, text, sizeof text, nullptr, nullptr);
      bytes > 0) {
    described.append(", ").append(text, static_cast<std::size_t>(bytes));
  }
  if (error == ERROR_MOD_NOT_FOUND) described += " (the file, or a DLL that it needs, is not there)";
  return described;
}

bool IsFile(const Path& path) {
  const DWORD attributes = GetFileAttributesW(path.c_str());
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

// C:/folder, or //server/share.
bool IsAbsolute(std::wstring_view path) {
  const auto is_separator = [&](size_t at) {
    return at < path.size() && (path[at] == L'\\' || path[at] == L'/');
  };
  return (path.size() > 2 && path[1] == L':' && is_separator(2)) || (is_separator(0) && is_separator(1));
}

// The file in a folder of PATH. Windows itself would look in the working directory first, and in folders of
// PATH that are relative to it.
Path FindOnPath(const Path& name) {
  const wchar_t* const variable = _wgetenv(L"PATH");
  std::wstring_view folders(variable != nullptr ? variable : L"");
  while (!folders.empty()) {
    const std::wstring_view folder = folders.substr(0, folders.find(L';'));
    const Path file = Path(folder) + L'\\' + name;
    if (IsAbsolute(folder) && IsFile(file)) return file;
    folders.remove_prefix(folder.size() < folders.size() ? folder.size() + 1 : folder.size());
  }
  return {};
}

HMODULE Load(const Path& path, DWORD flags) { return LoadLibraryExW(path.c_str(), nullptr, flags); }

}  // namespace

void* OpenShared(const std::string& path, std::string& reason) {
  // A path brings its own folder into the search for what the library needs.
  constexpr DWORD kBesideIt = LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS;
  const Path file = ToPath(path);
  const bool is_bare = file.find_first_of(L"/\\:") == Path::npos;
  HMODULE module = Load(file, is_bare ? LOAD_LIBRARY_SEARCH_SYSTEM32 : kBesideIt);
  DWORD error = GetLastError();
  if (module == nullptr && is_bare) {
    if (const auto found = FindOnPath(file); !found.empty()) {
      module = Load(found, kBesideIt);
      error = GetLastError();
    }
  }
  if (module == nullptr) reason = Describe(error);
  return module;
}
void* FindLoaded(const char* name) noexcept {
  HMODULE module = nullptr;
  return GetModuleHandleExA(0, name, &module) != 0 ? module : nullptr;
}
void* FindSymbol(void* library, const char* name) noexcept {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name));
}
void CloseShared(void* library) noexcept { FreeLibrary(static_cast<HMODULE>(library)); }
#else
void* OpenShared(const std::string& path, std::string& reason) {
  // The loader would wait for the writer of a FIFO. It looks for a bare name where the system does.
  struct stat status{};
  if (path.find('/') != std::string::npos && stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    reason = path + ": not a regular file";
    return nullptr;
  }
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* message = dlerror();
    reason = message != nullptr ? message : "dlopen failed";
  }
  return library;
}
void* FindLoaded(const char* name) noexcept { return dlopen(name, RTLD_LAZY | RTLD_NOLOAD); }
void* FindSymbol(void* library, const char* name) noexcept { return dlsym(library, name); }
void CloseShared(void* library) noexcept { dlclose(library); }
#endif

}  // namespace ort
