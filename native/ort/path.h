// File paths as ONNX Runtime and the system's loader want them: wide characters on Windows, bytes elsewhere.
// Not std::filesystem, which would bring 100 KB of libc++ into the addon, and its functions 400.
#pragma once

#include <string>

#include "types.h"

namespace ort {

using Path = std::basic_string<ORTCHAR_T>;

#ifdef _WIN32
Path ToPath(const std::string& utf8);
#else
inline Path ToPath(const std::string& utf8) { return utf8; }
#endif

}  // namespace ort
