// The text of a kernel's code, by nvdisasm.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/error.h"
#include "machine/instruction.h"

namespace sim {
namespace {

std::uint64_t Hash(const std::string& bytes) {
  std::uint64_t h = 1469598103934665603ull;
  for (const char c : bytes) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return h;
}

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return in ? text.str() : "";
}

}  // namespace

std::string Disassemble(const std::string& name, const std::string& code) {
  const char* folder = std::getenv("CUDASIM_CACHE");
  const std::string cache = folder != nullptr && *folder != 0 ? folder : ".cache";
  mkdir(cache.c_str(), 0755);
  const std::string file = cache + Format("/%016llx.sass", static_cast<unsigned long long>(Hash(code)));
  if (std::string text = ReadAll(file); !text.empty()) return text;
  const char* tool = std::getenv("CUDASIM_NVDISASM");
  const std::string binary = file + Format(".%d.bin", getpid());
  std::ofstream(binary, std::ios::binary) << code;
  const std::string out = file + Format(".%d.out", getpid());
  const std::string command = std::string("env -u LD_LIBRARY_PATH ") + (tool != nullptr ? tool : "nvdisasm") +
                              " -b SM75 " + binary + " < /dev/null > " + out;
  const int status = std::system(command.c_str());
  unlink(binary.c_str());
  std::string text = ReadAll(out);
  unlink(out.c_str());
  if (status != 0 || text.empty())
    throw Error{CUDA_ERROR_NOT_SUPPORTED,
                Format("nvdisasm failed (%d, %zu bytes of code) for ", status, code.size()) + name};
  text = "// " + name + "\n" + text;
  const std::string temporary = file + Format(".%d.tmp", getpid());
  std::ofstream(temporary) << text;
  std::rename(temporary.c_str(), file.c_str());
  return text;
}

}  // namespace sim
