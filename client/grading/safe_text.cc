#include "client/grading/safe_text.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"

namespace cellar {
namespace {

constexpr char kReplacement[] = "\xef\xbf\xbd";  // U+FFFD
constexpr char kEllipsis[] = "\xe2\x80\xa6";     // U+2026

constexpr size_t kEscapeLength = 6;  // \ud800

struct Character {
  size_t length = 1;  // in bytes
  bool valid = false;
  uint32_t code = 0;
};

size_t LengthByLead(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

// The character at the beginning of a text that is not empty.
Character Decode(absl::string_view text) {
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};  // overlong forms lie below
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = LengthByLead(lead);
  if (length == 0 || length > text.size()) return {};
  uint32_t code = length == 1 ? lead : lead & (0xffu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) != 0x80) return {};
    code = (code << 6) | (byte & 0x3f);
  }
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  if (code < kLeast[length] || surrogate || code > 0x10ffff) return {};
  return {length, true, code};
}

bool IsAllowed(uint32_t code) {
  if (code < 0x20) return code == '\n' || code == '\t';
  if (code >= 0x7f && code < 0xa0) return false;
  return (code & 0xfffe) != 0xfffe && !(code >= 0xfdd0 && code < 0xfdf0);
}

// The number in an escape \uXXXX at the beginning of `text`; nothing: there is none.
std::optional<uint32_t> EscapedUnit(absl::string_view text) {
  uint32_t unit = 0;
  if (!absl::StartsWith(text, "\\u") || text.size() < kEscapeLength) return std::nullopt;
  const absl::string_view digits = text.substr(2, 4);
  if (!std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit)) return std::nullopt;
  if (!absl::SimpleHexAtoi(digits, &unit)) return std::nullopt;
  return unit;
}

bool IsFirstHalf(std::optional<uint32_t> unit) { return unit >= 0xd800u && unit < 0xdc00u; }
bool IsSecondHalf(std::optional<uint32_t> unit) { return unit >= 0xdc00u && unit < 0xe000u; }

}  // namespace

std::string CleanText(absl::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const Character character = Decode(text);
    if (character.valid && IsAllowed(character.code)) {
      clean.append(text.data(), character.length);
    } else {
      clean += kReplacement;
    }
    text.remove_prefix(character.length);
  }
  return clean;
}

std::string CleanLine(absl::string_view text) {
  return absl::StrReplaceAll(CleanText(text), {{"\n", " "}, {"\t", " "}});
}

std::string WithWholeCharacters(absl::string_view json) {
  std::string whole;
  whole.reserve(json.size());
  while (!json.empty()) {
    size_t length = 1;
    if (json[0] == '\\') {
      const std::optional<uint32_t> unit = EscapedUnit(json);
      length = unit.has_value() ? kEscapeLength : std::min<size_t>(2, json.size());
      if (IsFirstHalf(unit) && IsSecondHalf(EscapedUnit(json.substr(length)))) {
        length += kEscapeLength;
      } else if (IsFirstHalf(unit) || IsSecondHalf(unit)) {
        whole += "\\ufffd";
        json.remove_prefix(length);
        continue;
      }
    }
    whole.append(json.data(), length);
    json.remove_prefix(length);
  }
  return whole;
}

std::string XmlText(absl::string_view text) {
  return absl::StrReplaceAll(
      CleanText(text),
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&#34;"}, {"'", "&#39;"}});
}

std::string XmlAttribute(absl::string_view text) {
  return absl::StrReplaceAll(XmlText(text), {{"\n", "&#10;"}, {"\t", "&#9;"}});
}

std::string TapText(absl::string_view text) {
  return absl::StrReplaceAll(CleanLine(text), {{"\\", "\\\\"}, {"#", "\\#"}});
}

std::string Shortened(absl::string_view text, size_t max_characters) {
  size_t count = 0;
  size_t last = 0;  // where the last character that fits begins
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) continue;
    if (++count == max_characters) last = i;
    if (count > max_characters) return std::string(text.substr(0, last)) + kEllipsis;
  }
  return std::string(text);
}

}  // namespace cellar
