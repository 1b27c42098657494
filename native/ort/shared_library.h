// Opening shared libraries at run time: ONNX Runtime's, the CUDA driver's, and those that they need.
#pragma once

#include <string>

namespace ort {

// The library's handle, or null and the loader's reason. What is opened may be asked for again, and then
// stays.
void* OpenShared(const std::string& path, std::string& reason);
// One that the process has loaded, or null. To be closed.
void* FindLoaded(const char* name) noexcept;
void* FindSymbol(void* library, const char* name) noexcept;
void CloseShared(void* library) noexcept;

}  // namespace ort
