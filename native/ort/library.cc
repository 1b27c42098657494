#include "library.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
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

template <typename Function, typename Table>
void Fill(Function& target, const Table* official, int slot) {
  std::memcpy(&target, reinterpret_cast<const unsigned char*>(official) + slot * sizeof(void*),
              sizeof(target));
}

// Copies the pointers out of the library's table of a minor version. A function newer than that stays null.
void FillTable(const OrtApi* official, int version) {
#define ORT_FUNCTION(slot, since, ret, name, params) \
  if ((since) <= version) Fill(detail::table.name, official, slot);
#include "functions.inc"
#undef ORT_FUNCTION
}

// This table has no version of its own: it has what the library's `minor` version has.
void FillCompileTable(int minor) {
  const OrtCompileApi* official = detail::table.GetCompileApi();
  if (official == nullptr) return;
#define ORT_COMPILE_FUNCTION(slot, since, ret, name, params) \
  if ((since) <= minor) Fill(detail::table.name, official, slot);
#include "compile_functions.inc"
#undef ORT_COMPILE_FUNCTION
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
  const int table = std::min(minor, NewestMinorVersion());
  const OrtApi* official = minor >= kMinimumMinorVersion ? base->GetApi(table) : nullptr;
  if (official == nullptr) {
    CloseShared(library);
    throw Error("ERR_LIBRARY_VERSION", "ONNX Runtime " + version + " was found, 1." +
                                           std::to_string(kMinimumMinorVersion) + " or newer is needed");
  }
  FillTable(official, table);
  FillCompileTable(minor);
  // The library stays open: ONNX Runtime's own threads and static objects outlive every session.
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
