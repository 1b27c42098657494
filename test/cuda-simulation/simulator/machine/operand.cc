#include "machine/operand.h"

#include <cmath>
#include <cstdlib>

#include "core/error.h"
#include "half.h"

namespace sim {
namespace {

bool Starts(const std::string& s, const char* prefix) { return s.rfind(prefix, 0) == 0; }

double ParseFloat(std::string text) {
  if (text.find("QNAN") != std::string::npos || text.find("SNAN") != std::string::npos)
    return text[0] == '-' ? -NAN : NAN;
  if (text.find("INF") != std::string::npos) return text[0] == '-' ? -INFINITY : INFINITY;
  return std::strtod(text.c_str(), nullptr);
}

int Number(const std::string& s, std::size_t from, std::size_t* end = nullptr) {
  std::size_t at = from;
  int n = 0;
  while (at < s.size() && std::isdigit(static_cast<unsigned char>(s[at])) != 0) n = n * 10 + (s[at++] - '0');
  if (end != nullptr) *end = at;
  return n;
}

}  // namespace

std::int32_t ParseInteger(const std::string& s) {
  const bool negative = Starts(s, "-");
  const auto n = static_cast<std::uint32_t>(std::strtoull(s.c_str() + (negative ? 1 : 0), nullptr, 0));
  return static_cast<std::int32_t>(negative ? 0u - n : n);
}

void NotDecoded(const std::string& text) {
  throw Error{CUDA_ERROR_ILLEGAL_INSTRUCTION, "not decoded: " + text};
}

namespace {

// What is between the brackets of an address: terms joined by +, of which "+-0x8" is one.
void ParseTerms(const std::string& inside, Operand& o, const std::string& all) {
  std::size_t at = 0;
  while (at < inside.size()) {
    std::size_t end = inside.find('+', at);
    if (end == std::string::npos) end = inside.size();
    std::string term = inside.substr(at, end - at);
    at = end + 1;
    if (term.empty()) continue;
    if (Starts(term, "UR")) {
      o.uniform = Starts(term, "URZ") ? -1 : Number(term, 2);
    } else if (Starts(term, "R")) {
      std::size_t stop = 2;
      o.reg = Starts(term, "RZ") ? 255 : Number(term, 1, &stop);
      const std::string rest = term.substr(stop);
      if (rest.find(".64") != std::string::npos) o.wide = true;
      if (rest.find(".U32") != std::string::npos) o.narrow = true;
      if (const auto x = rest.find(".X"); x != std::string::npos)
        o.scale = static_cast<std::uint8_t>(Number(rest, x + 2));
    } else if (Starts(term, "0x") || Starts(term, "-0x")) {
      o.offset += ParseInteger(term);
    } else {
      NotDecoded(all);
    }
  }
}

}  // namespace

Operand ParseOperand(std::string text, Reads reads, const std::string& all) {
  Operand o;
  const std::string whole = text;
  if (Starts(text, "c[")) {
    // below
  } else if (text.find("0x") != std::string::npos && text[0] != '[' && text.find("c[") == std::string::npos) {
    o.kind = Operand::Kind::kImmediate;
    o.bits = static_cast<std::uint32_t>(ParseInteger(text));
    if (reads == Reads::kFloat) o.bits = ToBits(static_cast<float>(ParseInteger(text)));
    return o;
  }
  const bool numeric =
      !text.empty() &&
      (std::isdigit(static_cast<unsigned char>(text[text[0] == '-' || text[0] == '+' ? 1 : 0])) != 0 ||
       text.find("INF") != std::string::npos || text.find("NAN") != std::string::npos);
  if (numeric) {
    o.kind = Operand::Kind::kImmediate;
    const double value = ParseFloat(text);
    o.value = value;
    if (reads == Reads::kHalves)
      o.bits = ToHalf(static_cast<float>(value));
    else if (reads == Reads::kInteger && text.find("NAN") == std::string::npos &&
             text.find('.') == std::string::npos && text.find("INF") == std::string::npos)
      o.bits = static_cast<std::uint32_t>(ParseInteger(text));
    else
      o.bits = ToBits(static_cast<float>(value));
    if (std::isnan(value)) {  // the payload as the hardware's default
      o.bits = text[0] == '-' ? 0xffffffffu : 0x7fffffffu;
      if (reads == Reads::kHalves) o.bits = text[0] == '-' ? 0xffffu : 0x7fffu;
    }
    return o;
  }
  if (text[0] == '-') {
    o.negative = true;
    text.erase(0, 1);
  }
  if (text[0] == '~' || text[0] == '!') {
    o.inverted = true;
    text.erase(0, 1);
  }
  if (text[0] == '|') {
    o.absolute = true;
    const std::size_t bar = text.find('|', 1);
    text = text.substr(1, bar - 1) + text.substr(bar + 1);
  }
  std::string suffix;
  if (Starts(text, "c[")) {
    o.kind = Operand::Kind::kConst;
    o.index = static_cast<int>(std::strtoul(text.c_str() + 2, nullptr, 0));
    const std::size_t open = text.find('[', 2);
    const std::size_t close = text.find(']', open);
    ParseTerms(text.substr(open + 1, close - open - 1), o, all);
    suffix = text.substr(close + 1);
  } else if (text[0] == '[') {
    o.kind = Operand::Kind::kAddress;
    ParseTerms(text.substr(1, text.find(']') - 1), o, all);
    return o;
  } else {
    const std::size_t dot = text.find('.');
    const std::string base = text.substr(0, dot);
    suffix = dot == std::string::npos ? "" : text.substr(dot);
    if (base == "URZ") {
      o.kind = Operand::Kind::kUniform;
      o.index = 63;
    } else if (base == "UPT") {
      o.kind = Operand::Kind::kUniformPred;
      o.index = 7;
    } else if (Starts(base, "UR")) {
      o.kind = Operand::Kind::kUniform;
      o.index = Number(base, 2);
    } else if (Starts(base, "UP")) {
      o.kind = Operand::Kind::kUniformPred;
      o.index = Number(base, 2);
    } else if (base == "RZ") {
      o.kind = Operand::Kind::kReg;
      o.index = 255;
    } else if (base == "PT") {
      o.kind = Operand::Kind::kPred;
      o.index = 7;
    } else if (base == "PR") {
      o.kind = Operand::Kind::kPredicates;
    } else if (Starts(base, "SR")) {
      o.kind = Operand::Kind::kSpecial;
      o.text = text;
      return o;
    } else if (base[0] == 'R') {
      o.kind = Operand::Kind::kReg;
      o.index = Number(base, 1);
    } else if (base[0] == 'P') {
      o.kind = Operand::Kind::kPred;
      o.index = Number(base, 1);
    } else if (base[0] == 'B') {
      o.kind = Operand::Kind::kBarrier;
      o.index = Number(base, 1);
    } else
      NotDecoded(all);
  }
  if (suffix.find("H0_H0") != std::string::npos)
    o.halves = 1;
  else if (suffix.find("H1_H1") != std::string::npos)
    o.halves = 2;
  else if (suffix.find(".F32") != std::string::npos)
    o.halves = 3;
  else if (suffix.find(".B") != std::string::npos)
    o.part = static_cast<std::uint8_t>(1 + Number(suffix, suffix.find(".B") + 2));
  else if (suffix.find(".H0") != std::string::npos)
    o.part = 5;
  else if (suffix.find(".H1") != std::string::npos)
    o.part = 6;
  return o;
}

}  // namespace sim
