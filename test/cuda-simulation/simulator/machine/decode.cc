// Programs from nvdisasm's text.
#include <cstdlib>
#include <sstream>

#include "machine/operand.h"

namespace sim {
namespace {

Reads FindReads(const std::string& op) {
  static const char* const kFloat[] = {"FADD", "FMUL", "FFMA", "FSEL", "FSETP", "FMNMX",  "FSET",
                                       "FCHK", "MUFU", "F2I",  "F2F",  "FRND",  "FSWZADD"};
  for (const char* f : kFloat) {
    if (op == f) return Reads::kFloat;
  }
  if (op == "HADD2" || op == "HMUL2" || op == "HFMA2" || op == "HSETP2" || op == "HSET2")
    return Reads::kHalves;
  if (op == "DADD" || op == "DMUL" || op == "DFMA" || op == "DSETP" || op == "DMNMX") return Reads::kDouble;
  return Reads::kInteger;
}

Instr ParseLine(std::uint32_t pc, const std::string& line) {
  Instr instr;
  instr.pc = pc;
  instr.text = line;
  std::string rest = line;
  if (rest[0] == '@') {
    const std::size_t space = rest.find(' ');
    instr.guard = ParseOperand(rest.substr(1, space - 1), Reads::kInteger, line);
    rest = rest.substr(rest.find_first_not_of(' ', space));
  }
  const std::size_t space = rest.find(' ');
  std::stringstream name(rest.substr(0, space));
  std::string part;
  std::getline(name, instr.op, '.');
  while (std::getline(name, part, '.')) instr.mods.push_back(part);
  std::vector<std::string> texts;
  if (space != std::string::npos) {
    std::stringstream list(rest.substr(space + 1));
    while (std::getline(list, part, ',')) {
      const std::size_t first = part.find_first_not_of(' ');
      if (first == std::string::npos) continue;
      part = part.substr(first, part.find_last_not_of(' ') - first + 1);
      for (std::size_t reuse; (reuse = part.find(".reuse")) != std::string::npos;) part.erase(reuse, 6);
      texts.push_back(part);
    }
  }
  const Reads reads = FindReads(instr.op);
  const bool jump =
      instr.op == "BRA" || instr.op == "BSSY" || instr.op == "CALL" || instr.op == "RET" || instr.op == "BRX";
  if (jump && !texts.empty()) {
    std::string target = texts.back();
    // "R6 0x0": a register and a place
    if (const std::size_t gap = target.find(' '); gap != std::string::npos) {
      texts.back() = target.substr(0, gap);
      target = target.substr(target.find_first_not_of(' ', gap));
      texts.push_back(target);
    }
    instr.target = static_cast<std::uint32_t>(ParseInteger(texts.back()));
    texts.pop_back();
  }
  for (const std::string& text : texts) instr.operands.push_back(ParseOperand(text, reads, line));
  if (reads == Reads::kHalves) {  // an immediate is two halves
    auto& o = instr.operands;
    for (std::size_t i = 0; i + 1 < o.size(); ++i) {
      if (o[i].kind != Operand::Kind::kImmediate || o[i + 1].kind != Operand::Kind::kImmediate) continue;
      o[i].bits = (o[i + 1].bits & 0xffff) << 16 | (o[i].bits & 0xffff);
      o.erase(o.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
  }
  return instr;
}

}  // namespace

Program Decode(const std::string& text) {
  Program program;
  std::stringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    const std::size_t open = line.find("/*");
    if (open == std::string::npos) continue;
    const std::size_t close = line.find("*/", open);
    if (close == std::string::npos || close - open > 10) continue;
    const auto pc = static_cast<std::uint32_t>(std::strtoul(line.c_str() + open + 2, nullptr, 16));
    std::size_t first = line.find_first_not_of(" \t{", close + 2);
    if (first == std::string::npos) continue;
    std::size_t last = line.find(';', first);
    if (last == std::string::npos) last = line.size();
    while (last > first && (line[last - 1] == ' ' || line[last - 1] == '}')) --last;
    Instr instr = ParseLine(pc, line.substr(first, last - first));
    instr.handler = FindHandler(instr);
    if (program.instructions.size() != pc / 16) NotDecoded("a gap before " + line);
    program.instructions.push_back(std::move(instr));
  }
  return program;
}

}  // namespace sim
