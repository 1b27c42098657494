#include "library.h"

#include <cstdio>
#include <mutex>
#include <optional>

#include "api.h"
#include "error.h"
#include "shared_library.h"

namespace ort {
namespace {

int MinorVersion(const std::string& version) {
  int major = 0;
  int minor = 0;
  if (std::sscanf(version.c_str(), "%d.%d", &major, &minor) != 2) return -1;
  return major == 1 ? minor : -1;
}

LibraryInfo Open(const std::string& path) {
  std::string reason;
  void* library = OpenShared(path, reason);
  if (library == nullptr) throw Error("ERR_LIBRARY_NOT_FOUND", reason);

  using GetApiBase = const OrtApiBase*(ORT_API_CALL*)();
  const auto get_api_base = reinterpret_cast<GetApiBase>(FindSymbol(library, "OrtGetApiBase"));
  if (get_api_base == nullptr) {
    CloseShared(library);
    throw Error("ERR_LIBRARY_INVALID", "the library has no OrtGetApiBase: it is not ONNX Runtime");
  }
  const OrtApiBase* base = get_api_base();
  const std::string version = base->GetVersionString();
  const int minor = MinorVersion(version);
  // The table only grows, so the floor's view of it is a prefix of what a newer library has.
  const OrtApi* official = minor >= kMinimumMinorVersion ? base->GetApi(kMinimumMinorVersion) : nullptr;
  if (official == nullptr) {
    CloseShared(library);
    throw Error("ERR_LIBRARY_VERSION", "ONNX Runtime " + version + " was found, 1." +
                                           std::to_string(kMinimumMinorVersion) + " or newer is needed");
  }
  FillTable(official, minor);
  // The library is never closed: ONNX Runtime's own threads and static objects outlive every session.
  return {path, version};
}

}  // namespace

LibraryInfo OpenLibrary(const std::string& path) {
  static std::mutex mutex;
  static std::optional<LibraryInfo> opened;
  const std::lock_guard lock(mutex);
  if (!opened) opened = Open(path);
  if (opened->path != path) {
    throw Error("ERR_LIBRARY_CONFLICT", "ONNX Runtime " + opened->version + " is open already, from " +
                                            opened->path + "; a process runs on one library");
  }
  return *opened;
}

}  // namespace ort
