// File paths as ONNX Runtime and the system's loader want them: wide characters on Windows, bytes elsewhere.
#pragma once

#include <filesystem>
#include <string>

namespace ort {

inline std::filesystem::path ToPath(const std::string& utf8) {
  return std::filesystem::path(std::u8string(utf8.begin(), utf8.end()));
}

}  // namespace ort
