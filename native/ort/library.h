// Opens ONNX Runtime's shared library at run time and fills the function table from it.
#pragma once

#include <string>

namespace ort {

// The oldest ONNX Runtime (1.MINOR) the addon runs on.
inline constexpr int kMinimumMinorVersion = 24;

struct LibraryInfo {
  std::string path;     // as it was opened
  std::string version;  // "1.30.0"
};

// Opens the library once a process; a later call for the same path returns the first one's answer. Throws
// ERR_LIBRARY_NOT_FOUND, ERR_LIBRARY_INVALID (no OrtGetApiBase), ERR_LIBRARY_VERSION (below the floor) or
// ERR_LIBRARY_CONFLICT (another path is open already). Safe from any thread.
LibraryInfo OpenLibrary(const std::string& path);

}  // namespace ort
