#include "api.h"

#include <cstring>

namespace ort {
namespace {

template <typename Function>
void Fill(Function& target, const OrtApi* official, int slot, int since, int version) {
  if (since > version) return;
  std::memcpy(&target, reinterpret_cast<const unsigned char*>(official) + slot * sizeof(void*),
              sizeof(target));
}

}  // namespace

void FillTable(const OrtApi* official, int version) {
  Api& table = detail::table;
#define ORT_FUNCTION(slot, since, ret, name, params) Fill(table.name, official, slot, since, version);
#include "functions.inc"
#undef ORT_FUNCTION
}

}  // namespace ort
