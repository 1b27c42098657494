#include "provider_kernel.h"

#include <cuda_runtime_api.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

extern "C" void** __cudaRegisterFatBinary(void* wrapper);
extern "C" void __cudaRegisterFunction(void** module, const char* host, char*, const char* name, int, void*,
                                       void*, void*, void*, int*);

namespace {

constexpr const char* kName = "_ZN11onnxruntime4cuda5_FillIfLi256ELi4EEEvPT_S2_i";
constexpr std::uint32_t kMagic = 0xBA55ED50;
const char host = 0;

struct Wrapper {
  int magic, version;
  const void* data;
};

struct Header {
  std::uint32_t magic;
  std::uint16_t version, header_bytes;
  std::uint64_t bytes;
};

// Whether the fat binary there has the kernel.
bool HasKernel(const std::uint8_t* at) {
  Wrapper wrapper{0x466243b1, 1, at};
  __cudaRegisterFunction(__cudaRegisterFatBinary(&wrapper), &host, nullptr, kName, -1, nullptr, nullptr,
                         nullptr, nullptr, nullptr);
  cudaFuncAttributes attributes;
  return cudaFuncGetAttributes(&attributes, &host) == cudaSuccess;
}

}  // namespace

const void* const fill_kernel = &host;

bool RegisterFill(const char* provider) {
  const int file = open(provider, O_RDONLY | O_CLOEXEC);
  struct stat status{};
  if (file < 0 || fstat(file, &status) != 0) return false;
  void* map = mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE, file, 0);
  if (map == MAP_FAILED) return false;
  const auto* data = static_cast<const std::uint8_t*>(map);
  const auto* elf = reinterpret_cast<const Elf64_Ehdr*>(data);
  const auto* sections = reinterpret_cast<const Elf64_Shdr*>(data + elf->e_shoff);
  const char* names = reinterpret_cast<const char*>(data + sections[elf->e_shstrndx].sh_offset);
  for (int n = 0; n < elf->e_shnum; ++n) {
    if (std::strcmp(names + sections[n].sh_name, ".nv_fatbin") != 0) continue;
    const std::uint8_t* at = data + sections[n].sh_offset;
    const std::uint8_t* const stop = at + sections[n].sh_size;
    while (at + sizeof(Header) <= stop) {
      Header header;
      std::memcpy(&header, at, sizeof header);
      if (header.magic != kMagic) {
        at += 8;  // padding
        continue;
      }
      if (HasKernel(at)) return true;
      at += header.header_bytes + header.bytes;
    }
  }
  return false;
}
