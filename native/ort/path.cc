#include "path.h"

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

namespace ort {

Path ToPath(const std::string& utf8) {
  const int bytes = static_cast<int>(utf8.size());
  Path path(static_cast<size_t>(MultiByteToWideChar(CP_UTF8, 0, utf8.data(), bytes, nullptr, 0)), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, utf8.data(), bytes, path.data(), static_cast<int>(path.size()));
  return path;
}

}  // namespace ort
#endif
